//! Rows become values. Every question is asked in one snapshot, which the caller opens.

mod administration;
mod answers;
mod audit;
mod directory;
mod master_keys;
mod octets;
mod sessions;
mod users;
mod uses;

use rusqlite::{Connection, Row};
use vestibule_model::UserId;
use vestibule_store::{Changed, DirectoryChanges, DirectoryRows, Sequence};

use crate::columns::Id;

pub(crate) use administration::{administrators, token_with, tokens};
pub(crate) use answers::{answer, oldest_answer};
pub(crate) use audit::audit;
pub(crate) use directory::{account, application_tokens};
pub(crate) use master_keys::{active_generation, master_keys, remains};
pub(crate) use sessions::{session, sessions};
pub(crate) use users::{one_user, users};
pub(crate) use uses::{last_logins, last_uses};

/// Everything but the sessions.
pub(crate) fn directory(snapshot: &Connection) -> rusqlite::Result<DirectoryRows> {
    Ok(DirectoryRows { accounts: directory::accounts(snapshot)?, sequence: sequence(snapshot)? })
}

/// What changed in the directory after `after`.
pub(crate) fn changes(snapshot: &Connection, after: Sequence) -> rusqlite::Result<DirectoryChanges> {
    let sql = "SELECT DISTINCT account_id, user_id FROM changes WHERE sequence > ?1";
    let read = |row: &Row<'_>| {
        let (Id(account), user) = (row.get(0)?, row.get::<_, Option<i64>>(1)?);
        Ok(Changed { account, user: user.map(UserId) })
    };
    let changed: rusqlite::Result<_> = snapshot.prepare_cached(sql)?.query_map([after.0], read)?.collect();
    Ok(DirectoryChanges { changed: Changed::condensed(changed?), sequence: sequence(snapshot)? })
}

/// The newest sequence; the default while nothing has changed.
pub(crate) fn sequence(connection: &Connection) -> rusqlite::Result<Sequence> {
    let mut select = connection.prepare_cached("SELECT coalesce(max(sequence), 0) FROM changes")?;
    select.query_row([], |row| row.get(0)).map(Sequence)
}
