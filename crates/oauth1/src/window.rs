//! When a signed request counts, and how often (RFC 5849 §3.3).

use std::time::Duration;

use vestibule_model::Millis;

use crate::Problem;

/// How far a timestamp may be from our clock, either way (contract liveperson §3).
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// The timestamps that are taken, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    earliest: Millis,
    latest: Millis,
}

impl Window {
    /// Those near a time.
    pub fn around(now: Millis) -> Self {
        Self { earliest: now.minus(TOLERANCE), latest: now.plus(TOLERANCE) }
    }

    /// Without those from before a time: what was used before then is not known to whoever remembers nothing that old.
    #[must_use]
    pub fn since(self, start: Millis) -> Self {
        Self { earliest: self.earliest.max(start), ..self }
    }

    /// Whether a timestamp is in it.
    pub fn check(self, timestamp: Millis) -> Result<(), Problem> {
        if (self.earliest..=self.latest).contains(&timestamp) {
            return Ok(());
        }
        // In whole seconds, as timestamps are.
        let latest = self.latest.as_unix().div_euclid(1000);
        let earliest = self.earliest.as_unix().saturating_add(999).div_euclid(1000);
        Err(Problem::TimestampRefused { earliest, latest })
    }
}

/// What counts once, of a request whose signature and time are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleUse {
    /// Consumer key, timestamp, nonce and token (RFC 5849 §3.3), so that no two are written alike. Its digest is to be consumed,
    /// together with what else tells two keys apart; if it was consumed before, that is [`Problem::NonceUsed`].
    pub value: Vec<u8>,
    /// From when on the request is refused for its age alone, and the value may be forgotten.
    pub expires: Millis,
}

impl SingleUse {
    pub(crate) fn new(parts: [&str; 4], timestamp: Millis) -> Self {
        let mut value = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
        for part in parts {
            value.extend_from_slice(&(part.len() as u64).to_be_bytes());
            value.extend_from_slice(part.as_bytes());
        }
        Self { value, expires: timestamp.plus(TOLERANCE).plus(Duration::from_millis(1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis::from_unix(1_800_000_000_500);

    fn at(seconds: i64) -> Millis {
        Millis::from_unix(seconds * 1000)
    }

    #[test]
    fn five_minutes_either_way_are_taken() {
        let window = Window::around(NOW);
        for seconds in [1_799_999_701, 1_800_000_000, 1_800_000_300] {
            assert_eq!(window.check(at(seconds)), Ok(()), "{seconds}");
        }
        let refused = Err(Problem::TimestampRefused { earliest: 1_799_999_701, latest: 1_800_000_300 });
        for seconds in [0, 1_799_999_700, 1_800_000_301, i64::MAX / 1000] {
            assert_eq!(window.check(at(seconds)), refused, "{seconds}");
        }
    }

    #[test]
    fn what_is_refused_is_told_as_what_would_be_taken() {
        let window = Window::around(NOW);
        let Err(Problem::TimestampRefused { earliest, latest }) = window.check(at(0)) else {
            panic!("it is taken");
        };
        assert_eq!((window.check(at(earliest)), window.check(at(latest))), (Ok(()), Ok(())));
    }

    #[test]
    fn nothing_is_taken_from_before_the_start() {
        let window = Window::around(NOW).since(Millis::from_unix(1_799_999_990_001));
        let refused = Err(Problem::TimestampRefused { earliest: 1_799_999_991, latest: 1_800_000_300 });
        assert_eq!(window.check(at(1_799_999_990)), refused);
        assert_eq!(window.check(at(1_799_999_991)), Ok(()));
        assert_eq!(window.since(at(0)), window, "an earlier start takes nothing back");
    }

    #[test]
    fn a_value_expires_when_its_time_does() {
        let timestamp = at(1_800_000_000);
        let expires = SingleUse::new(["k", "1800000000", "n", "t"], timestamp).expires;
        assert!(Window::around(expires).check(timestamp).is_err());
        assert!(Window::around(expires.minus(Duration::from_millis(1))).check(timestamp).is_ok());
    }

    #[test]
    fn no_two_values_are_written_alike() {
        let value = |parts| SingleUse::new(parts, NOW).value;
        assert_ne!(value(["a", "b", "c", "d"]), value(["ab", "", "c", "d"]));
        assert_ne!(value(["", "", "", "a"]), value(["a", "", "", ""]));
        assert_eq!(value(["a", "b", "c", "d"]), value(["a", "b", "c", "d"]));
    }
}
