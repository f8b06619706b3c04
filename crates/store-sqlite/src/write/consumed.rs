//! Consuming values that count once, and forgetting them.

use rusqlite::{Connection, params};
use vestibule_model::Millis;
use vestibule_store::StoreError;

use super::execute;
use crate::columns::At;

pub(super) fn consume(connection: &Connection, value: &[u8; 32], expires: Millis) -> Result<(), StoreError> {
    let sql = "INSERT INTO consumed (value, expires) VALUES (?1, ?2) ON CONFLICT (value) DO NOTHING";
    match execute(connection, sql, params![value, At(expires)])? {
        0 => Err(StoreError::AlreadyConsumed),
        _ => Ok(()),
    }
}

pub(super) fn forget(connection: &Connection, before: Millis, limit: usize) -> Result<(), StoreError> {
    let sql = "DELETE FROM consumed WHERE value IN
        (SELECT value FROM consumed WHERE expires < ?1 ORDER BY expires, value LIMIT ?2)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    execute(connection, sql, params![At(before), limit]).map(drop)
}
