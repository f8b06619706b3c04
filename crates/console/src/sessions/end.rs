//! `/console/sessions/{reference}/end`: ends a session, after saying whose it is.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Listed, Scope};
use vestibule_serve::forms::Zone;

use super::{address, name};
use crate::frame::Frame;
use crate::parts::{Cell, Fact};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::SESSIONS;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer, words};

#[derive(Template)]
#[template(path = "end_session.html")]
struct EndPage {
    frame: Frame,
    facts: Vec<Fact>,
    /// The session's own page.
    back: String,
    /// Whether it is the session in which this is asked.
    is_own: bool,
}

/// `GET`: what will end. Of one that has ended its page.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let (session, caller) = (place.session()?, &signed_in.caller);
    let page = address(session);
    let found = console.administration().session_of_reference(caller, session).await;
    let Listed { session: living, user, .. } = match found {
        Ok(listed) => listed,
        Err(AdministrationError::NotFound(_)) => {
            return super::show(State(console), signed_in, place).await;
        }
        Err(error) => return Err(error.into()),
    };
    caller.require(Scope::WriteAccount(living.account))?;
    let zone = Zone::of("UTC");
    let facts = vec![
        Fact::one("User", Cell::text(&user.login_name)),
        Fact::one("Account", Cell::code(living.account)),
        Fact::one("Opened by", Cell::words(words::opened_by(&living))),
        Fact::one("Opened", Cell::time(living.created, &zone)),
        Fact::one("Last used", Cell::time(living.last_used, &zone)),
    ];
    let above = [("Live sessions", SESSIONS), (&*name(session), &*page)];
    let frame = Frame::of(signed_in.viewer(), "End this session?").below(above);
    let is_own = caller.is_in(living.id);
    Ok(answer::page(StatusCode::OK, &EndPage { frame, facts, back: page.clone(), is_own }))
}

/// `POST`. One that has ended meanwhile is ended.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, ConsoleError> {
    let session = place.session()?;
    match console.administration().end_session(&signed_in.caller, session).await {
        Ok(()) | Err(AdministrationError::NotFound(_)) => Ok(answer::see_other(&address(session))),
        Err(error) => Err(error.into()),
    }
}
