//! Writing sessions.

use std::net::IpAddr;
use std::time::Duration;

use rusqlite::{Connection, params};
use vestibule_model::{Application, Session};
use vestibule_store::{Outcome, SessionNumber, StoreError};

use super::execute;
use crate::columns::{ApplicationKind, At, Coded, Id};

/// One statement inserts and asks whether the user still has the credentials that were verified.
const OPEN: &str = "
    INSERT INTO sessions (id, account_id, user_id, application_kind, application_id, opening, dialect, address,
                          created, last_used, idle_ms, absolute_end, secret_version, credential_version)
    SELECT ?1, account_id, id, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?14, credential_version
    FROM users WHERE id = ?3 AND account_id = ?2 AND enabled = 1 AND credential_version = ?13";

const LOGIN: &str = "UPDATE users SET last_login = max(coalesce(last_login, ?2), ?2) WHERE id = ?1";
const KEY_USE: &str = "UPDATE api_keys SET last_used = max(coalesce(last_used, ?2), ?2) WHERE id = ?1";
const CLIENT_USE: &str =
    "UPDATE oauth_clients SET last_used = max(coalesce(last_used, ?2), ?2) WHERE id = ?1";

pub(super) fn open(connection: &Connection, session: &Session) -> Result<Outcome, StoreError> {
    let (kind, application) = application(session.application);
    let parameters = params![
        session.id.0,
        Id(session.account),
        session.user.0,
        Coded(kind),
        application,
        Coded(session.method),
        Coded(session.dialect),
        session.address.map(octets),
        At(session.created),
        At(session.last_used),
        millis(session.idle),
        session.absolute_end.map(At),
        session.credential_version,
        session.secret_version.0,
    ];
    if execute(connection, OPEN, parameters)? == 0 {
        return Err(StoreError::StaleCredentials);
    }
    let number = SessionNumber(connection.last_insert_rowid().cast_unsigned());
    note_use(connection, session)?;
    Ok(Outcome { opened: vec![number], ..Outcome::default() })
}

/// Nothing but the database can refuse this.
fn note_use(connection: &Connection, session: &Session) -> Result<(), StoreError> {
    execute(connection, LOGIN, params![session.user.0, At(session.created)])?;
    let (sql, id) = match session.application {
        Application::ApiKey(id) => (KEY_USE, id),
        Application::OauthClient(id) => (CLIENT_USE, id),
        Application::None | Application::Token(_) => return Ok(()),
    };
    execute(connection, sql, params![id.0, At(session.created)]).map(drop)
}

/// Deletes every session, also in a file that an earlier version wrote; answers how many there were. Numbers go on.
pub(crate) fn delete_all(connection: &Connection) -> rusqlite::Result<usize> {
    if connection.table_exists(None, "session_uses")? {
        connection.execute("DELETE FROM session_uses", [])?;
    }
    // Also where nobody keeps what refers to a session from staying behind it.
    if connection.table_exists(None, "federated_logins")? {
        connection.execute("DELETE FROM federated_logins", [])?;
    }
    if connection.table_exists(None, "refresh_rotations")? {
        connection.execute("DELETE FROM refresh_rotations", [])?;
    }
    connection.execute("DELETE FROM sessions", [])
}

fn application(application: Application) -> (ApplicationKind, Option<i64>) {
    match application {
        Application::None => (ApplicationKind::None, None),
        Application::ApiKey(id) => (ApplicationKind::ApiKey, Some(id.0)),
        Application::OauthClient(id) => (ApplicationKind::OauthClient, Some(id.0)),
        Application::Token(id) => (ApplicationKind::Token, Some(id.0)),
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
