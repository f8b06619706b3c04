//! The mark of a start: what was used before it may have been used later than the store tells.
//!
//! Last uses are written in batches, and only when they have moved far enough. What a process that was killed had not
//! written is allowed for here, when a session's end is asked for, and nowhere else: last uses themselves are never
//! moved, so what is allowed for is the same however many starts follow each other.

use std::time::Duration;

use vestibule_model::{Millis, Session};

use super::entry::written_lag;

/// When this process began to answer, and how late last uses are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    at: Millis,
    /// How long a last use that has moved far enough waits to be written.
    written_every: Duration,
}

impl Start {
    pub(crate) const fn new(at: Millis, written_every: Duration) -> Self {
        Self { at, written_every }
    }

    pub(super) const fn at(self) -> Millis {
        self.at
    }

    /// The latest moment at which a session can have been used that is known to have been used at `last_used`: that
    /// moment, if this process saw it; otherwise what may not have been written later, which ended with this start.
    pub(super) fn latest_use(self, last_used: Millis, idle: Duration) -> Millis {
        if self.saw(last_used) {
            return last_used;
        }
        last_used.plus(self.written_every + written_lag(idle)).min(self.at)
    }

    /// When a session ends if it is not used again, as it is told at `now`.
    pub(super) fn expires_at(self, session: &Session, now: Millis) -> Millis {
        let last_used = self.latest_use(session.last_used, session.idle);
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

    const IDLE: Duration = Duration::from_hours(2);
    const BATCH: Duration = Duration::from_secs(2);

    fn at(minutes: u64) -> Millis {
        Millis::EPOCH.plus(Duration::from_mins(minutes))
    }

    #[test]
    fn a_use_that_this_process_saw_is_taken_as_it_is() {
        let start = Start::new(at(60), BATCH);
        assert_eq!(start.latest_use(at(60), IDLE), at(60));
        assert_eq!(start.latest_use(at(90), IDLE), at(90));
    }

    #[test]
    fn one_from_before_may_have_been_later_by_what_is_not_written_yet() {
        let start = Start::new(at(60), BATCH);
        assert_eq!(start.latest_use(at(30), IDLE), at(30).plus(BATCH + IDLE / 64));
    }

    #[test]
    fn but_not_later_than_the_start() {
        assert_eq!(Start::new(at(60), BATCH).latest_use(at(59), IDLE), at(60));
    }
}
