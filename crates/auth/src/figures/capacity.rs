//! What the hash threads can do, and how much of it they do.

use std::collections::VecDeque;

use super::FigurePoint;

/// Fewer hashes tell nothing about those to come.
const ENOUGH: u64 = 20;

/// How many of the last steps tell what is done now: a minute.
const NOW: usize = 6;

/// What the hash threads can do: each login by password needs one of them for as long as a hash takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCapacity {
    /// How long a hash took in the last hour, in microseconds, on average.
    pub hash_micros: u64,
    /// How many passwords can be hashed in a thousand seconds.
    pub most_per_1000_seconds: u64,
    /// How much of that was done in the last minute, in thousandths.
    pub used_thousandths: u64,
}

impl HashCapacity {
    /// By the steps of the last hour; None: they say too little.
    pub(super) fn of(hour: &VecDeque<FigurePoint>, threads: usize) -> Option<Self> {
        let hashes: u64 = hour.iter().map(|point| point.counts.hashes).sum();
        let busy: u64 = hour.iter().map(|point| point.counts.hash_busy_micros).sum();
        if hashes < ENOUGH || busy == 0 {
            return None;
        }
        let threads = u64::try_from(threads).unwrap_or(u64::MAX);
        let now = hour.iter().rev().take(NOW);
        let (worked, could) = now.fold((0, 0), |(worked, could), point| {
            (worked + point.counts.hash_busy_micros, could + point.millis.saturating_mul(1_000 * threads))
        });
        Some(Self {
            hash_micros: busy / hashes,
            most_per_1000_seconds: threads.saturating_mul(1_000_000_000).saturating_mul(hashes) / busy,
            used_thousandths: worked.saturating_mul(1_000).checked_div(could).unwrap_or_default().min(1_000),
        })
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::Millis;

    use super::super::FigureCounts;
    use super::*;

    /// Steps of ten seconds with so many hashes of 50 ms each.
    fn hour(hashes: &[u64]) -> VecDeque<FigurePoint> {
        let counts =
            |hashes| FigureCounts { hashes, hash_busy_micros: 50_000 * hashes, ..FigureCounts::default() };
        let at = Millis::from_unix(0);
        let point = |hashes: &u64| FigurePoint { at, millis: 10_000, sessions: 0, counts: counts(*hashes) };
        hashes.iter().map(point).collect()
    }

    #[test]
    fn nothing_is_said_before_enough_was_measured() {
        assert_eq!(HashCapacity::of(&hour(&[19]), 2), None);
        assert!(HashCapacity::of(&hour(&[19, 1]), 2).is_some());
        assert_eq!(HashCapacity::of(&VecDeque::new(), 2), None);
    }

    #[test]
    fn two_threads_with_hashes_of_50_ms_can_do_40_a_second() {
        let capacity = HashCapacity::of(&hour(&[100]), 2).unwrap();
        assert_eq!((capacity.hash_micros, capacity.most_per_1000_seconds), (50_000, 40_000));
        assert_eq!(capacity.used_thousandths, 250, "5 of 20 seconds");
    }

    #[test]
    fn what_is_used_is_that_of_the_last_minute() {
        let capacity = HashCapacity::of(&hour(&[400, 0, 0, 0, 0, 0, 0]), 2).unwrap();
        assert_eq!(capacity.used_thousandths, 0);
    }
}
