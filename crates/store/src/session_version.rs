//! The sessions of a user as an opening is decided on them, and the version by which two decisions on the same sessions meet.

use vestibule_model::{AccountId, SessionId, UserId};

use crate::StoredSession;

/// The sessions of a user, and the version that they have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserSessions {
    /// Every session of the user that the store has, expired or not.
    pub sessions: Vec<StoredSession>,
    /// Read in one snapshot with them.
    pub version: SessionsVersion,
}

/// The version of a user's sessions. It is of no decision that was made before when one of its parts has moved: each moves by one,
/// and never back. Where nothing has happened yet it is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionsVersion {
    /// Moved by each opening that was decided on it, and by ends of the user's sessions.
    pub user: i64,
    /// Moved by ends of many sessions of the account.
    pub account: i64,
    /// Moved by ends of many sessions of whatever account.
    pub installation: i64,
}

/// What a login decided on the sessions of its user: a session is opened, or one that lives is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionsDecision {
    /// The account of the user.
    pub account: AccountId,
    /// Whose sessions.
    pub user: UserId,
    /// The version that they had.
    pub version: SessionsVersion,
    /// The session of the user that the login is given, if it is given one.
    pub given: Option<SessionId>,
}
