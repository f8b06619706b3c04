//! What an identity provider calls the login that a session was opened by: so that it can end that session.

use vestibule_model::{ConnectionId, Millis, SessionId};

/// A login at an identity provider by which a session was opened, or was given to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FederatedLogin {
    /// The session here.
    pub session: SessionId,
    /// The connection that it was opened by.
    pub connection: ConnectionId,
    /// Whom the identity provider named, as a digest.
    pub subject: [u8; 32],
    /// The session there, as a digest, if it has a name.
    pub session_index: Option<[u8; 32]>,
    /// When what it was opened by was issued, by the identity provider's clock.
    pub issued_at: Millis,
}

/// Which logins at an identity provider: those of a connection that have all that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FederatedLogins {
    /// Of which connection.
    pub connection: ConnectionId,
    /// Of whom; None: of everybody.
    pub subject: Option<[u8; 32]>,
    /// Of which session there; None: of every one, and of those without a name.
    pub session_index: Option<[u8; 32]>,
}

impl FederatedLogins {
    /// Whether this is one of them.
    pub fn include(&self, login: &FederatedLogin) -> bool {
        login.connection == self.connection
            && self.subject.is_none_or(|subject| login.subject == subject)
            && self.session_index.is_none_or(|index| login.session_index == Some(index))
    }
}

/// A logout at an identity provider: what was issued before it of these logins opens no session any more (SAML core §3.7.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FederatedLogout {
    /// Which logins are over.
    pub logins: FederatedLogins,
    /// When the logout was issued, by the identity provider's clock.
    pub issued_at: Millis,
    /// From when on it may be forgotten.
    pub kept_until: Millis,
}
