//! From `SQLite`'s errors to the contract's: what a caller did wrong, and what is wrong with the database.

use rusqlite::ffi;
use vestibule_store::StoreError;

use crate::read::undecodable::undecodable;

/// Each unique or primary key by `SQLite`'s name for it, and what is taken when it is violated.
const UNIQUE: [(&str, &str); 14] = [
    ("accounts.code", "the account's code is taken"),
    ("accounts.number", "the account's number is taken"),
    (
        "users.account_id, users.population, users.name_key",
        "the login name is taken in its account and population",
    ),
    ("users.account_id, users.number", "the user's number is taken in its account"),
    ("api_keys.account_id, api_keys.app_key", "the API key's app_key is taken in its account"),
    (
        "oauth_clients.account_id, oauth_clients.client_id",
        "the OAuth client's client id is taken in its account",
    ),
    (
        "application_tokens.account_id, application_tokens.name",
        "the application token's name is taken in its account",
    ),
    ("connections.account_id, connections.name", "the connection's name is taken in its account"),
    ("identities.connection_id, identities.subject", "an identity of the user is taken"),
    ("application_tokens.token", "the application token is taken"),
    ("application_tokens.superseded_token", "the application token is taken"),
    ("administration_tokens.name", "the administration token's name is taken"),
    ("administration_tokens.secret", "the administration token's secret is taken"),
    ("sessions.id", "there is a session of this id already"),
];

/// An error while a change is applied: the caller's, when a constraint refused it; else the database's.
pub(crate) fn of_change(error: rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(code, message) = &error else { return of_read(error) };
    let said = message.as_deref().unwrap_or("a constraint failed");
    match code.extended_code {
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => StoreError::Constraint("the account does not exist".into()),
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
            StoreError::Constraint(taken(said))
        }
        ffi::SQLITE_CONSTRAINT_CHECK
        | ffi::SQLITE_CONSTRAINT_NOTNULL
        | ffi::SQLITE_CONSTRAINT_DATATYPE
        | ffi::SQLITE_CONSTRAINT_TRIGGER
        | ffi::SQLITE_CONSTRAINT_ROWID => StoreError::Constraint(said.to_owned()),
        _ => unavailable(error),
    }
}

fn taken(said: &str) -> String {
    let key = said.strip_prefix("UNIQUE constraint failed: ").unwrap_or(said);
    UNIQUE.iter().find(|(name, _)| *name == key).map_or(said, |(_, words)| words).to_owned()
}

/// An error while something is read: a row that cannot be decoded is named.
pub(crate) fn of_read(error: rusqlite::Error) -> StoreError {
    undecodable(error).map_or_else(unavailable, |row| StoreError::Undecodable(row.to_string()))
}

/// The database cannot be read or written, or holds what cannot be understood.
pub(crate) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

/// The thread that was to answer has ended.
pub(crate) fn thread_is_gone() -> StoreError {
    unavailable(ThreadIsGone)
}

#[derive(Debug, thiserror::Error)]
#[error("the store's thread has ended without an answer")]
struct ThreadIsGone;

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// A key that was renamed would be refused in words that nobody wrote for people.
    #[test]
    fn every_unique_key_is_one_of_the_schema() {
        let connection = Connection::open_in_memory().unwrap();
        crate::migrations::apply(&connection, crate::migrations::ALL).unwrap();
        let sql = "
            SELECT group_concat(t.name || '.' || c.name, ', ')
            FROM sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
            WHERE t.type = 'table' AND i.\"unique\" GROUP BY i.name";
        let mut select = connection.prepare(sql).unwrap();
        let keys: Vec<String> = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for (key, _) in UNIQUE {
            assert!(keys.iter().any(|found| found == key), "{key} is none of {keys:?}");
        }
    }

    #[test]
    fn what_is_taken_is_told_in_words_and_what_has_none_as_it_is() {
        assert_eq!(taken("UNIQUE constraint failed: accounts.code"), "the account's code is taken");
        assert_eq!(taken("UNIQUE constraint failed: other.column"), "UNIQUE constraint failed: other.column");
    }
}
