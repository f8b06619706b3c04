//! What of the directory changed: noted for those who follow it, and asked by those who rest on it.

use rusqlite::Connection;
use vestibule_store::{Changed, DirectoryScope, Part, Sequence, StoreError};

use super::execute;
use crate::columns::{Coded, Id};
use crate::error::of_change;
use crate::read;

/// Notes a change.
pub(super) fn note(connection: &Connection, changed: Changed) -> Result<(), StoreError> {
    let (account, part) = match changed {
        Changed::GatewayRules => (None, Part::Everything),
        Changed::OfAccount { account, part } => (Some(Id(account)), part),
    };
    let parameters = (account, Coded(part.kind()), part.id());
    let sql = "INSERT INTO changes (account_id, part_kind, part_id) VALUES (?1, ?2, ?3)";
    execute(connection, sql, parameters).map(drop)
}

/// Refuses when something of these changed after `since`, or when that is not known any more.
pub(super) fn expect_unchanged(
    connection: &Connection,
    since: Sequence,
    scopes: &[DirectoryScope],
) -> Result<(), StoreError> {
    let is_unchanged = read::changed_after(connection, since).map_err(of_change)?.is_some_and(|changed| {
        !changed.iter().any(|changed| scopes.iter().any(|scope| scope.includes(changed)))
    });
    if is_unchanged || scopes.is_empty() { Ok(()) } else { Err(StoreError::DirectoryMoved) }
}

/// Forgets the oldest changes, at most `limit`; the last `keep` stay.
pub(super) fn trim(connection: &Connection, keep: u64, limit: u64) -> Result<(), StoreError> {
    let newest = read::sequence(connection).map_err(of_change)?;
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let sql = "DELETE FROM changes WHERE sequence <= ?1
        AND sequence < (SELECT coalesce(min(sequence), 0) FROM changes) + ?2";
    execute(connection, sql, (newest.0.saturating_sub(count(keep)), count(limit))).map(drop)
}
