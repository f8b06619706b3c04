//! Versions of sessions: compared and moved by whoever opens one, moved by ends of many.

use rusqlite::{Connection, params};
use vestibule_store::{SessionsDecision, StoreError, VersionScope};

use super::execute;
use crate::columns::Id;

/// The version of all accounts' sessions stands under an id that no account has.
const DECIDE: &str = "
    INSERT INTO session_versions (user_id, version)
    SELECT id, ?2 + 1 FROM users
    WHERE id = ?1
        AND coalesce((SELECT version FROM session_versions WHERE user_id = ?1), 0) = ?2
        AND coalesce((SELECT version FROM session_versions_of_accounts WHERE account_id = ?3), 0) = ?4
        AND coalesce((SELECT version FROM session_versions_of_accounts WHERE account_id = ''), 0) = ?5
        AND (?6 IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE id = ?6 AND user_id = ?1))
    ON CONFLICT (user_id) DO UPDATE SET version = excluded.version";

const ADVANCE_USER: &str = "
    INSERT INTO session_versions (user_id, version) SELECT id, 1 FROM users WHERE id = ?1
    ON CONFLICT (user_id) DO UPDATE SET version = version + 1";

const ADVANCE_ACCOUNT: &str = "
    INSERT INTO session_versions_of_accounts (account_id, version) VALUES (?1, 1)
    ON CONFLICT (account_id) DO UPDATE SET version = version + 1";

pub(super) fn decide(connection: &Connection, decision: &SessionsDecision) -> Result<(), StoreError> {
    let SessionsDecision { account, user, version, given } = *decision;
    let given = given.map(|session| session.0);
    let parameters = params![user.0, version.user, Id(account), version.account, version.installation, given];
    match execute(connection, DECIDE, parameters)? {
        0 => Err(StoreError::SessionsMoved),
        _ => Ok(()),
    }
}

/// The version of a user who is not there is not kept: they open nothing any more.
pub(super) fn advance(connection: &Connection, scope: VersionScope) -> Result<(), StoreError> {
    match scope {
        VersionScope::User(user) => execute(connection, ADVANCE_USER, [user.0]),
        VersionScope::Account(account) => execute(connection, ADVANCE_ACCOUNT, [Id(account)]),
        VersionScope::Installation => execute(connection, ADVANCE_ACCOUNT, [""]),
    }
    .map(drop)
}
