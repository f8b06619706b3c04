//! Rows become values. Every question is asked in one snapshot, which the caller opens.

mod administration;
mod audit;
mod directory;
mod octets;
mod sessions;
mod users;

use rusqlite::Connection;
use vestibule_model::AccountId;
use vestibule_store::{ChangedAccounts, DirectoryRows, Sequence};

use crate::columns::Id;

pub(crate) use administration::{administrators, token_with, tokens};
pub(crate) use audit::audit;
pub(crate) use directory::account;
pub(crate) use sessions::{session, sessions};
pub(crate) use users::users;

/// Everything but the sessions.
pub(crate) fn directory(snapshot: &Connection) -> rusqlite::Result<DirectoryRows> {
    Ok(DirectoryRows { accounts: directory::accounts(snapshot)?, sequence: sequence(snapshot)? })
}

/// Which accounts changed after `after`.
pub(crate) fn changed_accounts(snapshot: &Connection, after: Sequence) -> rusqlite::Result<ChangedAccounts> {
    let sql = "SELECT DISTINCT account_id FROM changes WHERE sequence > ?1 ORDER BY account_id";
    Ok(ChangedAccounts { accounts: ids(snapshot, sql, [after.0])?, sequence: sequence(snapshot)? })
}

/// The newest sequence; the default while nothing has changed.
pub(crate) fn sequence(connection: &Connection) -> rusqlite::Result<Sequence> {
    let mut select = connection.prepare_cached("SELECT coalesce(max(sequence), 0) FROM changes")?;
    select.query_row([], |row| row.get(0)).map(Sequence)
}

fn ids(
    snapshot: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<Vec<AccountId>> {
    let mut select = snapshot.prepare_cached(sql)?;
    select.query_map(parameters, |row| row.get(0).map(|Id(id)| id))?.collect()
}
