//! Opening the file: its mode, the settings of its connections, the check values of the master keys.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use vestibule_model::{AuditMac, CheckValues, Generation, KeyState, MasterKeyRecord};

use crate::chain::ChainHead;
use crate::columns::Numbered;
use crate::{migrations, read, schema};

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
    /// Something in the schema was not made by this program, or is missing.
    #[error(
        "the schema of the database is not this program's own ({0}): somebody has changed it, and it may do anything to what is \
         written; restore a backup"
    )]
    ForeignSchema(String),
    /// The file's secrets are sealed under another master key.
    #[error("the database belongs to another master key of generation {0}")]
    WrongMasterKey(Generation),
    /// The file needs a master key that is not at hand.
    #[error(
        "the database needs generation {0} of the master key, which is not at hand: put it back where the keys are"
    )]
    MissingMasterKey(Generation),
    /// The system gives no thread.
    #[error("cannot start a thread for the database")]
    Thread(#[source] io::Error),
}

/// The connection that writes, on a file that is there, migrated, and of this master key.
pub(crate) fn writer(
    path: &Path,
    keys: &CheckValues,
    audit: &dyn AuditMac,
) -> Result<(Connection, Vec<MasterKeyRecord>), OpenError> {
    create(path).map_err(|source| cannot_open(path, source))?;
    let mut connection = connect_writer(path).map_err(|source| cannot_open(path, source))?;
    let records = prepare(&mut connection, path, keys, audit)?;
    Ok((connection, records))
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

/// A connection that reads a file which has this version's schema and belongs to these master keys.
pub(crate) fn reader_of(path: &Path, keys: &CheckValues) -> Result<Connection, OpenError> {
    let connection = reader(path)?;
    let had = migrations::compare(&connection, migrations::ALL).map_err(|error| error.at(path))?;
    if had.len() < migrations::ALL.len() {
        return Err(cannot_open(
            path,
            "an earlier version wrote it: start the service once to bring it up to date",
        ));
    }
    let records = read::master_keys(&connection).map_err(|source| cannot_open(path, source))?;
    compare_keys(&records, keys)?;
    Ok(connection)
}

/// Migrates and compares the master keys, in one transaction: a refused file is left as it was. A file that has had no
/// audit yet has a sealed one from then on; one whose head is missing has lost it.
fn prepare(
    connection: &mut Connection,
    path: &Path,
    keys: &CheckValues,
    audit: &dyn AuditMac,
) -> Result<Vec<MasterKeyRecord>, OpenError> {
    let sqlite = |source| cannot_open(path, source);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
    let applied = migrations::apply(&transaction, migrations::ALL).map_err(|error| error.at(path))?;
    if let Some(what) = schema::foreign(&transaction).map_err(|error| error.at(path))? {
        return Err(OpenError::ForeignSchema(what));
    }
    let records = check_keys(&transaction, path, keys)?;
    if applied.contains(&migrations::AUDIT) {
        let active = read::active_generation(&transaction).map_err(sqlite)?.unwrap_or(Generation::FIRST);
        ChainHead::EMPTY.write(&transaction, active, audit).map_err(sqlite)?;
    }
    transaction.commit().map_err(sqlite)?;
    Ok(records)
}

/// The file's master keys, if they are these; a file without any takes the newest.
fn check_keys(
    connection: &Connection,
    path: &Path,
    keys: &CheckValues,
) -> Result<Vec<MasterKeyRecord>, OpenError> {
    let sqlite = |source| cannot_open(path, source);
    let records = read::master_keys(connection).map_err(sqlite)?;
    if !records.is_empty() {
        compare_keys(&records, keys)?;
        return Ok(records);
    }
    let (generation, check_value) =
        keys.0.last_key_value().ok_or(OpenError::MissingMasterKey(Generation::FIRST))?;
    let insert = "INSERT INTO master_keys (generation, check_value, state) VALUES (?1, ?2, 1)";
    connection.execute(insert, (Numbered(*generation), check_value)).map_err(sqlite)?;
    read::master_keys(connection).map_err(sqlite)
}

/// Whether every generation that is used is at hand, and each is the key that it was.
fn compare_keys(records: &[MasterKeyRecord], keys: &CheckValues) -> Result<(), OpenError> {
    for MasterKeyRecord { generation, check_value, state, .. } in records {
        match keys.0.get(generation) {
            Some(value) if value != check_value => return Err(OpenError::WrongMasterKey(*generation)),
            None if *state != KeyState::Retired => return Err(OpenError::MissingMasterKey(*generation)),
            _ => {}
        }
    }
    // A file that no service has used.
    if records.is_empty() { Err(OpenError::MissingMasterKey(Generation::FIRST)) } else { Ok(()) }
}

pub(crate) fn cannot_open(
    path: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> OpenError {
    OpenError::Open { path: path.to_owned(), source: source.into() }
}
