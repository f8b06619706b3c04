//! Reading remembered answers.

use rusqlite::{Connection, OptionalExtension, Row};
use vestibule_model::{Millis, RememberedAnswer, SecretDigest};

use crate::columns::At;

/// The answer that is remembered under a key, however old.
pub(crate) fn answer(snapshot: &Connection, key: SecretDigest) -> rusqlite::Result<Option<RememberedAnswer>> {
    let sql = "SELECT request, at, sealed FROM answers WHERE key = ?1";
    let answer = |row: &Row<'_>| {
        // Both are made in one moment.
        let (request, At(at)) = (SecretDigest { tag: row.get(0)?, ..key }, row.get(1)?);
        Ok(RememberedAnswer { key, request, at, sealed: row.get(2)? })
    };
    snapshot.prepare_cached(sql)?.query_row([key.tag], answer).optional()
}

/// When the oldest answer was given.
pub(crate) fn oldest_answer(snapshot: &Connection) -> rusqlite::Result<Option<Millis>> {
    let oldest = snapshot.prepare_cached("SELECT min(at) FROM answers")?.query_row([], |row| row.get(0))?;
    Ok(Option::map(oldest, |At(at)| at))
}
