//! Deleting. The schema's triggers see to it that ids of users and applications are never given again.
//!
//! Sessions have no index but their id, because logins would pay for it: a deletion that ends sessions looks at all of
//! them, which takes some hundred milliseconds for a million.

use rusqlite::{Connection, OptionalExtension, params};
use vestibule_model::{AccountId, ApplicationId, UserId};
use vestibule_store::StoreError;

use super::execute;
use crate::columns::{ApplicationKind, Coded, Id};
use crate::error::of_change;

/// What belongs to an account, in an order in which nothing refers to what is gone.
const OF_ACCOUNT: [&str; 12] = [
    "DELETE FROM administrators WHERE account_id = ?1",
    "DELETE FROM administrators WHERE user_id IN (SELECT id FROM users WHERE account_id = ?1)",
    "DELETE FROM administration_tokens WHERE account_id = ?1",
    "DELETE FROM sessions WHERE account_id = ?1",
    "DELETE FROM users WHERE account_id = ?1",
    "DELETE FROM api_keys WHERE account_id = ?1",
    "DELETE FROM oauth_clients WHERE account_id = ?1",
    "DELETE FROM application_tokens WHERE account_id = ?1",
    "DELETE FROM profiles WHERE account_id = ?1",
    "DELETE FROM groups WHERE account_id = ?1",
    "DELETE FROM skills WHERE account_id = ?1",
    "DELETE FROM accounts WHERE id = ?1",
];

/// Answers whether it was there.
pub(super) fn account(connection: &Connection, account: AccountId) -> Result<bool, StoreError> {
    let mut deleted = 0;
    for sql in OF_ACCOUNT {
        deleted = execute(connection, sql, [Id(account)])?;
    }
    Ok(deleted > 0)
}

/// Answers the user's account.
pub(super) fn user(connection: &Connection, user: UserId) -> Result<Option<AccountId>, StoreError> {
    execute(connection, "DELETE FROM administrators WHERE user_id = ?1", [user.0])?;
    let sql = "DELETE FROM users WHERE id = ?1 RETURNING account_id";
    let account = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([user.0], |row| row.get(0)).optional())
        .map_err(of_change)?;
    let Some(Id(account)) = account else { return Ok(None) };
    execute(connection, "DELETE FROM sessions WHERE user_id = ?1", [user.0])?;
    Ok(Some(account))
}

/// Deletes from the table of profiles, groups or skills; answers whether it was there.
pub(super) fn numbered(
    connection: &Connection,
    sql: &str,
    (account, id): (AccountId, i64),
) -> Result<bool, StoreError> {
    Ok(execute(connection, sql, params![Id(account), id])? > 0)
}

/// Deletes from the table of a kind of application, with the sessions opened with it; answers whether it was there.
pub(super) fn application(
    connection: &Connection,
    sql: &str,
    kind: ApplicationKind,
    (account, id): (AccountId, ApplicationId),
) -> Result<bool, StoreError> {
    if execute(connection, sql, params![Id(account), id.0])? == 0 {
        return Ok(false);
    }
    let sessions = "DELETE FROM sessions WHERE application_kind = ?1 AND application_id = ?2";
    execute(connection, sessions, params![Coded(kind), id.0])?;
    Ok(true)
}
