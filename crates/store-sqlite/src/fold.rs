//! A database that nobody uses any more is made one file, before another takes its name: a log that is left beside it
//! would be read as the other's.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

/// How long is waited for somebody who is about to end.
const BUSY: Duration = Duration::from_secs(2);

/// Why a database still has its log.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// Another program has it open.
    #[error("another program has the database open")]
    InUse,
    /// It is damaged, or none.
    #[error("the database cannot be read")]
    Unreadable(#[source] rusqlite::Error),
}

/// Folds the write-ahead log into the file and removes it and its index. Of what cannot be read nothing is touched.
pub fn fold_log(database: &Path) -> Result<(), FoldError> {
    // SQLite removes the log of a file that it takes for none of its own, if it may write.
    let readable = connect(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|connection| ask(&connection, "SELECT sql FROM sqlite_schema LIMIT 1"));
    readable.map_err(why)?;
    let mode = connect(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|connection| ask(&connection, "PRAGMA journal_mode = DELETE"));
    match mode.map_err(why)?.as_deref() {
        Some("delete") => Ok(()),
        _ => Err(FoldError::InUse),
    }
}

fn connect(database: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(database, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn ask(connection: &Connection, sql: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row(sql, [], |row| row.get(0)).optional()
}

fn why(error: rusqlite::Error) -> FoldError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => FoldError::InUse,
        _ => FoldError::Unreadable(error),
    }
}
