//! Rows become values. Every question is asked in one snapshot, which the caller opens.

mod directory;
mod sessions;

use rusqlite::Connection;
use vestibule_model::AccountId;
use vestibule_store::{AccountRows, ChangedAccounts, DirectoryRows, Sequence};

use crate::columns::Id;

pub(crate) use directory::account;
pub(crate) use sessions::{session, sessions};

/// Everything but the sessions.
pub(crate) fn directory(snapshot: &Connection) -> rusqlite::Result<DirectoryRows> {
    let ids = ids(snapshot, "SELECT id FROM accounts ORDER BY id", [])?;
    // Each account is there: its id was read in the same snapshot.
    let accounts = ids.into_iter().filter_map(|id| account(snapshot, id).transpose());
    let accounts = accounts.collect::<rusqlite::Result<Vec<AccountRows>>>()?;
    Ok(DirectoryRows { accounts, sequence: sequence(snapshot)? })
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
