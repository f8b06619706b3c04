//! The schema's history: numbered steps, each applied once and never edited after.

use std::path::Path;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use vestibule_model::Population;

use crate::columns::Coded;
use crate::open::{OpenError, cannot_open};

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// Every step, in order.
pub(crate) const ALL: &[Migration] = &[
    Migration {
        number: 1,
        name: "directory_and_sessions",
        sql: include_str!("../migrations/0001_directory_and_sessions.sql"),
    },
    Migration { number: 2, name: "livevox", sql: include_str!("../migrations/0002_livevox.sql") },
    Migration {
        number: 3,
        name: "audit_and_administration",
        sql: include_str!("../migrations/0003_audit_and_administration.sql"),
    },
    Migration {
        number: 4,
        name: "changes_of_users",
        sql: include_str!("../migrations/0004_changes_of_users.sql"),
    },
    Migration {
        number: 5,
        name: "remembered_answers",
        sql: include_str!("../migrations/0005_remembered_answers.sql"),
    },
    Migration {
        number: 6,
        name: "last_uses_and_names",
        sql: include_str!("../migrations/0006_last_uses_and_names.sql"),
    },
    Migration {
        number: 7,
        name: "composed_names",
        sql: include_str!("../migrations/0007_composed_names.sql"),
    },
    Migration {
        number: 8,
        name: "superseded_secrets",
        sql: include_str!("../migrations/0008_superseded_secrets.sql"),
    },
    Migration { number: 9, name: "master_keys", sql: include_str!("../migrations/0009_master_keys.sql") },
    Migration {
        number: 10,
        name: "parts_of_the_directory",
        sql: include_str!("../migrations/0010_parts_of_the_directory.sql"),
    },
    Migration {
        number: 11,
        name: "consumed_values",
        sql: include_str!("../migrations/0011_consumed_values.sql"),
    },
    Migration {
        number: 12,
        name: "sessions_of_an_account",
        sql: include_str!("../migrations/0012_sessions_of_an_account.sql"),
    },
    Migration {
        number: 13,
        name: "last_uses_in_blocks",
        sql: include_str!("../migrations/0013_last_uses_in_blocks.sql"),
    },
    Migration {
        number: 14,
        name: "session_versions",
        sql: include_str!("../migrations/0014_session_versions.sql"),
    },
    Migration {
        number: 15,
        name: "client_metadata",
        sql: include_str!("../migrations/0015_client_metadata.sql"),
    },
    Migration {
        number: 16,
        name: "federated_logins",
        sql: include_str!("../migrations/0016_federated_logins.sql"),
    },
    Migration { number: 17, name: "connections", sql: include_str!("../migrations/0017_connections.sql") },
    Migration { number: 18, name: "sentinel", sql: include_str!("../migrations/0018_sentinel.sql") },
    Migration {
        number: 19,
        name: "second_factor",
        sql: include_str!("../migrations/0019_second_factor.sql"),
    },
    Migration { number: 20, name: "look", sql: include_str!("../migrations/0020_look.sql") },
    Migration {
        number: 21,
        name: "second_factor_policy",
        sql: include_str!("../migrations/0021_second_factor_policy.sql"),
    },
    Migration { number: 22, name: "provisioning", sql: include_str!("../migrations/0022_provisioning.sql") },
    Migration {
        number: 23,
        name: "gateway_rules",
        sql: include_str!("../migrations/0023_gateway_rules.sql"),
    },
    Migration {
        number: 24,
        name: "federated_logouts",
        sql: include_str!("../migrations/0024_federated_logouts.sql"),
    },
    Migration { number: 25, name: "traffic", sql: include_str!("../migrations/0025_traffic.sql") },
    Migration {
        number: 26,
        name: "traffic_counting",
        sql: include_str!("../migrations/0026_traffic_counting.sql"),
    },
    Migration { number: 27, name: "audit_keys", sql: include_str!("../migrations/0027_audit_keys.sql") },
    Migration {
        number: 28,
        name: "traffic_of_users",
        sql: include_str!("../migrations/0028_traffic_of_users.sql"),
    },
];

/// The step that made the audit.
pub(crate) const AUDIT: i64 = 3;

/// The step that gave the master key generations.
pub(crate) const MASTER_KEYS: i64 = 9;

const HISTORY: &str = "
    CREATE TABLE IF NOT EXISTS migrations (
        number   INTEGER NOT NULL PRIMARY KEY,
        name     TEXT    NOT NULL,
        checksum BLOB    NOT NULL -- SHA-256 of the SQL
    ) STRICT;
";

/// Why a file cannot be brought to this version's schema.
#[derive(Debug)]
pub(crate) enum MigrationError {
    Sqlite(rusqlite::Error),
    Foreign,
    Newer { found: i64, known: i64 },
    Differs(Migration),
}

impl MigrationError {
    pub(crate) fn at(self, path: &Path) -> OpenError {
        match self {
            Self::Sqlite(source) => cannot_open(path, source),
            Self::Foreign => cannot_open(path, "it has tables, but not those of this program"),
            Self::Newer { found, known } => OpenError::NewerSchema { found, known },
            Self::Differs(Migration { number, name, .. }) => {
                OpenError::MigrationDiffers { number, name: name.to_owned() }
            }
        }
    }
}

impl From<rusqlite::Error> for MigrationError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Applies what the file has not had yet; answers the numbers of those steps. The caller's transaction makes it all or
/// nothing.
pub(crate) fn apply(connection: &Connection, all: &[Migration]) -> Result<Vec<i64>, MigrationError> {
    let had = compare(connection, all)?;
    connection.execute_batch(HISTORY)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("composed_name", 2, flags, |row| {
        let Coded(population) = row.get::<Coded<Population>>(0)?;
        Ok(population.name_key(&row.get::<String>(1)?))
    })?;
    let missing = all.iter().filter(|migration| !had.contains(&migration.number));
    missing
        .map(|migration| {
            migration.apply(connection)?;
            Ok(migration.number)
        })
        .collect()
}

/// Which steps the file has had, if they are the first of ours.
pub(crate) fn compare(connection: &Connection, all: &[Migration]) -> Result<Vec<i64>, MigrationError> {
    if is_foreign(connection)? {
        return Err(MigrationError::Foreign);
    }
    let had = had(connection)?;
    let known = all.last().map_or(0, |migration| migration.number);
    if let Some((found, _)) = had.last().filter(|(found, _)| *found > known) {
        return Err(MigrationError::Newer { found: *found, known });
    }
    for migration in all {
        let checksum = had.iter().find(|(number, _)| *number == migration.number);
        if checksum.is_some_and(|(_, checksum)| *checksum != migration.checksum()) {
            return Err(MigrationError::Differs(*migration));
        }
    }
    Ok(had.into_iter().map(|(number, _)| number).collect())
}

/// Whether the file is the database of another program: it has tables, but no history.
fn is_foreign(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) > 0 AND sum(name = 'migrations') = 0 FROM sqlite_schema WHERE type = 'table'";
    connection.query_row(sql, [], |row| row.get(0))
}

/// The numbers and checksums of the steps that the file has had, in order.
fn had(connection: &Connection) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    if !connection.table_exists(None, "migrations")? {
        return Ok(Vec::new());
    }
    let mut select = connection.prepare("SELECT number, checksum FROM migrations ORDER BY number")?;
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

impl Migration {
    fn apply(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch(self.sql)?;
        let insert = "INSERT INTO migrations (number, name, checksum) VALUES (?1, ?2, ?3)";
        connection.execute(insert, params![self.number, self.name, self.checksum()]).map(drop)
    }

    fn checksum(&self) -> [u8; 32] {
        Sha256::digest(self.sql).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Migration = Migration { number: 2, name: "second", sql: "CREATE TABLE second (x) STRICT" };

    fn open() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    #[test]
    fn numbers_follow_one_another() {
        assert!(ALL.iter().zip(1..).all(|(migration, number)| migration.number == number));
    }

    #[test]
    fn a_step_that_was_applied_is_not_applied_again() {
        let connection = open();
        apply(&connection, ALL).unwrap();
        apply(&connection, ALL).unwrap();
        assert_eq!(had(&connection).unwrap().len(), ALL.len());
    }

    #[test]
    fn only_what_is_missing_is_applied() {
        let connection = open();
        apply(&connection, &ALL[..1]).unwrap();
        let second = Migration { sql: "CREATE TABLE second (x INTEGER) STRICT", ..SECOND };
        apply(&connection, &[ALL[0], second]).unwrap();
        connection.execute("INSERT INTO second VALUES (1)", []).unwrap();
    }

    #[test]
    fn a_step_that_fails_is_an_error() {
        let error = apply(&open(), &[ALL[0], SECOND]).unwrap_err();
        assert!(matches!(error, MigrationError::Sqlite(_)), "{error:?}");
    }

    #[test]
    fn a_step_that_is_not_the_one_that_was_applied_is_refused() {
        let connection = open();
        apply(&connection, &ALL[..1]).unwrap();
        let other = Migration { sql: "CREATE TABLE other (x INTEGER) STRICT", ..ALL[0] };
        let error = apply(&connection, &[other]).unwrap_err();
        assert!(matches!(error, MigrationError::Differs(Migration { number: 1, .. })), "{error:?}");
    }

    #[test]
    fn the_steps_of_a_later_version_are_refused() {
        let connection = open();
        apply(&connection, ALL).unwrap();
        let error = apply(&connection, &ALL[..ALL.len() - 1]).unwrap_err();
        assert!(matches!(error, MigrationError::Newer { .. }), "{error:?}");
    }

    #[test]
    fn the_database_of_another_program_is_refused() {
        let connection = open();
        connection.execute_batch("CREATE TABLE photographs (name TEXT)").unwrap();
        let error = apply(&connection, ALL).unwrap_err();
        assert!(matches!(error, MigrationError::Foreign), "{error:?}");
    }
}
