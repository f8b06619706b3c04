//! Noting logouts at identity providers, looking for one of a login, and forgetting them.

use rusqlite::{Connection, params};
use vestibule_model::Millis;
use vestibule_store::{FederatedLogin, FederatedLogout, StoreError};

use super::execute;
use crate::columns::At;
use crate::error::of_change;

/// What a logout names, and what it leaves open: four places in the index, at most.
const OF_LOGIN: &str = "SELECT 1 FROM federated_logouts
    WHERE connection_id = ?1 AND subject IN (x'', ?2) AND session_index IN (x'', ?3) AND issued_at >= ?4";

pub(super) fn expect_none_of(connection: &Connection, login: &FederatedLogin) -> Result<(), StoreError> {
    let index = column(login.session_index.as_ref());
    let is_over = connection.prepare_cached(OF_LOGIN).and_then(|mut statement| {
        statement.exists(params![login.connection.0, login.subject, index, At(login.issued_at)])
    });
    if is_over.map_err(of_change)? { Err(StoreError::LoggedOut) } else { Ok(()) }
}

pub(super) fn note(connection: &Connection, logout: &FederatedLogout) -> Result<(), StoreError> {
    let sql = "INSERT INTO federated_logouts (connection_id, subject, session_index, issued_at, kept_until)
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (connection_id, subject, session_index) DO UPDATE SET
        issued_at = max(issued_at, excluded.issued_at), kept_until = max(kept_until, excluded.kept_until)";
    let logins = &logout.logins;
    let (subject, index) = (column(logins.subject.as_ref()), column(logins.session_index.as_ref()));
    let times = (At(logout.issued_at), At(logout.kept_until));
    execute(connection, sql, params![logins.connection.0, subject, index, times.0, times.1]).map(drop)
}

pub(super) fn forget(connection: &Connection, before: Millis, limit: usize) -> Result<(), StoreError> {
    let sql = "DELETE FROM federated_logouts WHERE (connection_id, subject, session_index) IN
        (SELECT connection_id, subject, session_index FROM federated_logouts WHERE kept_until < ?1
        ORDER BY kept_until, connection_id, subject, session_index LIMIT ?2)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    execute(connection, sql, params![At(before), limit]).map(drop)
}

/// A digest, or that there is none.
fn column(digest: Option<&[u8; 32]>) -> &[u8] {
    digest.map_or(&[], |digest| digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations;

    #[test]
    fn a_login_costs_one_look_into_the_index() {
        let connection = Connection::open_in_memory().unwrap();
        migrations::apply(&connection, migrations::ALL).unwrap();
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {OF_LOGIN}")).unwrap();
        let steps = explain.query_map([1, 2, 3, 4], |row| row.get::<_, String>("detail")).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        let expected =
            "SEARCH federated_logouts USING PRIMARY KEY (connection_id=? AND subject=? AND session_index=?)";
        assert_eq!(steps, [expected]);
    }
}
