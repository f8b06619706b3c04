//! `/console/accounts/{account}/connections/{connection}/test`: a login at the identity provider is tried; `…/test/{test}`: what came of it.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use vestibule_auth::sso_addresses::test_address;
use vestibule_auth::{AccountResourceId, AdministrationError, has_browser_tests};
use vestibule_model::Connection;
use vestibule_serve::forms::Zone;

use super::report::{Report, report};
use super::{above, address_of, changeable, facts, test_page};
use crate::forms::Deed;
use crate::frame::Frame;
use crate::parts::{Cell, Fact, time};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Looking, Posted, SignedIn};
use crate::{ConsoleState, answer};

/// After how many seconds the page of a test that waits is loaded anew.
const AGAIN: HeaderValue = HeaderValue::from_static("2");

/// What a test is, and is not.
const WHAT_IT_IS: [&str; 3] = [
    "You are given an address. Whoever opens it signs in at the identity provider, as a user would, in this or another browser; then it is told here what came, what was checked, what would be refused and what to do.",
    "Nobody is signed in by it, nobody who is signed in is signed out, no user is made, and nothing is used up. The connection may still be disabled.",
    "The address is good for one report within ten minutes, and for nothing else.",
];

#[derive(Template)]
#[template(path = "connection_test.html")]
struct TestPage {
    frame: Frame,
    /// Where another one is begun.
    another: String,
    outcome: Outcome,
}

enum Outcome {
    /// No browser has come back yet: where one begins, and until when.
    Waiting {
        address: String,
        until: String,
    },
    Reported(Report),
}

fn begin(
    console: &ConsoleState,
    signed_in: &SignedIn,
    at: AccountResourceId,
) -> Result<Deed, AdministrationError> {
    let connection = changeable(console, signed_in, at)?;
    let name = &connection.display_name;
    let mut told: Vec<Fact> = facts::of(&connection).into_iter().take(2).collect();
    let by_message =
        Cell::words("Examine a message that came at another time").to(format!("{}/message", address_of(at)));
    told.push(Fact::one("Without a browser", by_message));
    Ok(Deed {
        frame: above(Frame::of(signed_in.viewer(), format!("Test {name}")), at, Some(name)),
        consequences: WHAT_IT_IS.map(str::to_owned).to_vec(),
        facts: told,
        typed: None,
        submit: None,
        button: "Begin a test".to_owned(),
        is_an_end: false,
        back: address_of(at),
    })
}

/// `GET …/test`: what a test is; where there is none, what came at another time is asked for.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let at = place.connection()?;
    let test = begin(&console, &signed_in, at)?;
    if !has_browser_tests(at.account) {
        return Ok(answer::see_other(&test_page(at)));
    }
    Ok(test.page())
}

/// `POST …/test`: begins one, and leads to its page.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let at = place.connection()?;
    if let Some(answer) = begin(&console, &signed_in, at)?.held_back(&fields) {
        return Ok(answer);
    }
    let (test, _) = console.administration().begin_connection_test(&signed_in.caller, at)?;
    Ok(answer::see_other(&format!("{}/test/{}", address_of(at), test.id)))
}

/// `GET …/test/{test}`: loads itself anew until there is a report.
pub(crate) async fn result(
    State(console): State<ConsoleState>,
    Looking(signed_in): Looking,
    place: Place,
) -> Result<Response, ConsoleError> {
    let at = place.connection()?;
    let found = console.administration().find_connection_test(&signed_in.caller, at, place.text("test")?);
    let (test, connection) = found?;
    if let Some(came) = test.report.as_deref() {
        return Ok(told(&signed_in, at, &connection, report(at.account, came)));
    }
    let waiting = Outcome::Waiting {
        address: test_address(&console.origins, at.account, &connection, test.id),
        until: time(test.expires, &Zone::of("UTC")),
    };
    let name = &connection.display_name;
    let mut answer = page(&signed_in, at, (format!("Test of {name}"), name), waiting);
    answer.headers_mut().insert(header::REFRESH, AGAIN);
    Ok(answer)
}

/// The page of a report.
pub(super) fn told(
    signed_in: &SignedIn,
    at: AccountResourceId,
    connection: &Connection,
    report: Report,
) -> Response {
    let name = &connection.display_name;
    page(signed_in, at, (format!("What came of the test of {name}"), name), Outcome::Reported(report))
}

fn page(
    signed_in: &SignedIn,
    at: AccountResourceId,
    (title, name): (String, &str),
    outcome: Outcome,
) -> Response {
    let frame = above(Frame::of(signed_in.viewer(), title), at, Some(name));
    answer::page(StatusCode::OK, &TestPage { frame, another: test_page(at), outcome })
}
