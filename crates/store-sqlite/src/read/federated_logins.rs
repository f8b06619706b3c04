//! Finding the sessions of a login at an identity provider.

use rusqlite::{Connection, ToSql, params_from_iter};
use vestibule_model::ConnectionId;
use vestibule_store::{FederatedLogins, SessionNumber, StoredSession};

use super::sessions::{select, selected};

/// Each form of the question has an index of its own, which has the sessions in the order of the pages: a page costs no more
/// than it has.
macro_rules! of_logins {
    ($index:literal, $condition:literal) => {
        select!(concat!(
            "WHERE number IN (SELECT DISTINCT session_number FROM federated_logins INDEXED BY ",
            $index,
            " WHERE connection_id = ?1 AND session_number > ?2 AND ",
            $condition,
            " ORDER BY session_number LIMIT ?3) ORDER BY number"
        ))
    };
}

const OF_CONNECTION: &str = of_logins!("federated_logins_of_connection", "true");
const OF_SUBJECT: &str = of_logins!("federated_logins_of_subject", "subject = ?4");
const OF_INDEX: &str = of_logins!("federated_logins_of_session", "session_index = ?4");
const OF_BOTH: &str = of_logins!("federated_logins_of_session", "session_index = ?4 AND subject = ?5");

pub(crate) fn federated_sessions(
    snapshot: &Connection,
    logins: &FederatedLogins,
    after: Option<SessionNumber>,
    limit: usize,
) -> rusqlite::Result<Vec<StoredSession>> {
    let after = after.map_or(-1, |number| i64::try_from(number.0).unwrap_or(i64::MAX));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut parameters: Vec<&dyn ToSql> = vec![&logins.connection.0, &after, &limit];
    let sql = match (&logins.session_index, &logins.subject) {
        (None, None) => OF_CONNECTION,
        (None, Some(_)) => OF_SUBJECT,
        (Some(_), None) => OF_INDEX,
        (Some(_), Some(_)) => OF_BOTH,
    };
    parameters.extend(logins.session_index.iter().map(|index| index as &dyn ToSql));
    parameters.extend(logins.subject.iter().map(|subject| subject as &dyn ToSql));
    selected(snapshot, sql, params_from_iter(parameters))
}

/// From one connection to the next in the index: not through all logins.
const CONNECTIONS: &str = "
    WITH RECURSIVE known (id) AS (
        SELECT min(connection_id) FROM federated_logins
        UNION ALL
        SELECT (SELECT min(connection_id) FROM federated_logins WHERE connection_id > known.id)
        FROM known WHERE known.id IS NOT NULL
    )
    SELECT id FROM known WHERE id IS NOT NULL ORDER BY id";

pub(crate) fn federated_connections(snapshot: &Connection) -> rusqlite::Result<Vec<ConnectionId>> {
    let mut select = snapshot.prepare_cached(CONNECTIONS)?;
    select.query_map([], |row| row.get(0).map(ConnectionId))?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations;

    #[test]
    fn no_page_sorts_or_passes_over_the_logins_before_it() {
        let connection = Connection::open_in_memory().unwrap();
        migrations::apply(&connection, migrations::ALL).unwrap();
        for sql in [OF_CONNECTION, OF_SUBJECT, OF_INDEX] {
            let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let parameters = params_from_iter(vec![1; explain.parameter_count()]);
            let steps = explain.query_map(parameters, |row| row.get::<_, String>("detail")).unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            let of_logins: Vec<&String> =
                steps.iter().filter(|step| step.contains("federated_logins_of")).collect();
            assert!(of_logins.iter().all(|step| step.contains("session_number>?")), "{steps:?}");
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
        }
    }

    #[test]
    fn no_question_goes_through_all_logins() {
        let connection = Connection::open_in_memory().unwrap();
        migrations::apply(&connection, migrations::ALL).unwrap();
        for sql in [OF_CONNECTION, OF_SUBJECT, OF_INDEX, OF_BOTH, CONNECTIONS] {
            let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let count = explain.parameter_count();
            let parameters = params_from_iter(vec![1; count]);
            let steps = explain.query_map(parameters, |row| row.get::<_, String>("detail")).unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            let scans = steps.iter().filter(|step| step.starts_with("SCAN") && !step.contains("known"));
            assert_eq!(scans.count(), 0, "{steps:?}");
        }
    }
}
