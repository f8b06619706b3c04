//! What happened over the last hours, for people who look: how many sessions there were, logins, checks, hashes of passwords.
//!
//! The counters that metrics show are looked at every ten seconds; what they grew by is kept, for an hour in steps of ten seconds and
//! for two days in steps of five minutes. In memory, of this process, and bounded; nothing here decides anything.

mod capacity;
mod counts;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vestibule_model::{Millis, Monotonic};

pub use capacity::HashCapacity;
pub use counts::FigureCounts;

use crate::service::Auth;

/// How often the counters are looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(10);

/// An hour in steps of ten seconds.
const MOST_FINE: usize = 360;

/// How long a coarse step is.
const COARSE: Duration = Duration::from_mins(5);

/// Two days in steps of five minutes.
const MOST_COARSE: usize = 576;

/// What happened between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FigurePoint {
    /// The later look.
    pub at: Millis,
    /// The time between them, in milliseconds.
    pub millis: u64,
    /// How many sessions there were at the later one.
    pub sessions: u64,
    /// What happened meanwhile.
    pub counts: FigureCounts,
}

impl FigurePoint {
    /// This and what came after it, as one.
    #[must_use]
    pub fn and(self, after: Self) -> Self {
        let millis = self.millis.saturating_add(after.millis);
        Self { millis, counts: self.counts.plus(after.counts), ..after }
    }
}

/// What is known of the time until now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The last hour, oldest first.
    pub hour: Vec<FigurePoint>,
    /// The last two days, oldest first; the last minutes are not in it.
    pub two_days: Vec<FigurePoint>,
    /// What the hash threads can do; None: too few passwords were hashed in the last hour to tell.
    pub hashing: Option<HashCapacity>,
    /// Whether requests are counted, without which there are no logins and checks in it.
    pub counts_requests: bool,
}

/// What the looks have found.
#[derive(Default)]
pub(crate) struct FigureHistory(Mutex<Looks>);

#[derive(Default)]
struct Looks {
    last: Option<(Monotonic, FigureCounts)>,
    fine: VecDeque<FigurePoint>,
    coarse: VecDeque<FigurePoint>,
    /// The coarse step that is not over.
    begun: Option<FigurePoint>,
}

impl FigureHistory {
    /// Notes what the counters say now. What they said at the first look happened before.
    fn note(&self, at: Millis, monotonic: Monotonic, sessions: u64, total: FigureCounts) {
        let mut looks = self.looks();
        let Some((then, before)) = looks.last.replace((monotonic, total)) else { return };
        let millis = u64::try_from(monotonic.since(then).as_millis()).unwrap_or(u64::MAX);
        let point = FigurePoint { at, millis, sessions, counts: total.since(before) };
        push(&mut looks.fine, point, MOST_FINE);
        let step = looks.begun.take().map_or(point, |begun| begun.and(point));
        if u128::from(step.millis) >= COARSE.as_millis() {
            push(&mut looks.coarse, step, MOST_COARSE);
        } else {
            looks.begun = Some(step);
        }
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn push(points: &mut VecDeque<FigurePoint>, point: FigurePoint, most: usize) {
    if points.len() == most {
        points.pop_front();
    }
    points.push_back(point);
}

impl Auth {
    /// Looks at the counters, and notes what they grew by since the last look.
    pub fn note_figures(&self) {
        let sessions = u64::try_from(self.session_count()).unwrap_or(u64::MAX);
        let total = FigureCounts::of(&self.traffic, &self.hash_pool_gauges());
        self.figures.note(self.clock.now(), self.clock.monotonic(), sessions, total);
    }

    /// What the looks have found until now.
    pub(crate) fn figures(&self) -> Figures {
        let looks = self.figures.looks();
        Figures {
            hour: looks.fine.iter().copied().collect(),
            two_days: looks.coarse.iter().copied().collect(),
            hashing: HashCapacity::of(&looks.fine, self.hash_pool_gauges().threads),
            counts_requests: self.traffic.is_counting(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(logins: u64) -> FigureCounts {
        FigureCounts { logins, ..FigureCounts::default() }
    }

    /// Looks every ten seconds at a counter of logins.
    fn looked_at(totals: impl IntoIterator<Item = u64>) -> FigureHistory {
        let history = FigureHistory::default();
        for (number, total) in (0..).zip(totals) {
            let since = LOOK_EVERY * number;
            let at = Millis::from_unix(0).plus(since);
            history.note(at, Monotonic::after_beginning(since), 7, counts(total));
        }
        history
    }

    fn logins(points: &VecDeque<FigurePoint>) -> Vec<u64> {
        points.iter().map(|point| point.counts.logins).collect()
    }

    #[test]
    fn what_was_counted_before_the_first_look_is_of_no_step() {
        let history = looked_at([1_000, 1_003, 1_003]);
        assert_eq!(logins(&history.looks().fine), [3, 0]);
    }

    #[test]
    fn a_step_says_when_it_ended_and_how_long_it_was() {
        let history = looked_at([0, 2]);
        let point =
            FigurePoint { at: Millis::from_unix(10_000), millis: 10_000, sessions: 7, counts: counts(2) };
        assert_eq!(history.looks().fine, [point]);
    }

    #[test]
    fn an_hour_is_kept_in_small_steps_and_two_days_in_large_ones() {
        let history = looked_at(0..3 * 24 * 360);
        let looks = history.looks();
        assert_eq!((looks.fine.len(), looks.coarse.len()), (MOST_FINE, MOST_COARSE));
        assert_eq!(looks.coarse.back().map(|step| (step.millis, step.counts.logins)), Some((300_000, 30)));
        assert_eq!(looks.fine.back().map(|step| step.counts.logins), Some(1));
    }

    proptest! {
        #[test]
        fn large_steps_have_what_the_small_ones_have(grown in prop::collection::vec(0_u64..1_000, 0..360)) {
            let mut total = 0;
            let history = looked_at(std::iter::once(0).chain(grown.iter().map(|by| {
                total += by;
                total
            })));
            let looks = history.looks();
            let in_large = logins(&looks.coarse).iter().sum::<u64>() + looks.begun.map_or(0, |begun| begun.counts.logins);
            prop_assert_eq!(in_large, grown.iter().sum::<u64>());
            prop_assert_eq!(logins(&looks.fine), grown);
        }
    }
}
