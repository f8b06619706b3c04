//! Opening the file: its mode, the settings of its connections, the master key's check value.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use vestibule_model::AuditMac;

use crate::chain::Head;
use crate::migrations;

/// How long a connection waits for another process that writes the same file.
const BUSY: Duration = Duration::from_secs(5);

/// Statements kept prepared per connection; more than there are.
const STATEMENTS: usize = 128;

/// Every connection. No memory map: a file cut short under it would kill the process instead of giving an error.
const SETTINGS: &str = "
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA mmap_size = 0;
    PRAGMA cache_size = -2048;
";

/// The writer. FULL: the log is synced at every commit. It is folded into the file by a thread of its own
/// (`checkpoint`), and is cut back to 16 MiB after a burst.
const WRITER_SETTINGS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -8192;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 16777216;
";

/// The name of the check value in `meta`.
const KEY_CHECK: &str = "master-key-check";

/// Why a database file could not be opened. In none of these cases was anything in it changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be made, read or written, or is no database.
    #[error("cannot open the database {path}")]
    Open {
        /// Which file.
        path: PathBuf,
        /// What the system or the database library says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A newer version of the program has written the file.
    #[error("the database has schema {found}, this version knows schemas up to {known}: use a newer version")]
    NewerSchema {
        /// The file's newest migration.
        found: i64,
        /// The program's newest migration.
        known: i64,
    },
    /// A migration that the file has had is not the one that this version would apply.
    #[error("migration {number} ({name}) is not the one that this database was migrated with")]
    MigrationDiffers {
        /// The migration's number.
        number: i64,
        /// The migration's name, as this version calls it.
        name: String,
    },
    /// The file's secrets are sealed under another master key.
    #[error("the database belongs to another master key")]
    WrongMasterKey,
    /// The system gives no thread.
    #[error("cannot start a thread for the database")]
    Thread(#[source] io::Error),
}

/// The connection that writes, on a file that is there, migrated, and of this master key.
pub(crate) fn writer(
    path: &Path,
    key_check: &[u8; 32],
    audit: &dyn AuditMac,
) -> Result<Connection, OpenError> {
    create(path).map_err(|source| cannot_open(path, source))?;
    let mut connection = connect_writer(path).map_err(|source| cannot_open(path, source))?;
    prepare(&mut connection, path, (key_check, audit))?;
    Ok(connection)
}

/// A connection that folds the log of a file that is there.
pub(crate) fn folder(path: &Path) -> Result<Connection, OpenError> {
    connect_writer(path).map_err(|source| cannot_open(path, source))
}

/// A connection that reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, OpenError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(|source| cannot_open(path, source))
}

/// Makes the file if there is none, for its owner only; `SQLite` gives its log and index the same mode.
fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(SETTINGS)?;
    Ok(connection)
}

fn connect_writer(path: &Path) -> Result<Connection, Box<dyn std::error::Error + Send + Sync>> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(format!("the file system allows no write-ahead log (journal mode {mode})").into());
    }
    connection.execute_batch(WRITER_SETTINGS)?;
    Ok(connection)
}

/// A connection that reads a file which has this version's schema and this master key.
pub(crate) fn reader_of(path: &Path, key_check: &[u8; 32]) -> Result<Connection, OpenError> {
    let connection = reader(path)?;
    let had = migrations::compare(&connection, migrations::ALL).map_err(|error| error.at(path))?;
    if had.len() < migrations::ALL.len() {
        return Err(cannot_open(
            path,
            "an earlier version wrote it: start the service once to bring it up to date",
        ));
    }
    let select = "SELECT value = ?2 FROM meta WHERE name = ?1";
    let fits = connection.query_row(select, (KEY_CHECK, key_check), |row| row.get(0)).optional();
    match fits.map_err(|source| cannot_open(path, source))? {
        Some(true) => Ok(connection),
        Some(false) | None => Err(OpenError::WrongMasterKey),
    }
}

/// Migrates and compares the master key, in one transaction: a refused file is left as it was. A file that has had no
/// audit yet has a sealed one from then on; one whose head is missing has lost it.
fn prepare(
    connection: &mut Connection,
    path: &Path,
    (key_check, audit): (&[u8; 32], &dyn AuditMac),
) -> Result<(), OpenError> {
    let sqlite = |source| cannot_open(path, source);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
    let applied = migrations::apply(&transaction, migrations::ALL).map_err(|error| error.at(path))?;
    if applied.contains(&migrations::AUDIT) {
        Head::EMPTY.write(&transaction, audit).map_err(sqlite)?;
    }
    check_key(&transaction, key_check).map_err(sqlite)?.then_some(()).ok_or(OpenError::WrongMasterKey)?;
    transaction.commit().map_err(sqlite)
}

/// Whether the file's check value is this one; a file without one takes it.
fn check_key(connection: &Connection, key_check: &[u8; 32]) -> rusqlite::Result<bool> {
    let select = "SELECT value FROM meta WHERE name = ?1";
    let kept: Option<Vec<u8>> = connection.query_row(select, [KEY_CHECK], |row| row.get(0)).optional()?;
    if let Some(kept) = kept {
        return Ok(kept == key_check);
    }
    connection.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", (KEY_CHECK, key_check))?;
    Ok(true)
}

pub(crate) fn cannot_open(
    path: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> OpenError {
    OpenError::Open { path: path.to_owned(), source: source.into() }
}
