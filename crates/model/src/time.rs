//! Points in time, and the clock that is handed to whoever needs one.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since the Unix epoch, UTC. Arithmetic saturates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(i64);

impl Millis {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);

    /// From milliseconds since the Unix epoch.
    pub const fn from_unix(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    /// This point moved into the future; saturates at the end of time.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis_of(span)))
    }

    /// This point moved into the past; saturates at the beginning of time.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis_of(span)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// A point in time as people read it: ISO 8601 (RFC 3339) in UTC, to the millisecond where there are any; beyond every calendar the number of milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utc(pub Millis);

impl fmt::Display for Utc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0.0) {
            Ok(time) => time.fmt(out),
            Err(_) => self.0.fmt(out),
        }
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

fn millis_of(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// A point on a clock that nobody sets: the time since a beginning that is the same for the life of the process. What is
/// measured or limited within a process goes by it; what is stored or shown does not, for it says no time of day.
/// Arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Monotonic(Duration);

impl Monotonic {
    /// So long after the beginning.
    pub const fn after_beginning(span: Duration) -> Self {
        Self(span)
    }

    /// This point moved into the future; saturates at the end of time.
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// This point moved into the past; saturates at the beginning.
    #[must_use]
    pub const fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Tells the time. The program has one that reads the machine's clock, tests have one that they turn.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Millis;

    /// The same moment on a clock that nobody sets. It goes on while the machine sleeps.
    fn monotonic(&self) -> Monotonic;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plus_then_since_gives_the_span_back(start in 0_i64..4_000_000_000_000, span in 0_u64..1_000_000_000_000) {
            let span = Duration::from_millis(span);
            let start = Millis::from_unix(start);
            prop_assert_eq!(start.plus(span).since(start), span);
            prop_assert_eq!(start.plus(span).minus(span), start);
        }

        #[test]
        fn arithmetic_never_overflows(start in any::<i64>(), span in any::<u64>()) {
            let start = Millis::from_unix(start);
            let span = Duration::from_millis(span);
            prop_assert!(start.plus(span) >= start);
            prop_assert!(start.minus(span) <= start);
        }
    }

    #[test]
    fn a_time_is_told_in_utc_and_beyond_every_calendar_as_a_number() {
        let told = |at| Utc(Millis::from_unix(at)).to_string();
        assert_eq!(told(1_790_000_000_123), "2026-09-21T14:13:20.123Z");
        assert_eq!(told(i64::MAX), i64::MAX.to_string());
    }

    #[test]
    fn since_a_later_point_is_zero() {
        assert_eq!(Millis::from_unix(1).since(Millis::from_unix(2)), Duration::ZERO);
    }
}
