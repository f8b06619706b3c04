//! Finding the sessions of a login at an identity provider.

use rusqlite::types::Value;
use rusqlite::{Connection, Params, Row, params_from_iter};
use vestibule_model::ConnectionId;
use vestibule_store::{FederatedLogins, SessionNumber, StoredSession};

use super::sessions::{select, selected};

/// What answers one form of the question.
struct Statements {
    sessions: &'static str,
    numbers: &'static str,
}

/// Each form has an index of its own, which has the sessions in the order of the pages: a page costs no more than it has. The
/// numbers of the sessions stand in the index itself.
macro_rules! numbers {
    ($index:literal, $condition:literal) => {
        concat!(
            "SELECT DISTINCT session_number FROM federated_logins INDEXED BY ",
            $index,
            " WHERE connection_id = ?1 AND session_number > ?2 AND ",
            $condition,
            " ORDER BY session_number LIMIT ?3"
        )
    };
}

macro_rules! of_logins {
    ($index:literal, $condition:literal) => {
        Statements {
            sessions: select!("WHERE number IN (", numbers!($index, $condition), ") ORDER BY number"),
            numbers: numbers!($index, $condition),
        }
    };
}

const OF_CONNECTION: Statements = of_logins!("federated_logins_of_connection", "true");
const OF_SUBJECT: Statements = of_logins!("federated_logins_of_subject", "subject = ?4");
const OF_INDEX: Statements = of_logins!("federated_logins_of_session", "session_index = ?4");
const OF_BOTH: Statements = of_logins!("federated_logins_of_session", "session_index = ?4 AND subject = ?5");

const fn statements(logins: &FederatedLogins) -> Statements {
    match (&logins.session_index, &logins.subject) {
        (None, None) => OF_CONNECTION,
        (None, Some(_)) => OF_SUBJECT,
        (Some(_), None) => OF_INDEX,
        (Some(_), Some(_)) => OF_BOTH,
    }
}

/// What their parameters are, one after the other.
fn parameters(logins: &FederatedLogins, after: Option<SessionNumber>, limit: usize) -> impl Params + use<'_> {
    let after = after.map_or(-1, |number| i64::try_from(number.0).unwrap_or(i64::MAX));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let numbers = [logins.connection.0, after, limit].map(Value::from);
    let digests = logins.session_index.iter().chain(&logins.subject);
    params_from_iter(numbers.into_iter().chain(digests.map(|digest| Value::from(digest.to_vec()))))
}

pub(crate) fn federated_sessions(
    snapshot: &Connection,
    logins: &FederatedLogins,
    after: Option<SessionNumber>,
    limit: usize,
) -> rusqlite::Result<Vec<StoredSession>> {
    selected(snapshot, statements(logins).sessions, parameters(logins, after, limit))
}

pub(crate) fn federated_session_numbers(
    snapshot: &Connection,
    logins: &FederatedLogins,
    after: Option<SessionNumber>,
    limit: usize,
) -> rusqlite::Result<Vec<SessionNumber>> {
    let mut select = snapshot.prepare_cached(statements(logins).numbers)?;
    let number = |row: &Row<'_>| row.get::<_, i64>(0).map(|number| SessionNumber(number.cast_unsigned()));
    select.query_map(parameters(logins, after, limit), number)?.collect()
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

    /// How SQLite would answer it.
    fn plan(sql: &str) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        migrations::apply(&connection, migrations::ALL).unwrap();
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let parameters = params_from_iter(vec![1; explain.parameter_count()]);
        let steps = explain.query_map(parameters, |row| row.get::<_, String>("detail")).unwrap();
        steps.map(Result::unwrap).collect()
    }

    #[test]
    fn no_page_sorts_or_passes_over_the_logins_before_it() {
        for Statements { sessions, numbers } in [OF_CONNECTION, OF_SUBJECT, OF_INDEX] {
            for steps in [sessions, numbers].map(plan) {
                let mut of_logins = steps.iter().filter(|step| step.contains("federated_logins_of"));
                assert!(of_logins.all(|step| step.contains("session_number>?")), "{steps:?}");
                assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
            }
        }
    }

    #[test]
    fn no_question_goes_through_all_logins() {
        let of_logins = [OF_CONNECTION, OF_SUBJECT, OF_INDEX, OF_BOTH];
        let of_logins = of_logins.iter().flat_map(|of| [of.sessions, of.numbers]);
        for steps in of_logins.chain([CONNECTIONS]).map(plan) {
            let scans = steps.iter().filter(|step| step.starts_with("SCAN") && !step.contains("known"));
            assert_eq!(scans.count(), 0, "{steps:?}");
        }
    }

    #[test]
    fn numbers_are_read_of_an_index_alone() {
        for steps in [OF_CONNECTION, OF_SUBJECT, OF_INDEX, OF_BOTH].map(|of| plan(of.numbers)) {
            assert!(steps[0].contains("USING COVERING INDEX"), "{steps:?}");
            assert_eq!(steps.len(), 1, "{steps:?}");
        }
    }
}
