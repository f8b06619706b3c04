//! Deleting. The schema's triggers see to it that ids of users, applications and connections are never given again. Sessions are not deleted
//! here: they are ended (`ends`).

use rusqlite::{Connection, OptionalExtension, params};
use vestibule_model::{AccountId, UserId};
use vestibule_store::StoreError;

use super::execute;
use crate::columns::Id;
use crate::error::of_change;

/// What belongs to an account, in an order in which nothing refers to what is gone.
const OF_ACCOUNT: [&str; 15] = [
    "DELETE FROM administrators WHERE account_id = ?1",
    "DELETE FROM administrators WHERE user_id IN (SELECT id FROM users WHERE account_id = ?1)",
    "DELETE FROM administration_tokens WHERE account_id = ?1",
    "DELETE FROM users WHERE account_id = ?1",
    "DELETE FROM api_keys WHERE account_id = ?1",
    "DELETE FROM oauth_clients WHERE account_id = ?1",
    "DELETE FROM application_tokens WHERE account_id = ?1",
    "DELETE FROM connections WHERE account_id = ?1",
    "DELETE FROM profiles WHERE account_id = ?1",
    "DELETE FROM groups WHERE account_id = ?1",
    "DELETE FROM skills WHERE account_id = ?1",
    "DELETE FROM traffic WHERE account_id = ?1",
    "DELETE FROM traffic_uses WHERE account_id = ?1",
    "DELETE FROM traffic_families WHERE account_id = ?1",
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
    Ok(Some(account))
}

/// Deletes from the table of profiles, groups, skills, connections or a kind of application; answers whether it was there.
pub(super) fn numbered(
    connection: &Connection,
    sql: &str,
    account: AccountId,
    id: i64,
) -> Result<bool, StoreError> {
    Ok(execute(connection, sql, params![Id(account), id])? > 0)
}
