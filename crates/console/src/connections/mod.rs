//! Connections of an account to identity providers: the list of them, and what each is like.

mod certificates;
mod facts;
mod list;
mod show;

pub(crate) use list::show as list;
pub(crate) use show::show;

use vestibule_model::{AccountId, ConnectionId};

use crate::accounts::account_address;

/// Where the connections of an account are.
fn connections_address(account: AccountId) -> String {
    format!("{}/connections", account_address(account))
}

/// Where the page of a connection is.
fn connection_address(account: AccountId, connection: ConnectionId) -> String {
    format!("{}/{connection}", connections_address(account))
}
