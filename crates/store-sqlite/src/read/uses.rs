//! Reading when something was last used.

use rusqlite::{Connection, OptionalExtension, Row, params};
use vestibule_model::{AccountId, Application, ApplicationId, Millis, UserId};

use crate::columns::{At, Id};

/// When each of these users of an account last opened a session, by user id.
pub(crate) fn last_logins(
    snapshot: &Connection,
    account: AccountId,
    mut users: Vec<UserId>,
) -> rusqlite::Result<Vec<(UserId, Millis)>> {
    users.sort_unstable();
    users.dedup();
    let sql = "SELECT last_login FROM users WHERE id = ?1 AND account_id = ?2 AND last_login IS NOT NULL";
    let mut select = snapshot.prepare_cached(sql)?;
    let mut last = Vec::new();
    for user in users {
        let found = select.query_row(params![user.0, Id(account)], |row| row.get(0)).optional()?;
        last.extend(found.map(|At(at)| (user, at)));
    }
    Ok(last)
}

/// When a session was last opened with each API key and OAuth client of an account.
pub(crate) fn last_uses(
    snapshot: &Connection,
    account: AccountId,
) -> rusqlite::Result<Vec<(Application, Millis)>> {
    let keys =
        "SELECT id, last_used FROM api_keys WHERE account_id = ?1 AND last_used IS NOT NULL ORDER BY id";
    let clients =
        "SELECT id, last_used FROM oauth_clients WHERE account_id = ?1 AND last_used IS NOT NULL ORDER BY id";
    let mut last = used(snapshot, keys, account, Application::ApiKey)?;
    last.extend(used(snapshot, clients, account, Application::OauthClient)?);
    Ok(last)
}

fn used(
    snapshot: &Connection,
    sql: &str,
    account: AccountId,
    application: fn(ApplicationId) -> Application,
) -> rusqlite::Result<Vec<(Application, Millis)>> {
    let used = |row: &Row<'_>| {
        let At(at) = row.get(1)?;
        Ok((application(ApplicationId(row.get(0)?)), at))
    };
    snapshot.prepare_cached(sql)?.query_map([Id(account)], used)?.collect()
}
