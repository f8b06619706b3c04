//! Writing remembered answers, and forgetting them.

use rusqlite::{Connection, params};
use vestibule_model::{Generation, Millis, RememberedAnswer, seal_prefix};
use vestibule_store::StoreError;

use super::execute;
use crate::columns::At;

const REMEMBER: &str = "
    INSERT INTO answers (key, request, at, sealed) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key) DO UPDATE SET request = excluded.request, at = excluded.at, sealed = excluded.sealed
    WHERE at < ?5";

pub(super) fn remember(
    connection: &Connection,
    answer: &RememberedAnswer,
    replaces_before: Millis,
) -> Result<(), StoreError> {
    let RememberedAnswer { key, request, at, sealed } = answer;
    let parameters = params![key.tag, request.tag, At(*at), sealed, At(replaces_before)];
    match execute(connection, REMEMBER, parameters)? {
        0 => Err(StoreError::Constraint("there is an answer under this key already".into())),
        _ => Ok(()),
    }
}

pub(super) fn forget(connection: &Connection, before: Millis, limit: usize) -> Result<(), StoreError> {
    let sql = "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE at < ?1 ORDER BY at, key LIMIT ?2)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    execute(connection, sql, params![At(before), limit]).map(drop)
}

pub(super) fn forget_under(connection: &Connection, generation: Generation) -> Result<(), StoreError> {
    let sql = "DELETE FROM answers WHERE substr(sealed, 1, length(?1)) = ?1";
    execute(connection, sql, params![seal_prefix(generation)]).map(drop)
}
