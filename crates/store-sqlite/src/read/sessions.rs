//! Reading sessions, a page at a time.

use std::time::Duration;

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Params, Row, params};
use vestibule_model::{Application, ApplicationId, SecretVersion, Session, SessionId, UserId};
use vestibule_store::{SessionNumber, StoredSession};

use super::octets::address;
use super::session_uses::LastUses;
use super::undecodable::Table;
use crate::columns::{ApplicationKind, At, Coded, Id};

/// A statement that reads sessions. The columns are read by their place ([`selected`]): a start reads every session there is.
macro_rules! select {
    ($($rest:tt)+) => {
        concat!(
            "SELECT id, account_id, user_id, application_kind, application_id, opening, dialect, address, created, ",
            "last_used, idle_ms, absolute_end, credential_version, secret_version, number FROM sessions ",
            $($rest)+
        )
    };
}

pub(crate) use select;

const SESSIONS: Table = Table { name: "sessions", key: &["number"] };

/// By number.
pub(super) const EVERY_SESSION: &str = select!("ORDER BY number");

const PAGE: &str = select!("WHERE number > ?1 ORDER BY number LIMIT ?2");

const ONE: &str = select!("WHERE id = ?1");

/// The session of this id.
pub(crate) fn session(snapshot: &Connection, id: SessionId) -> rusqlite::Result<Option<StoredSession>> {
    Ok(selected(snapshot, ONE, [id.0])?.pop())
}

/// At most `limit` sessions in the order of their numbers, beginning behind `after`.
pub(crate) fn sessions(
    snapshot: &Connection,
    after: Option<SessionNumber>,
    limit: usize,
) -> rusqlite::Result<Vec<StoredSession>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let after = after.map_or(-1, |number| i64::try_from(number.0).unwrap_or(i64::MAX));
    selected(snapshot, PAGE, params![after, limit])
}

/// The sessions that a statement selects, with the last uses that the blocks know.
pub(crate) fn selected(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> rusqlite::Result<Vec<StoredSession>> {
    let mut uses = LastUses::new(connection);
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(parameters)?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        let number = SessionNumber(row.get::<_, i64>(14)?.cast_unsigned());
        let mut session = session_of(row)?;
        session.last_used = uses.of(number)?.map_or(session.last_used, |at| at.max(session.last_used));
        sessions.push(StoredSession { number, session });
    }
    Ok(sessions)
}

pub(super) fn session_of(row: &Row<'_>) -> rusqlite::Result<Session> {
    SESSIONS.read(row, columns)
}

fn columns(row: &Row<'_>) -> rusqlite::Result<Session> {
    let (Id(account), Coded(method), Coded(dialect)) = (row.get(1)?, row.get(5)?, row.get(6)?);
    let (At(created), At(last_used)) = (row.get(8)?, row.get(9)?);
    Ok(Session {
        id: SessionId(row.get(0)?),
        account,
        user: UserId(row.get(2)?),
        application: application(row)?,
        method,
        dialect,
        address: address(row, 7)?,
        created,
        last_used,
        idle: idle(row)?,
        absolute_end: row.get::<_, Option<At>>(11)?.map(|At(end)| end),
        credential_version: row.get(12)?,
        secret_version: SecretVersion(row.get(13)?),
    })
}

fn application(row: &Row<'_>) -> rusqlite::Result<Application> {
    let Coded(kind) = row.get(3)?;
    Ok(match kind {
        ApplicationKind::None => Application::None,
        ApplicationKind::ApiKey => Application::ApiKey(ApplicationId(row.get(4)?)),
        ApplicationKind::OauthClient => Application::OauthClient(ApplicationId(row.get(4)?)),
        ApplicationKind::Token => Application::Token(ApplicationId(row.get(4)?)),
    })
}

fn idle(row: &Row<'_>) -> rusqlite::Result<Duration> {
    let millis = row.get(10)?;
    let out_of_range = || -> rusqlite::Error { FromSqlError::OutOfRange(millis).into() };
    u64::try_from(millis).map(Duration::from_millis).map_err(|_| out_of_range())
}
