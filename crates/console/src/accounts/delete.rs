//! `/console/accounts/{account}/delete`: an account is deleted with everything in it.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Affected, Consequences, Scope};
use vestibule_model::AccountId;

use super::account_address;
use crate::forms::{Deed, Done};
use crate::frame::Frame;
use crate::parts::{Cell, Fact, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer, words};

/// What goes with it, as its page tells it.
async fn page(
    console: &ConsoleState,
    signed_in: &SignedIn,
    id: AccountId,
) -> Result<Deed, AdministrationError> {
    let (administration, caller) = (console.administration(), &signed_in.caller);
    caller.require(Scope::WriteInstallation)?;
    let account = administration.account_of_id(caller, id)?;
    let with_it = administration.consequences(caller, Affected::Account(id)).await?;
    let Consequences { sessions, users, applications, connections } = with_it;
    let own = account_address(id);
    let title = format!("Delete the account {id}?");
    Ok(Deed {
        frame: Frame::of(signed_in.viewer(), title).below([("Accounts", ACCOUNTS), (id.as_str(), &own)]),
        consequences: vec![
            format!("Ends {}.", counted(sessions, "live session", "live sessions")),
            format!(
                "Deletes {}, {} and {}.",
                counted(users, "user", "users"),
                counted(applications, "key, client or token", "keys, clients and tokens"),
                counted(connections, "connection", "connections")
            ),
            "Nothing of it comes back. What the audit tells of it stays.".to_owned(),
        ],
        facts: vec![
            Fact::one("Account", Cell::code(id)),
            Fact::one("State", words::state(account.state)),
            Fact::one("LiveVox client code", Cell::code(&account.code)),
        ],
        typed: Some(id.to_string()),
        submit: None,
        button: "Delete the account".to_owned(),
        is_an_end: true,
        back: own,
    })
}

/// `GET`: what would go.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(page(&console, &signed_in, place.account()?).await?.page())
}

/// `POST`: deletes it. What is deleted already is deleted.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let id = place.account()?;
    let done = || Ok(answer::see_other(&Done::Deleted.at(ACCOUNTS)));
    let mut page = match page(&console, &signed_in, id).await {
        Err(AdministrationError::NotFound("account")) => return done(),
        page => page?,
    };
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    let administration = console.administration();
    match administration.delete_account(&signed_in.caller, id, |_| Ok(())).await {
        Ok(()) | Err(AdministrationError::NotFound("account")) => done(),
        Err(error) => page.refused(error),
    }
}
