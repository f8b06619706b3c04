//! `/console/accounts/{account}/connections/{connection}/delete`: a connection is deleted.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountResource as _, AccountResourceId, AdministrationError, Affected, Consequences};
use vestibule_model::{Connection, ConnectionId};

use super::{above, address_of, changeable, connections_address, who_is_known};
use crate::forms::{Deed, Done};
use crate::frame::Frame;
use crate::parts::{Cell, Fact, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};
use crate::users::ends;
use crate::{ConsoleState, answer, words};

const AFTER: &str = "Nobody comes in by it any more: who has no password here cannot log in. What the audit tells of it stays.";

/// That so many users have to be without it first; None: there are none.
fn known(users: usize) -> Option<String> {
    let have = counted(users, "user has an identity of it", "users have an identity of it");
    (users > 0).then(|| format!("It is not deleted as long as {have}: take those away first, or disable it."))
}

async fn page(
    console: &ConsoleState,
    signed_in: &SignedIn,
    at: AccountResourceId,
) -> Result<Deed, AdministrationError> {
    let connection = changeable(console, signed_in, at)?;
    let affected = Affected::Connection(at.account, ConnectionId(at.id));
    let Consequences { sessions, users, .. } =
        console.administration().consequences(&signed_in.caller, affected).await?;
    let frame = Frame::of(signed_in.viewer(), format!("Delete {}?", connection.display_name));
    let known_users = Cell::words(counted(users, "user", "users")).to(who_is_known(at));
    Ok(Deed {
        frame: above(frame, at, Some(&connection.display_name)),
        consequences: known(users).into_iter().chain(ends(sessions)).chain([AFTER.to_owned()]).collect(),
        facts: vec![
            Fact::one("Name", Cell::whole(&connection.display_name)),
            Fact::one("Name in addresses", Cell::code(&connection.name)),
            Fact::one("Protocol", Cell::words(words::protocol(&connection.protocol))),
            Fact::one("Account", Cell::code(at.account)),
            Fact::one("Id", Cell::code(at.id)),
            Fact::one("Has an identity of", known_users),
        ],
        typed: (sessions > 0).then_some(connection.name),
        submit: None,
        button: "Delete".to_owned(),
        is_an_end: true,
        back: address_of(at),
    })
}

/// `GET`: what would be done.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(page(&console, &signed_in, place.connection()?).await?.page())
}

/// `POST`: does it. What is deleted already is deleted.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let at = place.connection()?;
    let done = || Ok(answer::see_other(&Done::Deleted.at(&connections_address(at.account))));
    let mut page = match page(&console, &signed_in, at).await {
        Err(AdministrationError::NotFound(kind)) if kind == Connection::KIND => return done(),
        page => page?,
    };
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    let administration = console.administration();
    match administration.delete_account_resource::<Connection>(&signed_in.caller, at, |_| Ok(())).await {
        Ok(()) => done(),
        Err(AdministrationError::NotFound(kind)) if kind == Connection::KIND => done(),
        Err(error) => page.refused(error),
    }
}
