//! Reading what the sentinel keeps.

use rusqlite::{Connection, OptionalExtension, Row};
use vestibule_model::{SessionId, SigningKey, SigningKeyId};
use vestibule_store::RefreshTokenUse;

use super::undecodable::Table;
use crate::columns::At;

const KEYS: Table = Table { name: "signing_keys", key: &["id"] };

/// Every key that tokens are signed with, by id.
pub(crate) fn signing_keys(snapshot: &Connection) -> rusqlite::Result<Vec<SigningKey>> {
    let key = |row: &Row<'_>| {
        let (At(created), At(used_from)) = (row.get("created")?, row.get("used_from")?);
        Ok(SigningKey { id: SigningKeyId(row.get("id")?), created, used_from, sealed: row.get("sealed")? })
    };
    let mut select = snapshot.prepare_cached("SELECT * FROM signing_keys ORDER BY id")?;
    select.query_map([], |row| KEYS.read(row, key))?.collect()
}

/// How often the refresh token of a session was used; None: never, or there is no such session.
pub(crate) fn refresh_token_use(
    snapshot: &Connection,
    session: SessionId,
) -> rusqlite::Result<Option<RefreshTokenUse>> {
    let sql = "
        SELECT count, at FROM refresh_rotations
        WHERE session_number = (SELECT number FROM sessions WHERE id = ?1)";
    let rotation = |row: &Row<'_>| {
        let At(at) = row.get(1)?;
        Ok(RefreshTokenUse { count: row.get(0)?, at })
    };
    snapshot.prepare_cached(sql)?.query_row([session.0], rotation).optional()
}
