//! `/console/accounts/{account}/connections`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{PageRequest, Scope};
use vestibule_model::Connection;

use super::certificates::longest_left;
use super::{connection_address, connections_address};
use crate::accounts::{Tab, account_address, tabs};
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, PAGE, Pager, Table, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer, words};

#[derive(Template)]
#[template(path = "kind.html")]
struct ConnectionsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    /// Where one is made, for those who may.
    new: Option<(String, String)>,
    count: String,
    table: Table,
    pager: Pager,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let account = place.account()?;
    let (administration, caller, request) = (console.administration(), &signed_in.caller, &signed_in.request);
    let cursor = request.asked("cursor");
    let wanted = PageRequest { limit: PAGE, cursor: cursor.as_deref() };
    let page = administration.account_resources::<Connection>(caller, account, wanted)?;
    let counts = administration.account_counts(caller, account)?;
    let row = |connection: &Connection| {
        vec![
            Cell::text(&connection.display_name).to(connection_address(account, connection.id)),
            Cell::code(&connection.name),
            Cell::words(words::protocol(&connection.protocol)),
            words::enabled(connection.enabled),
            Cell::words(format!("{}s", words::population(connection.population))),
            longest_left(connection, caller.now).unwrap_or_else(|| Cell::words("none")),
        ]
    };
    let may = caller.require(Scope::WriteAccount(account)).is_ok();
    let shown = ConnectionsPage {
        frame: Frame::of(signed_in.viewer(), format!("Connections of {account}"))
            .below([("Accounts", ACCOUNTS), (account.as_str(), &account_address(account))])
            .saying(Done::said(request)),
        new: may.then(|| ("New connection".to_owned(), format!("{}/new", connections_address(account)))),
        tabs: tabs(account, &counts, request.path()),
        count: counted(counts.connections, "connection", "connections"),
        table: Table {
            name: "Connections",
            head: vec!["Name", "In addresses", "Protocol", "State", "Logs in", "Certificate"],
            rows: page.resources.iter().map(row).collect(),
            empty: "There is no connection: users log in by password alone. Make one for the identity provider that they sign in at.",
        },
        pager: Pager::of(request.path(), &[], cursor.as_deref(), page.next.as_deref()),
    };
    Ok(answer::page(StatusCode::OK, &shown))
}
