//! Reading the sessions of a user, as an opening is decided on them, with their version.

use rusqlite::{Connection, params};
use vestibule_model::{AccountId, UserId};
use vestibule_store::{SessionsVersion, UserSessions};

use super::sessions::{select, selected};
use crate::columns::Id;

const SESSIONS: &str =
    select!("INDEXED BY sessions_of_account WHERE account_id = ?1 AND user_id = ?2 ORDER BY number");

/// The version of all accounts' sessions stands under an id that no account has.
const VERSION: &str = "
    SELECT coalesce((SELECT version FROM session_versions WHERE user_id = ?2), 0),
           coalesce((SELECT version FROM session_versions_of_accounts WHERE account_id = ?1), 0),
           coalesce((SELECT version FROM session_versions_of_accounts WHERE account_id = ''), 0)";

/// In the order of their numbers.
pub(crate) fn sessions_of_user(
    snapshot: &Connection,
    account: AccountId,
    user: UserId,
) -> rusqlite::Result<UserSessions> {
    let parameters = params![Id(account), user.0];
    let sessions = selected(snapshot, SESSIONS, parameters)?;
    let version = snapshot.prepare_cached(VERSION)?.query_row(parameters, |row| {
        Ok(SessionsVersion { user: row.get(0)?, account: row.get(1)?, installation: row.get(2)? })
    })?;
    Ok(UserSessions { sessions, version })
}
