//! Writing passwords and locks of users who are there.

use rusqlite::{Connection, OptionalExtension, params};
use vestibule_model::{AccountId, Millis, PasswordCredential, SecondFactor, UserId};
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

const SET_SECOND_FACTOR: &str = "
    UPDATE users SET sealed_second_factor = ?5, second_factor_since = ?6, recovery_codes = ?7
    WHERE id = ?1 AND sealed_second_factor IS ?2 AND second_factor_since IS ?3 AND recovery_codes IS ?4
    RETURNING account_id";

/// Answers the user's account.
pub(super) fn set_second_factor(
    connection: &Connection,
    user: UserId,
    before: Option<&SecondFactor>,
    after: Option<&SecondFactor>,
) -> Result<AccountId, StoreError> {
    let sealed = |factor: &SecondFactor| factor.sealed.clone();
    let since = |factor: &SecondFactor| At(factor.since);
    let codes = |factor: &SecondFactor| factor.recovery.concat();
    let parameters = params![
        user.0,
        before.map(sealed),
        before.map(since),
        before.map(codes),
        after.map(sealed),
        after.map(since),
        after.map(codes)
    ];
    account_of(connection, SET_SECOND_FACTOR, parameters)?.ok_or(StoreError::StaleCredentials)
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
