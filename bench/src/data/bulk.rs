//! Sessions by the million, written straight into the file that the store has made.
//!
//! The store takes several microseconds for each, because it asks whether the user still has the credentials that were
//! verified, and because every commit is durable. Neither matters to data that nobody has logged in for. What stands in
//! which column is the store's to say (`crates/store-sqlite/src/write/sessions.rs` and `columns.rs`); a server that
//! loads the sessions and answers for them is the test that this says the same.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context as _, Result};
use rusqlite::{Connection, params};
use vestibule_model::{AccountId, Application, AuthenticationMethod, ConnectionId, Dialect, Session};

use crate::screen::Progress;

/// How many in one transaction.
const BATCH: usize = 100_000;

/// Nothing is synced: what a crash could lose is written anew with the next run.
const SETTINGS: &str = "
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -262144;
    PRAGMA wal_autocheckpoint = 100000;
";

const INSERT: &str = "
    INSERT INTO sessions (id, account_id, user_id, application_kind, application_id, opening, dialect, address,
                          created, last_used, idle_ms, absolute_end, credential_version)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

/// Writes sessions in the order of opening. The store must not be open.
pub(super) fn write(
    database: &Path,
    count: usize,
    mut sessions: impl Iterator<Item = Session>,
) -> Result<()> {
    let mut connection = Connection::open(database)?;
    connection.execute_batch(SETTINGS)?;
    let mut progress = Progress::of("sessions written", count);
    let mut left = count;
    while left > 0 {
        let batch = left.min(BATCH);
        let transaction = connection.transaction()?;
        {
            let mut statement = transaction.prepare_cached(INSERT)?;
            for session in sessions.by_ref().take(batch) {
                insert(&mut statement, &session).context("cannot write a session to measure on")?;
            }
        }
        transaction.commit()?;
        left -= batch;
        progress.add(batch);
    }
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Writes that every session of an account was opened by a login at an identity provider, each of somebody of their own. The store
/// must not be open.
pub(super) fn write_federated_logins(
    database: &Path,
    account: AccountId,
    connection: ConnectionId,
) -> Result<()> {
    let file = Connection::open(database)?;
    file.execute_batch(SETTINGS)?;
    let sql = "
        INSERT INTO federated_logins (session_number, connection_id, subject, session_index)
        SELECT number, ?2, randomblob(32), x'' FROM sessions WHERE account_id = ?1";
    file.execute(sql, params![account.as_str(), connection.0])?;
    file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

fn insert(statement: &mut rusqlite::Statement<'_>, session: &Session) -> Result<()> {
    let (kind, application) = match session.application {
        Application::None => (0, None),
        Application::ApiKey(id) => (1, Some(id.0)),
        Application::OauthClient(id) => (2, Some(id.0)),
        Application::Token(id) => (3, Some(id.0)),
    };
    let opening = match session.method {
        AuthenticationMethod::Password => 1,
        AuthenticationMethod::ApiKey => 2,
        AuthenticationMethod::OauthClient => 3,
        AuthenticationMethod::Saml => 4,
        AuthenticationMethod::Oidc => 5,
    };
    let dialect = match session.dialect {
        Dialect::LivePerson => 1,
        Dialect::LiveVox => 2,
        Dialect::Pages => 3,
    };
    statement.execute(params![
        session.id.0,
        session.account.as_str(),
        session.user.0,
        kind,
        application,
        opening,
        dialect,
        session.address.map(octets),
        session.created.as_unix(),
        session.last_used.as_unix(),
        i64::try_from(session.idle.as_millis())?,
        session.absolute_end.map(vestibule_model::Millis::as_unix),
        session.credential_version,
    ])?;
    Ok(())
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
