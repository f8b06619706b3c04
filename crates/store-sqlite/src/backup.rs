//! A copy of the database, taken while others write it.
//!
//! Owns how pages get from the one file into the other. The copy is one moment of the database: everything that was
//! committed before it, nothing that came after. Knows nothing of names, modes and places of files, which are the
//! caller's, and needs no master key.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::backup_file::{self, BackupNote, Contents, CopyError};
use crate::open;

/// Pages between two looks at whether to go on; 4 MiB of them.
const PAGES: i32 = 1024;

/// How far a copy has come, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Copied so far.
    pub done: u64,
    /// To be copied in all.
    pub total: u64,
}

/// Why there is no copy. The database is as it was; what is in the copy's file is worth nothing.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be read.
    #[error("cannot read the database {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the database library says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Pages could not be read, or the copy could not be written.
    #[error("cannot copy the database")]
    Copy(#[source] CopyError),
    /// Something is wrong with the copy, and so with the database.
    #[error("the copy is not sound, and so is the database")]
    Unsound(#[source] CopyError),
    /// The caller did not want to go on.
    #[error("stopped")]
    Stopped,
}

/// Copies `database` into `copy`, a file that is empty or not there, notes in it when and by whom that was done, checks
/// it, and says what is in it. `progress` is told how far it is, and says whether to go on.
///
/// The copy is one file without a log beside it, and not synced yet.
pub fn back_up(
    database: &Path,
    copy: &Path,
    note: &BackupNote,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Contents, BackupError> {
    copy_pages(database, copy, progress)?;
    let connection = backup_file::open(copy).map_err(BackupError::Copy)?;
    note.write(&connection).map_err(BackupError::Copy)?;
    backup_file::check(&connection, copy).map_err(BackupError::Unsound)
}

fn copy_pages(
    database: &Path,
    copy: &Path,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<(), BackupError> {
    let cannot_read = |source: Box<dyn std::error::Error + Send + Sync>| BackupError::Read {
        path: database.to_owned(),
        source,
    };
    let source = open::reader(database).map_err(|error| cannot_read(error.into()))?;
    // The snapshot is held over all steps: a step that had to take its own would begin anew whenever somebody has
    // written since the one before, and under load never come to an end.
    let snapshot = source.unchecked_transaction().map_err(|error| cannot_read(error.into()))?;
    let page = page_size(&snapshot).map_err(|error| cannot_read(error.into()))?;
    let mut target = empty(copy).map_err(|error| BackupError::Copy(error.into()))?;
    let backup = Backup::new(&snapshot, &mut target).map_err(|error| BackupError::Copy(error.into()))?;
    loop {
        let step = backup.step(PAGES).map_err(|error| BackupError::Copy(error.into()))?;
        let pages = backup.progress();
        let bytes = |pages: i32| u64::try_from(pages).unwrap_or_default() * u64::from(page);
        let (total, left) = (bytes(pages.pagecount), bytes(pages.remaining));
        if progress(Progress { done: total - left, total }).is_break() {
            return Err(BackupError::Stopped);
        }
        if step == StepResult::Done {
            return Ok(());
        }
    }
}

/// In bytes. To ask for the schema is what takes the snapshot.
fn page_size(snapshot: &Connection) -> rusqlite::Result<u32> {
    let _: i64 = snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    snapshot.query_row("PRAGMA page_size", [], |row| row.get(0))
}

/// A file to copy into. Nothing has to be undone in it, and it is synced once, when it is complete.
fn empty(copy: &Path) -> rusqlite::Result<Connection> {
    let target = Connection::open(copy)?;
    target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    Ok(target)
}
