//! The mark of a start: what was used before it may have been used later than the store tells.
//!
//! Last uses are written in turn. What a process that was killed had not written is allowed for here, when a session's end is
//! asked for, and nowhere else: last uses themselves are never moved, so what is allowed for is the same however many starts
//! follow each other.

use std::time::Duration;

use vestibule_model::{Millis, Session};

/// When this process began to answer, and how late last uses are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    at: Millis,
    /// How old a last use may be when it is written.
    written_within: Duration,
}

impl Start {
    pub(crate) const fn new(at: Millis, written_within: Duration) -> Self {
        Self { at, written_within }
    }

    pub(super) const fn at(self) -> Millis {
        self.at
    }

    /// The latest moment at which a session can have been used that is known to have been used at `last_used`: that
    /// moment, if this process saw it; otherwise what may not have been written later, which ended with this start.
    pub(super) fn latest_use(self, last_used: Millis) -> Millis {
        if self.saw(last_used) {
            return last_used;
        }
        last_used.plus(self.written_within).min(self.at)
    }

    /// When a session ends if it is not used again, as it is told at `now`.
    pub(super) fn expires_at(self, session: &Session, now: Millis) -> Millis {
        let last_used = self.latest_use(session.last_used);
        Session { last_used, ..session.clone() }.as_of(now).expires_at()
    }

    /// Whether what happened at `moment` happened in this process.
    pub(super) fn saw(self, moment: Millis) -> bool {
        moment >= self.at
    }

    /// The same start on a clock that was set.
    pub(super) fn moved(self, setting: Setting) -> Self {
        Self { at: setting.of(self.at), ..self }
    }
}

/// A clock that somebody set: what it would have said, and what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) from: Millis,
    pub(crate) to: Millis,
}

impl Setting {
    pub(super) fn is_forward(self) -> bool {
        self.to > self.from
    }

    /// What the clock that was set would have said at a moment of which the other said `moment`.
    pub(super) const fn of(self, moment: Millis) -> Millis {
        let by = self.to.as_unix().saturating_sub(self.from.as_unix());
        Millis::from_unix(moment.as_unix().saturating_add(by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHIN: Duration = Duration::from_secs(30);

    fn at(minutes: u64) -> Millis {
        Millis::EPOCH.plus(Duration::from_mins(minutes))
    }

    #[test]
    fn a_use_that_this_process_saw_is_taken_as_it_is() {
        let start = Start::new(at(60), WITHIN);
        assert_eq!(start.latest_use(at(60)), at(60));
        assert_eq!(start.latest_use(at(90)), at(90));
    }

    #[test]
    fn one_from_before_may_have_been_later_by_what_is_not_written_yet() {
        let start = Start::new(at(60), WITHIN);
        assert_eq!(start.latest_use(at(30)), at(30).plus(WITHIN));
    }

    #[test]
    fn but_not_later_than_the_start() {
        assert_eq!(Start::new(at(60), WITHIN).latest_use(at(60).minus(WITHIN / 3)), at(60));
    }
}
