//! Writing passwords and locks of users who are there.

use rusqlite::{Connection, OptionalExtension, params};
use vestibule_model::{AccountId, Millis, PasswordCredential, UserId};
use vestibule_store::StoreError;

use crate::columns::{At, Id, Json};
use crate::error::of_change;

/// Answers the user's account when the hash was replaced.
pub(super) fn replace_password_hash(
    connection: &Connection,
    user: UserId,
    old: &str,
    new: &str,
) -> Result<Option<AccountId>, StoreError> {
    let sql = "UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2 RETURNING account_id";
    account_of(connection, sql, params![user.0, old, new])
}

const SET_PASSWORD: &str = "
    UPDATE users SET
        password_hash = ?3, password_changed_at = ?4, password_history = ?5, must_change_password = 0,
        credential_version = ?2
    WHERE id = ?1 AND credential_version = ?2 - 1 RETURNING account_id";

/// Answers the user's account.
pub(super) fn set_password(
    connection: &Connection,
    user: UserId,
    password: &PasswordCredential,
    credential_version: i64,
) -> Result<AccountId, StoreError> {
    let (changed_at, history) = (At(password.changed_at), Json(&password.history));
    let parameters = params![user.0, credential_version, password.hash, changed_at, history];
    account_of(connection, SET_PASSWORD, parameters)?.ok_or(StoreError::StaleCredentials)
}

/// Answers the user's account when that changed anything.
pub(super) fn set_lock(
    connection: &Connection,
    user: UserId,
    locked_at: Option<Millis>,
) -> Result<Option<AccountId>, StoreError> {
    let sql = "UPDATE users SET locked_at = ?2 WHERE id = ?1 AND locked_at IS NOT ?2 RETURNING account_id";
    account_of(connection, sql, params![user.0, locked_at.map(At)])
}

fn account_of(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Option<AccountId>, StoreError> {
    let found = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row(parameters, |row| row.get(0)).optional());
    found.map(|account: Option<Id>| account.map(|Id(account)| account)).map_err(of_change)
}
