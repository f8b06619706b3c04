//! What one measurement gave, and what is said of several: medians, because machines are noisy.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One measurement.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Round {
    /// How many were done.
    pub(crate) done: u64,
    /// How many a server with too much to do turned away.
    pub(crate) turned_away: u64,
    /// In which time.
    pub(crate) seconds: f64,
    /// The processor time of what was measured, user's and system's.
    pub(crate) cpu_seconds: f64,
    /// How long half of them took at most, in microseconds.
    pub(crate) p50_us: f64,
    /// How long 99 % took at most.
    pub(crate) p99_us: f64,
    /// How long 99.9 % took at most.
    pub(crate) p999_us: f64,
}

impl Round {
    /// `latencies` in nanoseconds, in any order, one for each that was done.
    pub(crate) fn new(mut latencies: Vec<u64>, elapsed: Duration, cpu: Duration) -> Self {
        latencies.sort_unstable();
        let percentile = |of_thousand| float(percentile(&latencies, of_thousand)) / 1_000.0;
        Self {
            done: latencies.len() as u64,
            turned_away: 0,
            seconds: elapsed.as_secs_f64(),
            cpu_seconds: cpu.as_secs_f64(),
            p50_us: percentile(500),
            p99_us: percentile(990),
            p999_us: percentile(999),
        }
    }

    /// How many in a second.
    pub(crate) fn per_second(&self) -> f64 {
        float(self.done) / self.seconds
    }

    /// How many in a second, if so many were done in this time.
    pub(crate) fn rate(done: u64, time: Duration) -> f64 {
        float(done) / time.as_secs_f64()
    }

    /// How long so many take at this rate.
    pub(crate) fn seconds_for(done: u64, per_second: f64) -> f64 {
        float(done) / per_second
    }

    /// Processor time for each, in microseconds.
    pub(crate) fn cpu_us(&self) -> f64 {
        1_000_000.0 * self.cpu_seconds / float(self.done.max(1))
    }

    /// How much of its core what was measured has used: 1 is all of it.
    pub(crate) fn busy(&self) -> f64 {
        self.cpu_seconds / self.seconds
    }
}

/// Nanoseconds, for [`Round::new`].
pub(crate) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// The least value that so many thousandths do not exceed; 0 when there is none.
fn percentile(sorted: &[u64], of_thousand: usize) -> u64 {
    let rank = (sorted.len() * of_thousand).div_ceil(1_000).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

/// The same of several measurements.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    /// The one in the middle.
    pub(crate) median: f64,
    /// The least.
    pub(crate) low: f64,
    /// The most.
    pub(crate) high: f64,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let last = sorted.len().saturating_sub(1);
        Self { median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), low: at(0), high: at(last) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds are far below 2^53")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let sorted: Vec<u64> = (1..=1_000).collect();
        assert_eq!([500, 990, 999].map(|of| percentile(&sorted, of)), [500, 990, 999]);
        assert_eq!([500, 990, 999].map(|of| percentile(&[7, 9], of)), [7, 9, 9]);
        assert_eq!(percentile(&[], 500), 0);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        let spread = Spread::of([4.0, 1.0, 2.0, 3.0]);
        assert!((spread.median - 2.5).abs() < f64::EPSILON);
        assert!((spread.low - 1.0).abs() < f64::EPSILON && (spread.high - 4.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_round_tells_rate_and_cost() {
        let round = Round::new(vec![2_000; 100], Duration::from_secs(2), Duration::from_secs(1));
        assert!((round.per_second() - 50.0).abs() < 1e-9);
        assert!((round.cpu_us() - 10_000.0).abs() < 1e-9);
        assert!((round.busy() - 0.5).abs() < 1e-9 && (round.p50_us - 2.0).abs() < 1e-9);
    }
}
