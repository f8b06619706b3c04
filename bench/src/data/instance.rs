//! A database of many live sessions, and what is needed to ask for them.
//!
//! The users are at most 100,000, in 100 accounts, and share the sessions evenly. Every other session is one of the
//! LiveVox dialect that was opened with the account's application token, so that every index has something to do.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use tempfile::TempDir;
use vestibule_crypto::{OsRng, TokenKeys};
use vestibule_model::{Application, Clock as _, ConnectionId, Dialect, Millis, Session, SessionId, User};

use super::{Tokens, bulk, past};
use crate::fixture::{Fixture, Place, database, new_session, used_until};
use crate::load::block_on;
use crate::screen;
use crate::timing::SystemClock;

const MOST_USERS: usize = 100_000;
const ACCOUNTS: i32 = 100;

/// As many as this are asked for that do not live.
const MOST_UNKNOWN: usize = 1_000_000;

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size {
    /// Live sessions.
    pub(crate) sessions: usize,
    /// Users in all accounts.
    pub(crate) users: usize,
}

impl Size {
    /// So many sessions, and the users that this many have.
    pub(crate) fn of(sessions: usize) -> Self {
        Self { sessions, users: sessions.clamp(1, MOST_USERS) }
    }

    /// The same users, and none of the sessions.
    pub(crate) fn without_sessions(self) -> Self {
        Self { sessions: 0, ..self }
    }
}

/// A database with live sessions.
pub(crate) struct Instance {
    folder: TempDir,
    /// Key and users.
    pub(crate) fixture: Fixture,
    /// The bearers of all sessions.
    pub(crate) bearers: Arc<Tokens>,
}

impl Instance {
    /// Writes everything into an empty folder.
    pub(crate) fn build(folder: TempDir, size: Size) -> Result<Self> {
        screen::note(format_args!(
            "preparing {} sessions of {} users",
            crate::report::grouped(size.sessions),
            crate::report::grouped(size.users)
        ));
        let fixture = Fixture::people_of_many_sessions(size.users, ACCOUNTS)?;
        block_on(fixture.write(folder.path(), &[]))?;
        let keys = TokenKeys::derive(&fixture.master);
        let mut ids = mint(&keys, size.sessions);
        // The table is kept in their order, so that each goes to the end of what is there.
        ids.sort_unstable();
        let now = SystemClock.now();
        let session = |(index, id): (usize, &SessionId)| {
            let user = &fixture.users[index % fixture.users.len()];
            let number_of_user = index / fixture.users.len();
            let session = used_until(now, &Session { id: *id, ..new_session(&keys, user, now) });
            with_dialect(session, user, number_of_user)
        };
        bulk::write(&database(folder.path()), ids.len(), ids.iter().enumerate().map(session))?;
        ensure!(ids.windows(2).all(|two| two[0] != two[1]), "two sessions have the same id");
        let bearers = Arc::new(Tokens::bearers(&keys, &ids));
        Ok(Self { folder, fixture, bearers })
    }

    /// Writes so many entries of the audit besides, of sessions of the same users that are over. The store must not be open.
    pub(crate) fn put_past(&self, entries: usize) -> Result<()> {
        block_on(past::write(self.folder(), &self.fixture.master, &self.fixture.users, entries))
    }

    /// Makes this connection, of the first account, that by which everybody of it came in. The store must not be open.
    pub(crate) fn put_federated_logins(&self, connection: ConnectionId) -> Result<()> {
        bulk::write_federated_logins(&database(self.folder()), Place(0).id(), connection)
    }

    /// The keys of the tokens.
    pub(crate) fn keys(&self) -> TokenKeys {
        TokenKeys::derive(&self.fixture.master)
    }

    /// The ids of all sessions.
    pub(crate) fn ids(&self) -> impl Iterator<Item = SessionId> {
        let keys = self.keys();
        self.bearers.iter().filter_map(move |bearer| keys.read_bearer(bearer))
    }

    /// The ids of all sessions with their users.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = (SessionId, &User)> {
        self.ids().zip(self.fixture.users.iter().cycle())
    }

    /// How many sessions have a last use in the database that is `since` or later. Reads all of them.
    pub(crate) fn written_since(&self, since: Millis) -> Result<u64> {
        let count = vestibule_store_sqlite::count_last_uses_since(&database(self.folder()), since);
        Ok(u64::try_from(count?)?)
    }

    /// Where the database is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Genuine bearers of sessions that do not live: as many as live, up to a million.
    pub(crate) fn unknown(&self) -> Arc<Tokens> {
        let keys = self.keys();
        let ids = mint(&keys, self.bearers.len().clamp(1, MOST_UNKNOWN));
        Arc::new(Tokens::bearers(&keys, &ids))
    }
}

/// How many are enough for a time in which `per_second` are used up at most.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of sessions, of any size"
)]
pub(crate) fn enough_for(per_second: f64, time: Duration) -> usize {
    (per_second * time.as_secs_f64()).clamp(1_000.0, 10_000_000.0) as usize
}

fn mint(keys: &TokenKeys, count: usize) -> Vec<SessionId> {
    (0..count).map(|_| keys.mint_session_id(&OsRng)).collect()
}

/// Every other session of a user is of the `LiveVox` dialect, and the only session of every other user.
fn with_dialect(session: Session, user: &User, number_of_user: usize) -> Session {
    if (number_of_user + usize::try_from(user.number).unwrap_or(0)).is_multiple_of(2) {
        return session;
    }
    let place = Place((user.number - 1) % ACCOUNTS);
    Session { dialect: Dialect::LiveVox, application: Application::Token(place.token()), ..session }
}
