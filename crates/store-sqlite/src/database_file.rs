//! Where the database is: whether the files that were opened are still those that the next start will open.
//!
//! What is written into a file that was removed or replaced is durable for nobody. `SQLite` does not look while it has the
//! file open.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The database's file and its log, as they were when they were opened.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    files: Vec<(PathBuf, FileId)>,
}

/// What tells one file from every other, whatever their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

/// A file that is not the one that was opened any more.
#[derive(Debug, thiserror::Error)]
#[error(
    "{path} was removed or replaced while the service runs: put it back, or stop the service and start it with what is there"
)]
pub(crate) struct Moved {
    path: PathBuf,
}

impl DatabaseFile {
    /// The place of a database that is open, with its log.
    pub(crate) fn of(database: &Path) -> io::Result<Self> {
        // `SQLite` puts the log beside the file itself, not beside a link to it.
        let mut log = fs::canonicalize(database)?.into_os_string();
        log.push("-wal");
        let known = |path: PathBuf| FileId::of(&path).map(|id| (path, id));
        let files = [database.to_owned(), log.into()].into_iter().map(known).collect::<io::Result<_>>()?;
        Ok(Self { files })
    }

    /// An error when something else, or nothing, is there now.
    pub(crate) fn check(&self) -> Result<(), Moved> {
        let moved = self.files.iter().find(|(path, id)| !FileId::of(path).is_ok_and(|found| found == *id));
        moved.map_or(Ok(()), |(path, _)| Err(Moved { path: path.clone() }))
    }
}

impl FileId {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}
