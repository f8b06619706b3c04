//! Connections of an account to identity providers: the list of them, what each is like, and what is done with one.

mod certificates;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod end_overlap;
mod facts;
mod fields;
mod for_provider;
pub(crate) mod keys;
mod list;
pub(crate) mod make;
pub(crate) mod message;
pub(crate) mod refresh;
mod report;
mod reread;
pub(crate) mod secret;
mod show;
pub(crate) mod test;

pub(crate) use list::show as list;
pub(crate) use show::{looked_at, show};

use std::time::Duration;

use vestibule_auth::{AccountResourceId, AdministrationError, Scope, has_browser_tests};
use vestibule_model::{AccountId, Connection, ConnectionId};

use crate::ConsoleState;
use crate::accounts::account_address;
use crate::frame::Frame;
use crate::routes::ACCOUNTS;
use crate::signed_in::SignedIn;
use crate::users::users_address;

/// How long before its end a certificate is to be looked at.
pub(crate) const CERTIFICATE_ENDS_SOON: Duration = Duration::from_hours(24 * 30);

/// Where the connections of an account are.
fn connections_address(account: AccountId) -> String {
    format!("{}/connections", account_address(account))
}

/// Where the page of a connection is.
pub(crate) fn connection_address(account: AccountId, connection: ConnectionId) -> String {
    format!("{}/{connection}", connections_address(account))
}

/// The same of one that a path names.
fn address_of(at: AccountResourceId) -> String {
    connection_address(at.account, ConnectionId(at.id))
}

/// Where one is tested: in a browser, or by what came at another time alone.
fn test_page(at: AccountResourceId) -> String {
    format!("{}/{}", address_of(at), if has_browser_tests(at.account) { "test" } else { "message" })
}

/// Where the users are listed who have an identity of it.
fn who_is_known(at: AccountResourceId) -> String {
    format!("{}?connection={}", users_address(at.account), at.id)
}

/// A page below that of a connection, whose name is known, or below the list of them.
fn above(frame: Frame, at: AccountResourceId, name: Option<&str>) -> Frame {
    let account = at.account;
    let (own, all, its) = (account_address(account), connections_address(account), address_of(at));
    let above = [("Accounts", ACCOUNTS), (account.as_str(), &own), ("Connections", &all)];
    frame.below(above.into_iter().chain(name.map(|name| (name, its.as_str()))))
}

/// A connection that the caller may change.
fn changeable(
    console: &ConsoleState,
    signed_in: &SignedIn,
    at: AccountResourceId,
) -> Result<Connection, AdministrationError> {
    let caller = &signed_in.caller;
    caller.require(Scope::WriteAccount(at.account))?;
    console.administration().account_resource::<Connection>(caller, at.account, at.id)
}
