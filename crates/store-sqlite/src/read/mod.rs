//! Rows become values. Every question is asked in one snapshot, which the caller opens.

mod administration;
mod answers;
mod audit;
mod audit_blocks;
mod audit_count;
mod connections;
mod consumed;
mod deleted;
mod directory;
mod federated_logins;
mod gateway_rules;
mod master_keys;
mod octets;
mod parts;
mod sentinel;
pub(crate) mod session_ids;
pub(crate) mod session_uses;
mod session_versions;
pub(crate) mod sessions;
pub(crate) mod traffic;
pub(crate) mod undecodable;
mod users;
mod uses;

use std::collections::BTreeSet;

use rusqlite::Connection;
use vestibule_store::{
    AccountRows, Changed, ChangedPart, DirectoryChanges, DirectoryRows, Part, PartKind, Sequence,
};

use crate::columns::{Coded, Id};

pub(crate) use administration::{administrators, token_with, tokens};
pub(crate) use answers::{answer, oldest_answer};
pub(crate) use audit::audit;
pub(crate) use audit_count::count_audit;
pub(crate) use consumed::is_consumed;
pub(crate) use deleted::deleted;
pub(crate) use directory::{account, application_tokens};
pub(crate) use federated_logins::{federated_connections, federated_session_numbers, federated_sessions};
pub(crate) use master_keys::{active_generation, master_keys, remains};
pub(crate) use sentinel::{refresh_token_use, signing_keys};
pub(crate) use session_ids::has_session_ids_of_first_form;
pub(crate) use session_versions::sessions_of_user;
pub(crate) use sessions::{session, sessions};
pub(crate) use traffic::{traffic, traffic_overview};
pub(crate) use undecodable::decodable_rows;
pub(crate) use users::{every_user, one_user};
pub(crate) use uses::{last_logins, last_uses};

/// Everything but the sessions.
pub(crate) fn directory(snapshot: &Connection) -> rusqlite::Result<DirectoryRows> {
    with_rules(snapshot, directory::accounts(snapshot)?)
}

/// The same without users.
pub(crate) fn directory_without_users(snapshot: &Connection) -> rusqlite::Result<DirectoryRows> {
    with_rules(snapshot, directory::accounts_without_users(snapshot)?)
}

fn with_rules(snapshot: &Connection, accounts: Vec<AccountRows>) -> rusqlite::Result<DirectoryRows> {
    let gateway_rules = gateway_rules::gateway_rules(snapshot)?;
    Ok(DirectoryRows { accounts, gateway_rules, sequence: sequence(snapshot)? })
}

/// What changed in the directory after `after`, each part as it is.
pub(crate) fn changes(snapshot: &Connection, after: Sequence) -> rusqlite::Result<DirectoryChanges> {
    let sequence = sequence(snapshot)?;
    let Some(changed) = changed_after(snapshot, after)? else {
        return Ok(DirectoryChanges { changed: Vec::new(), is_trimmed: true, sequence });
    };
    let as_it_is = |changed| Ok(ChangedPart { changed, row: parts::part(snapshot, changed)? });
    let changed = Changed::condensed(&changed).into_iter().map(as_it_is).collect::<rusqlite::Result<_>>()?;
    Ok(DirectoryChanges { changed, is_trimmed: false, sequence })
}

/// Which parts of the directory changed after `after`; None: that is not known, older changes are forgotten, or it is no
/// position of this database.
pub(crate) fn changed_after(
    connection: &Connection,
    after: Sequence,
) -> rusqlite::Result<Option<BTreeSet<Changed>>> {
    let sql =
        "SELECT sequence, account_id, part_kind, part_id FROM changes WHERE sequence > ?1 ORDER BY sequence";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([after.0])?;
    let mut changed = BTreeSet::new();
    // Numbers have no gaps: a commit that is undone gives its numbers back.
    let mut next = after.0.saturating_add(1);
    while let Some(row) = rows.next()? {
        let (number, account): (i64, Option<Id>) = (row.get(0)?, row.get(1)?);
        let Coded(kind): Coded<PartKind> = row.get(2)?;
        if number != next {
            return Ok(None);
        }
        next = number.saturating_add(1);
        changed.insert(match account {
            Some(Id(account)) => Changed::OfAccount { account, part: Part::of(kind, row.get(3)?) },
            None => Changed::GatewayRules,
        });
    }
    Ok((next.saturating_sub(1) == sequence(connection)?.0).then_some(changed))
}

/// The newest sequence; the default while nothing has changed. Also when every change is forgotten it is the same.
pub(crate) fn sequence(connection: &Connection) -> rusqlite::Result<Sequence> {
    let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0)";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).map(Sequence)
}
