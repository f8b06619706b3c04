//! Noting by which login at an identity provider a session was opened.

use rusqlite::{Connection, params};
use vestibule_model::SessionId;
use vestibule_store::{FederatedLogin, StoreError};

use super::{execute, federated_logouts};
use crate::error::of_change;

pub(super) fn note(connection: &Connection, login: &FederatedLogin) -> Result<(), StoreError> {
    federated_logouts::expect_none_of(connection, login)?;
    let sql = "INSERT INTO federated_logins (session_number, connection_id, subject, session_index)
        SELECT number, ?2, ?3, ?4 FROM sessions WHERE id = ?1 ON CONFLICT DO NOTHING";
    let index = login.session_index.as_ref().map_or(&[][..], |index| &index[..]);
    execute(connection, sql, params![login.session.0, login.connection.0, login.subject, index]).map(drop)
}

pub(super) fn copy(connection: &Connection, from: SessionId, to: SessionId) -> Result<(), StoreError> {
    let found = connection
        .prepare_cached("SELECT 1 FROM sessions WHERE id = ?1")
        .and_then(|mut statement| statement.exists(params![from.0]));
    if !found.map_err(of_change)? {
        return Err(StoreError::StaleCredentials);
    }
    let sql = "INSERT INTO federated_logins (session_number, connection_id, subject, session_index)
        SELECT copy.number, connection_id, subject, session_index
        FROM federated_logins JOIN sessions AS copy ON copy.id = ?2
        WHERE session_number = (SELECT number FROM sessions WHERE id = ?1) ON CONFLICT DO NOTHING";
    execute(connection, sql, params![from.0, to.0]).map(drop)
}
