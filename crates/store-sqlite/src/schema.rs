//! Whether everything in the schema of a file was made by the migrations: its tables, columns, indexes and triggers. A trigger
//! that somebody else put there would act on whatever the program writes. What is missing is not looked for: without a table
//! nothing works, and triggers of ours only keep clumsy hands away.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::migrations::{self, MigrationError};

/// The kind and name of something in the schema that no migration made, or that is not as it was made. To be asked of a file that
/// has had all migrations.
pub(crate) fn foreign(connection: &Connection) -> Result<Option<String>, MigrationError> {
    let expected = {
        let made = Connection::open_in_memory()?;
        migrations::apply(&made, migrations::ALL)?;
        objects(&made)?
    };
    let found = objects(connection)?;
    Ok(found.difference(&expected).next().map(|object| format!("{} {}", object.kind, object.name)))
}

/// Something that the schema consists of.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    kind: String,
    name: String,
    table: String,
    sql: Option<String>,
}

/// All of them, but for what SQLite adds by itself.
fn objects(connection: &Connection) -> rusqlite::Result<BTreeSet<Object>> {
    let select =
        r"SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\'";
    let mut select = connection.prepare(select)?;
    let object = |row: &rusqlite::Row<'_>| {
        Ok(Object { kind: row.get(0)?, name: row.get(1)?, table: row.get(2)?, sql: row.get(3)? })
    };
    select.query_map([], object)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrated() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        migrations::apply(&connection, migrations::ALL).unwrap();
        connection
    }

    #[test]
    fn what_the_migrations_make_is_ours() {
        let connection = migrated();
        connection.execute_batch("ANALYZE; VACUUM;").unwrap();
        assert_eq!(foreign(&connection).unwrap(), None);
    }

    #[test]
    fn a_trigger_of_somebody_else_is_named() {
        let connection = migrated();
        connection
            .execute_batch("CREATE TRIGGER kept BEFORE DELETE ON sessions BEGIN SELECT RAISE(IGNORE); END;")
            .unwrap();
        assert_eq!(foreign(&connection).unwrap().as_deref(), Some("trigger kept"));
    }

    #[test]
    fn a_trigger_of_ours_that_was_changed_is_named() {
        let connection = migrated();
        connection.execute_batch("DROP TRIGGER audit_is_not_changed;").unwrap();
        assert_eq!(foreign(&connection).unwrap(), None);
        let other = "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT 1; END;";
        connection.execute_batch(other).unwrap();
        assert_eq!(foreign(&connection).unwrap().as_deref(), Some("trigger audit_is_not_changed"));
    }
}
