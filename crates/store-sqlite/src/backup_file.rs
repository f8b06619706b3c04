//! Copies of databases: whether one is whole and ours, what is in it, and what is done to it before it is used.
//!
//! A copy belongs to whoever works on it: nothing else has it open. It is one file, without a log beside it.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use serde::{Deserialize, Serialize};
use vestibule_model::{AuditMac, Generation, MasterKeyRecord, Millis, Rng};

use crate::migrations::MigrationError;
use crate::open::OpenError;
use crate::witness::Attestation;
use crate::{migrations, read, schema, write};

/// Nobody else has the file open, so its log needs no index beside it; then it needs no log at all.
const ALONE: &str = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;";

/// The name of the note in `meta`, where it stands in copies only.
const NOTE: &str = "backup";

/// The name of the master key's check value in `meta`, where earlier schemas have it.
const KEY_CHECK: &str = "master-key-check";

/// When a copy was made, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupNote {
    /// Milliseconds since 1970.
    made: i64,
    /// The version of the program.
    version: String,
}

/// What is in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The number of the newest migration that it has had.
    pub schema: i64,
    /// The master keys that it has been used with; none if no service has used it yet.
    pub master_keys: Vec<MasterKeyRecord>,
    /// How many accounts.
    pub accounts: u64,
    /// How many users, of all accounts.
    pub users: u64,
    /// How many sessions, expired ones included.
    pub sessions: u64,
    /// What was noted when it was made; none in a file that was copied by other means.
    pub note: Option<BackupNote>,
}

/// What is wrong with a copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The disk of the copy is full.
    #[error("no space is left on the device")]
    NoSpace,
    /// The file is something else, or its beginning is damaged.
    #[error("this is no database")]
    NoDatabase,
    /// The database of another program, or an empty one.
    #[error("this is a database, but none of this program")]
    Foreign,
    /// Pages are missing or damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The schema is not one that this version can use.
    #[error(transparent)]
    Schema(OpenError),
    /// It cannot be read or written.
    #[error("it cannot be read or written")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for CopyError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::NoSpace,
            Some(ErrorCode::NotADatabase) => Self::NoDatabase,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

impl BackupNote {
    /// Made at `made` by the program's `version`.
    pub fn new(made: Millis, version: &str) -> Self {
        Self { made: made.as_unix(), version: version.to_owned() }
    }

    /// When the copy was made.
    pub fn made(&self) -> Millis {
        Millis::from_unix(self.made)
    }

    /// The version of the program that made it.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn write(&self, copy: &Connection) -> Result<(), CopyError> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let insert = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)";
        copy.execute(insert, (NOTE, text)).map_err(if_foreign)?;
        Ok(())
    }

    /// A note that cannot be read is none.
    fn read(copy: &Connection) -> Result<Option<Self>, CopyError> {
        Ok(meta(copy, NOTE)?.and_then(|text| serde_json::from_slice(&text).ok()))
    }
}

/// Looks at a copy: whether it is whole, ours, and of a schema that this version can use. Its contents stay as they are.
pub fn inspect(copy: &Path) -> Result<Contents, CopyError> {
    check(&open(copy)?, copy)
}

/// Which generation of the master key is in force in a copy, which is read and not checked; the first in one of an earlier
/// schema.
pub fn in_force(copy: &Path) -> Result<Generation, CopyError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags)?;
    if !connection.table_exists(None, "master_keys")? {
        return Ok(Generation::FIRST);
    }
    Ok(read::active_generation(&connection)?.unwrap_or(Generation::FIRST))
}

/// Whether a database of ours has this API key in this account. It may be in use; it is read, and not checked.
pub fn holds_api_key(database: &Path, account: &str, app_key: &str) -> Result<bool, CopyError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    let select = "SELECT count(*) FROM api_keys WHERE account_id = ?1 AND app_key = ?2";
    let found = connection.query_row(select, [account, app_key], |row| row.get::<_, i64>(0));
    Ok(found.map_err(if_foreign)? > 0)
}

/// Makes a copy ready for use: without its note, and without its sessions if those shall end. Says how many did.
pub fn make_ready(copy: &Path, sessions: Sessions) -> Result<u64, CopyError> {
    let connection = open(copy)?;
    connection.execute("DELETE FROM meta WHERE name = ?1", [NOTE])?;
    if sessions == Sessions::Keep {
        return Ok(0);
    }
    let ended = write::sessions::delete_all(&connection)?;
    // Nothing is left of them in pages that are not used any more.
    connection.execute_batch("VACUUM")?;
    Ok(u64::try_from(ended).unwrap_or(u64::MAX))
}

/// What a witness is to say of a copy once it is the database, and gives it an id, if it has none. To be asked when nothing is
/// written into it any more.
pub fn attest(copy: &Path, audit: &dyn AuditMac, rng: &dyn Rng) -> Result<Attestation, CopyError> {
    Ok(Attestation::of(&open(copy)?, audit, rng)?)
}

/// What becomes of the sessions in a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// They live again.
    Keep,
    /// They have ended.
    End,
}

/// The only connection to a copy. Afterwards it is one file.
pub(crate) fn open(copy: &Path) -> Result<Connection, CopyError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags)?;
    connection.execute_batch("PRAGMA trusted_schema = OFF;")?;
    connection.execute_batch(ALONE)?;
    let _: String = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    Ok(connection)
}

pub(crate) fn check(copy: &Connection, path: &Path) -> Result<Contents, CopyError> {
    is_whole(copy)?;
    let newest = "SELECT max(number) FROM migrations";
    let schema: Option<i64> = copy.query_row(newest, [], |row| row.get(0)).map_err(if_foreign)?;
    let schema = schema.ok_or(CopyError::Foreign)?;
    // What the first start would do is tried, and undone.
    let trial = copy.unchecked_transaction()?;
    let at = |error: MigrationError| CopyError::Schema(error.at(path));
    migrations::apply(&trial, migrations::ALL).map_err(at)?;
    if let Some(what) = schema::foreign(&trial).map_err(at)? {
        return Err(CopyError::Schema(OpenError::ForeignSchema(what)));
    }
    trial.rollback()?;
    let count = |table: &str| -> Result<u64, CopyError> {
        let sql = format!("SELECT count(*) FROM {table}");
        let count: i64 = copy.query_row(&sql, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    };
    Ok(Contents {
        schema,
        master_keys: master_keys(copy, schema)?,
        accounts: count("accounts")?,
        users: count("users")?,
        sessions: count("sessions")?,
        note: BackupNote::read(copy)?,
    })
}

/// Schemas before the table have one key, the first.
fn master_keys(copy: &Connection, schema: i64) -> Result<Vec<MasterKeyRecord>, CopyError> {
    if schema >= migrations::MASTER_KEYS {
        return Ok(read::master_keys(copy)?);
    }
    let check_value = meta(copy, KEY_CHECK)?.and_then(|value| value.try_into().ok());
    Ok(check_value.map(MasterKeyRecord::first).into_iter().collect())
}

/// Reads every page, and looks whether the indexes agree with their tables.
fn is_whole(copy: &Connection) -> Result<(), CopyError> {
    let found: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(CopyError::Damaged(found)) }
}

fn meta(copy: &Connection, name: &str) -> Result<Option<Vec<u8>>, CopyError> {
    let select = "SELECT value FROM meta WHERE name = ?1";
    Ok(copy.query_row(select, [name], |row| row.get(0)).optional()?)
}

/// A table that every database of ours has is not there.
fn if_foreign(error: rusqlite::Error) -> CopyError {
    match &error {
        rusqlite::Error::SqliteFailure(code, _) if code.code == ErrorCode::Unknown => CopyError::Foreign,
        _ => error.into(),
    }
}
