//! Secrets of applications that are renewed: the ones before them work for a while beside them. Those are called superseded;
//! on the wire and in the audit, `previous_values`.

use std::time::Duration;

use crate::Millis;

/// What an application proved itself by before its secrets were renewed, and still may for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Superseded<V> {
    /// The values.
    pub values: V,
    /// The first moment at which they do not count any more.
    pub until: Millis,
}

/// The longest time for which old and new secrets may both work: longer is no renewal.
pub const LONGEST_OVERLAP: Duration = Duration::from_hours(24 * 90);

impl<V> Superseded<V> {
    /// Whether the values still count at `now`.
    pub fn counts(&self, now: Millis) -> bool {
        now < self.until
    }

    /// Whether the values are to be erased at `now`, by a clock that is right: they do not count any more, or until a time
    /// that is further away than any overlap, which only a clock that was wrong can have set.
    pub fn is_over(&self, now: Millis) -> bool {
        !self.counts(now) || self.until > now.plus(LONGEST_OVERLAP)
    }

    /// The same without the values.
    pub const fn overlap(&self) -> Superseded<()> {
        Superseded { values: (), until: self.until }
    }
}

/// Which of an application's secrets, in the order in which it had them: counted modulo 256. Sessions rest on one of them.
///
/// At most two work at a time, and sessions of others have ended when a number comes round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretVersion(pub u8);

impl SecretVersion {
    /// That of the next secrets.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// That of the secrets before them.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.wrapping_sub(1))
    }

    /// Whether what rests on `self` may go on at `now`, where the application's secrets are those of `present` and those
    /// before them, if any, are `superseded`.
    pub fn counts<V>(self, present: Self, superseded: Option<&Superseded<V>>, now: Millis) -> bool {
        self == present || self == present.before() && superseded.is_some_and(|before| before.counts(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(version: u8, present: u8, until: Option<i64>) -> bool {
        let superseded = until.map(|until| Superseded { values: (), until: Millis::from_unix(until) });
        SecretVersion(version).counts(SecretVersion(present), superseded.as_ref(), Millis::from_unix(100))
    }

    #[test]
    fn the_present_secrets_count_whatever_was_before_them() {
        assert_eq!([None, Some(99), Some(101)].map(|until| counting(7, 7, until)), [true; 3]);
    }

    #[test]
    fn superseded_secrets_count_until_their_end_and_not_at_it() {
        let ends = [None, Some(99), Some(100), Some(101)];
        assert_eq!(ends.map(|until| counting(6, 7, until)), [false, false, false, true]);
        assert!(counting(255, 0, Some(101)), "the number comes round");
    }

    #[test]
    fn f3_an_end_that_no_overlap_has_is_over() {
        let now = Millis::from_unix(1_000);
        let is_over = |until| Superseded { values: (), until }.is_over(now);
        let longest = now.plus(LONGEST_OVERLAP);
        let ends = [now, now.plus(Duration::from_millis(1)), longest, longest.plus(Duration::from_millis(1))];
        assert_eq!(ends.map(is_over), [true, false, false, true]);
    }

    #[test]
    fn no_others_count() {
        let all = (0..=u8::MAX).filter(|version| counting(*version, 7, Some(101)));
        assert_eq!(all.collect::<Vec<u8>>(), [6, 7]);
    }
}
