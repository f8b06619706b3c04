//! Who did something, in words and with where that leads.

use vestibule_auth::{Caller, HOME};
use vestibule_model::{AccountId, Actor, UserId};

use crate::ConsoleState;
use crate::parts::Cell;
use crate::users::user_address;

/// What an actor is typed as.
pub(crate) const WHAT: &str =
    "actor: user:ID, administration-token:ID, connection:ID, command-line, system or unknown";

/// Whoever did something that concerns this account.
pub(crate) fn cell(
    console: &ConsoleState,
    caller: &Caller,
    actor: &Actor,
    account: Option<AccountId>,
) -> Cell {
    match actor {
        Actor::Unknown => Cell::words("somebody unknown"),
        Actor::User { id, name } => {
            let page = page_of(console, caller, *id, account);
            page.into_iter().fold(Cell::text(name), Cell::to)
        }
        Actor::AdministrationToken { name, .. } => Cell::text(&format!("administration token {name}")),
        Actor::Connection { name, .. } => Cell::text(&format!("connection {name}")),
        Actor::CommandLine { name } => Cell::text(&format!("command line ({name})")),
        Actor::System => Cell::words("the service"),
    }
}

/// Where the page of a user is who is of this account or administers; None: they are gone, or not for this caller.
fn page_of(
    console: &ConsoleState,
    caller: &Caller,
    user: UserId,
    account: Option<AccountId>,
) -> Option<String> {
    let is_there = |account: &AccountId| console.administration().user_of_id(caller, *account, user).is_ok();
    let account = account.into_iter().chain(AccountId::new(HOME)).find(is_there)?;
    Some(user_address(account, user))
}
