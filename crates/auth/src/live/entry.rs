//! A session as the table keeps it: what its holder tells is not repeated, the rest is packed.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use vestibule_model::{
    AccountId, Application, ApplicationId, AuthenticationMethod, Dialect, Millis, SecretVersion, Session,
    SessionId, UserId,
};
use vestibule_store::{SessionNumber, StoredSession};

use super::TURNS;
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

/// A session in the table. What a check reads are its first 64 bytes, as much as a cache line.
#[repr(C)]
pub(crate) struct Entry<H> {
    pub(crate) holder: Arc<H>,
    pub(crate) id: SessionId,
    pub(crate) last_used: Millis,
    /// None: the end of time.
    absolute_end: Millis,
    application_id: i64,
    idle_seconds: u32,
    number: PackedNumber,
    /// Where it stands in the ring of expiry.
    pub(crate) bucket: u16,
    pub(crate) secret_version: SecretVersion,
    pub(crate) method: AuthenticationMethod,
    pub(crate) dialect: Dialect,
    flags: Flags,
    /// As the flags say.
    address: [u8; 16],
    created: Millis,
    pub(crate) links: [Links; LISTS],
}

/// Six bytes: enough for twenty thousand logins a second for four centuries.
#[derive(Clone, Copy)]
struct PackedNumber([u8; 6]);

impl PackedNumber {
    fn new(number: SessionNumber) -> Self {
        let [low @ .., _, _] = number.0.to_le_bytes();
        Self(low)
    }

    fn number(self) -> SessionNumber {
        let mut number = [0; 8];
        number[..6].copy_from_slice(&self.0);
        SessionNumber(u64::from_le_bytes(number))
    }
}

/// What takes less than a byte each: two bits for the kind of application, two for the form of the address, one for whether the
/// session was used since last uses were written.
#[derive(Clone, Copy)]
struct Flags(u8);

impl Flags {
    const API_KEY: u8 = 1;
    const OAUTH_CLIENT: u8 = 2;
    const TOKEN: u8 = 3;
    const APPLICATION: u8 = 3;
    const V4: u8 = 1 << 2;
    const V6: u8 = 2 << 2;
    const ADDRESS: u8 = 3 << 2;
    const USED: u8 = 1 << 4;
}

/// No absolute end.
const NEVER: Millis = Millis::from_unix(i64::MAX);

impl<H: Holder> Entry<H> {
    pub(crate) fn new(stored: &StoredSession, holder: Arc<H>) -> Self {
        let session = &stored.session;
        let (application, application_id) = match session.application {
            Application::None => (0, 0),
            Application::ApiKey(id) => (Flags::API_KEY, id.0),
            Application::OauthClient(id) => (Flags::OAUTH_CLIENT, id.0),
            Application::Token(id) => (Flags::TOKEN, id.0),
        };
        let (form, address) = match session.address {
            None => (0, [0; 16]),
            Some(IpAddr::V4(address)) => (Flags::V4, address.to_ipv6_mapped().octets()),
            Some(IpAddr::V6(address)) => (Flags::V6, address.octets()),
        };
        Self {
            id: session.id,
            holder,
            last_used: session.last_used,
            idle_seconds: u32::try_from(session.idle.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX),
            number: PackedNumber::new(stored.number),
            absolute_end: session.absolute_end.unwrap_or(NEVER),
            created: session.created,
            application_id,
            address,
            flags: Flags(application | form),
            secret_version: session.secret_version,
            method: session.method,
            dialect: session.dialect,
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
            address: self.address(),
            created: self.created,
            last_used: self.last_used,
            idle: self.idle(),
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
        match self.flags.0 & Flags::APPLICATION {
            Flags::API_KEY => Application::ApiKey(id),
            Flags::OAUTH_CLIENT => Application::OauthClient(id),
            Flags::TOKEN => Application::Token(id),
            _ => Application::None,
        }
    }

    /// From where it was opened.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        let address = Ipv6Addr::from(self.address);
        match self.flags.0 & Flags::ADDRESS {
            Flags::V4 => address.to_ipv4_mapped().map(IpAddr::V4),
            Flags::V6 => Some(IpAddr::V6(address)),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> SessionNumber {
        self.number.number()
    }

    /// At which turn its last use is written.
    pub(crate) fn turn(&self) -> usize {
        usize::try_from(self.number().block()).unwrap_or_default() % TURNS
    }

    /// Whether it was used since last uses were written; it is from here on.
    pub(crate) fn set_used(&mut self) -> bool {
        let before = self.flags.0 & Flags::USED != 0;
        self.flags.0 |= Flags::USED;
        before
    }

    /// Whether it was used since last uses were written; it is written from here on.
    pub(crate) fn take_used(&mut self) -> bool {
        let before = self.flags.0 & Flags::USED != 0;
        self.flags.0 &= !Flags::USED;
        before
    }

    /// Whether it was not used for an eighth of its idle limit.
    pub(crate) fn has_paused(&self, now: Millis) -> bool {
        let an_eighth = i64::from(self.idle_seconds) * 1_000 / 8;
        now.as_unix().saturating_sub(self.last_used.as_unix()) >= an_eighth
    }

    fn idle(&self) -> Duration {
        Duration::from_secs(u64::from(self.idle_seconds))
    }

    /// When it was opened.
    pub(crate) fn created(&self) -> Millis {
        self.created
    }

    /// The first moment at which it is dead if it is not used again.
    pub(crate) fn expires_at(&self, start: Start) -> Millis {
        start.latest_use(self.last_used).plus(self.idle()).min(self.absolute_end)
    }

    /// The same as it is told at `now`; as [`Session::as_of`].
    pub(crate) fn expires_as_of(&self, now: Millis, start: Start) -> Millis {
        let last_used = start.latest_use(self.last_used).min(now);
        let absolute_end = match self.absolute_end {
            NEVER => NEVER,
            end => end.minus(self.created.since(now)),
        };
        last_used.plus(self.idle()).min(absolute_end)
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
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a million sessions cost is this, and what the indexes take for each (ADR 12).
    #[test]
    fn a_session_takes_112_bytes() {
        assert_eq!(size_of::<Option<Entry<()>>>(), 112);
        assert_eq!(
            std::mem::offset_of!(Entry<()>, address),
            64,
            "what a check reads is more than a cache line"
        );
    }

    #[test]
    fn a_number_of_six_bytes_is_kept() {
        let number = SessionNumber((1 << 48) - 1);
        assert_eq!(PackedNumber::new(number).number(), number);
    }
}
