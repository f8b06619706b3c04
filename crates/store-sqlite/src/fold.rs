//! A database that nobody uses any more is made one file, before another takes its name: a log that is left beside it
//! would be read as the other's.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

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

/// Folds the write-ahead log into the file and removes it and its index.
pub fn fold_log(database: &Path) -> Result<(), FoldError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mode = Connection::open_with_flags(database, flags).and_then(|connection| {
        connection.busy_timeout(BUSY)?;
        connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0))
    });
    match mode {
        Ok(mode) if mode == "delete" => Ok(()),
        Ok(_) => Err(FoldError::InUse),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Err(FoldError::InUse),
            _ => Err(FoldError::Unreadable(error)),
        },
    }
}
