//! Sessions as a store keeps them: numbered in the order of opening, with their last uses beside them.

use std::fmt;

use vestibule_model::{Millis, Session};

/// The number of a session. A store gives each that is opened a higher one than any that it has given, also to those that have ended;
/// not every number is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNumber(pub u64);

/// How many sessions have consecutive numbers in one block of last uses. Whoever writes many uses hands those of a block in
/// together: a store may keep a block in one row.
pub const BLOCK: u64 = 1_000;

impl SessionNumber {
    /// The block of last uses that it is in.
    pub const fn block(self) -> u64 {
        self.0 / BLOCK
    }
}

impl fmt::Display for SessionNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// A session and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Where it stands in the order of opening.
    pub number: SessionNumber,
    /// The session, with the last use that is known.
    pub session: Session,
}

/// The last use of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// Of which session.
    pub number: SessionNumber,
    /// When.
    pub at: Millis,
}
