//! Whether a value that counts once was consumed.

use rusqlite::Connection;

pub(crate) fn is_consumed(snapshot: &Connection, value: &[u8; 32]) -> rusqlite::Result<bool> {
    snapshot.prepare_cached("SELECT 1 FROM consumed WHERE value = ?1")?.exists([value])
}
