//! A session as the table keeps it: what its holder tells is not repeated, the rest is packed.

use std::net::IpAddr;
use std::time::Duration;

use vestibule_model::{
    AccountId, Application, ApplicationId, AuthenticationMethod, Dialect, Millis, SecretVersion, Session,
    SessionId, UserId,
};

use super::index::Name;
use super::list::{LISTS, Links};
use super::start::{Setting, Start};
use crate::sync::Arc;

/// Whose session it is. The directory's word, shared by all sessions of a user.
pub(crate) trait Holder {
    fn user(&self) -> UserId;
    fn account(&self) -> AccountId;
    /// The credential version of every session that has this holder.
    fn credential_version(&self) -> i64;
}

/// A session in the table: two cache lines, the first with what a check reads.
#[repr(C)]
pub(crate) struct Entry<H> {
    pub(crate) holder: Arc<H>,
    pub(crate) id: SessionId,
    pub(crate) last_used: Millis,
    /// Milliseconds.
    idle: u64,
    /// None: the end of time.
    absolute_end: Millis,
    application_id: i64,
    application_kind: ApplicationKind,
    pub(crate) method: AuthenticationMethod,
    pub(crate) dialect: Dialect,
    /// Used since last uses were written.
    pub(crate) touched: bool,
    /// Where it stands in the ring of expiry.
    pub(crate) bucket: u16,
    pub(crate) secret_version: SecretVersion,
    address: Option<IpAddr>,
    pub(crate) reference: Name,
    created: Millis,
    pub(crate) links: [Links; LISTS],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ApplicationKind {
    None,
    ApiKey,
    OauthClient,
    Token,
}

/// No absolute end.
const NEVER: Millis = Millis::from_unix(i64::MAX);

impl<H: Holder> Entry<H> {
    pub(crate) fn new(session: &Session, reference: Name, holder: Arc<H>) -> Self {
        let (application_kind, application_id) = match session.application {
            Application::None => (ApplicationKind::None, 0),
            Application::ApiKey(id) => (ApplicationKind::ApiKey, id.0),
            Application::OauthClient(id) => (ApplicationKind::OauthClient, id.0),
            Application::Token(id) => (ApplicationKind::Token, id.0),
        };
        Self {
            id: session.id,
            reference,
            holder,
            last_used: session.last_used,
            idle: u64::try_from(session.idle.as_millis()).unwrap_or(u64::MAX),
            absolute_end: session.absolute_end.unwrap_or(NEVER),
            created: session.created,
            application_id,
            address: session.address,
            application_kind,
            secret_version: session.secret_version,
            method: session.method,
            dialect: session.dialect,
            touched: false,
            bucket: 0,
            links: [Links::default(); LISTS],
        }
    }

    /// The session as it is now.
    pub(crate) fn session(&self) -> Session {
        Session {
            id: self.id,
            account: self.holder.account(),
            user: self.holder.user(),
            application: self.application(),
            secret_version: self.secret_version,
            method: self.method,
            dialect: self.dialect,
            address: self.address,
            created: self.created,
            last_used: self.last_used,
            idle: Duration::from_millis(self.idle),
            absolute_end: (self.absolute_end != NEVER).then_some(self.absolute_end),
            credential_version: self.holder.credential_version(),
        }
    }

    pub(crate) fn user(&self) -> UserId {
        self.holder.user()
    }
}

impl<H> Entry<H> {
    pub(crate) fn application(&self) -> Application {
        let id = ApplicationId(self.application_id);
        match self.application_kind {
            ApplicationKind::None => Application::None,
            ApplicationKind::ApiKey => Application::ApiKey(id),
            ApplicationKind::OauthClient => Application::OauthClient(id),
            ApplicationKind::Token => Application::Token(id),
        }
    }

    /// From where it was opened.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// When it was opened.
    pub(crate) fn created(&self) -> Millis {
        self.created
    }

    /// The first moment at which it is dead if it is not used again.
    pub(crate) fn expires_at(&self, start: Start) -> Millis {
        let idle = Duration::from_millis(self.idle);
        start.latest_use(self.last_used, idle).plus(idle).min(self.absolute_end)
    }

    /// The same as it is told at `now`; as [`Session::as_of`].
    pub(crate) fn expires_as_of(&self, now: Millis, start: Start) -> Millis {
        let idle = Duration::from_millis(self.idle);
        let last_used = start.latest_use(self.last_used, idle).min(now);
        let absolute_end = match self.absolute_end {
            NEVER => NEVER,
            end => end.minus(self.created.since(now)),
        };
        last_used.plus(idle).min(absolute_end)
    }

    pub(crate) fn is_live(&self, now: Millis, start: Start) -> bool {
        now < self.expires_at(start)
    }

    /// What this process saw happened at other times, by a clock that was set; what it read from the store did not. Tells
    /// whether the last use was seen.
    pub(crate) fn move_times(&mut self, start: Start, setting: Setting) -> bool {
        if start.saw(self.created) {
            self.created = setting.of(self.created);
            if self.absolute_end != NEVER {
                self.absolute_end = setting.of(self.absolute_end);
            }
        }
        let seen = start.saw(self.last_used);
        if seen {
            self.last_used = setting.of(self.last_used);
        }
        seen
    }

    /// Slides `last_used`; tells whether it has moved so far that it has to be written. Steps are at other times for
    /// each session, so that those who are used together are not written together.
    pub(crate) fn slide(&mut self, now: Millis) -> bool {
        let step = i64::try_from(written_step(self.idle)).unwrap_or(i64::MAX);
        let phase = i64::from(u16::from_le_bytes([self.id.0[14], self.id.0[15]])) * 61;
        let number = |at: Millis| at.as_unix().saturating_add(phase).div_euclid(step);
        let before = std::mem::replace(&mut self.last_used, now);
        number(before) != number(now)
    }
}

/// How far the last use of a session that lives unused for `idle` may be ahead of the one that is written: a 64th. Being
/// written costs a page of the database, however often a session is used.
pub(crate) fn written_lag(idle: Duration) -> Duration {
    Duration::from_millis(written_step(u64::try_from(idle.as_millis()).unwrap_or(u64::MAX)))
}

const fn written_step(idle: u64) -> u64 {
    if idle < 64 { 1 } else { idle / 64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a million sessions cost is this, and what the indexes take for each (ADR 12).
    #[test]
    fn a_session_takes_two_cache_lines() {
        assert_eq!(size_of::<Option<Entry<()>>>(), 128);
    }

    #[test]
    fn what_is_written_may_lag_by_a_64th_of_the_idle_limit_and_by_a_millisecond_at_least() {
        let lag = |idle| written_lag(Duration::from_millis(idle)).as_millis();
        assert_eq!([0, 1, 63, 64, 128, 6_400].map(lag), [1, 1, 1, 1, 2, 100]);
    }
}
