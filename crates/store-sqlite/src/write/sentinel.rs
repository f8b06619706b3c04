//! Writing what the sentinel keeps.

use rusqlite::{Connection, params};
use vestibule_model::{SessionId, SigningKey, SigningKeyId};
use vestibule_store::{RefreshTokenUse, StoreError};

use super::execute;
use crate::columns::At;
use crate::error::of_change;

pub(super) fn put_key(connection: &Connection, key: &SigningKey) -> Result<(), StoreError> {
    let sql = "INSERT INTO signing_keys (id, created, used_from, sealed) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (id) DO NOTHING";
    let parameters = params![key.id.0, At(key.created), At(key.used_from), key.sealed];
    match execute(connection, sql, parameters)? {
        0 => Err(StoreError::Constraint("the id of the signing key is taken".into())),
        _ => Ok(()),
    }
}

pub(super) fn delete_key(connection: &Connection, key: SigningKeyId) -> Result<(), StoreError> {
    let deleted = execute(connection, "DELETE FROM signing_keys WHERE id = ?1", [key.0])?;
    let left = connection
        .prepare_cached("SELECT 1 FROM signing_keys")
        .and_then(|mut statement| statement.exists([]))
        .map_err(of_change)?;
    if deleted > 0 && !left {
        let why = "there would be no signing key left: make another one first";
        return Err(StoreError::Constraint(why.into()));
    }
    Ok(())
}

/// The first rotation makes the row, each later one has to find it as the one before left it.
pub(super) fn rotate(
    connection: &Connection,
    session: SessionId,
    next: RefreshTokenUse,
) -> Result<(), StoreError> {
    const FIRST: &str = "
        INSERT INTO refresh_rotations (session_number, count, at)
        SELECT number, ?2, ?3 FROM sessions WHERE id = ?1 AND ?2 = 1
        ON CONFLICT (session_number) DO NOTHING";
    const LATER: &str = "
        UPDATE refresh_rotations SET count = ?2, at = ?3
        WHERE session_number = (SELECT number FROM sessions WHERE id = ?1) AND count = ?2 - 1";
    let sql = if next.count == 1 { FIRST } else { LATER };
    match execute(connection, sql, params![session.0, next.count, At(next.at)])? {
        0 => Err(StoreError::AlreadyConsumed),
        _ => Ok(()),
    }
}
