//! Notices a clock that somebody sets. Removing expired sessions cannot be undone, so it waits until the clock can be
//! trusted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vestibule_model::{Clock, Millis, Monotonic};

use crate::feed::GatewayEvent;
use crate::live::Setting;
use crate::service::Auth;

/// What is more than this between two looks was set; less is a clock that is being corrected, or ours that is late.
const SET: Duration = Duration::from_secs(1);

/// How far the clock may go astray between two looks, or be ahead of what is stored at the start, and be trusted:
/// corrections of a clock that runs well are smaller.
const TOLERANCE: Duration = Duration::from_mins(5);

/// How long nothing is trusted after a jump: time for an operator to set the clock right.
const HOLD: Duration = Duration::from_hours(1);

/// Compares the clock with one that cannot be set.
#[derive(Debug, Default)]
struct SteadyClock {
    last: Option<(Millis, Monotonic)>,
    trusted_from: Monotonic,
}

impl SteadyClock {
    /// Looks at the clock, which says `now`; how it was set since the last look, if it was.
    fn look(&mut self, now: Millis, monotonic: Monotonic) -> Option<Setting> {
        let (last, then) = self.last.replace((now, monotonic))?;
        let from = last.plus(monotonic.since(then));
        let astray = now.since(from).max(from.since(now));
        if astray > TOLERANCE {
            self.distrust(monotonic);
        }
        (astray > SET).then_some(Setting { from, to: now })
    }

    /// The clock may be wrong: nothing that goes by it is removed for an hour.
    fn distrust(&mut self, monotonic: Monotonic) {
        self.trusted_from = monotonic.plus(HOLD);
    }

    /// Whether the clock can be trusted.
    fn is_steady(&self, monotonic: Monotonic) -> bool {
        monotonic >= self.trusted_from
    }
}

/// The clock of the service, which is watched.
pub(crate) struct WatchedClock {
    clock: Arc<dyn Clock>,
    watch: Mutex<SteadyClock>,
}

/// What a look at the clock showed.
struct Look {
    /// How the clock was set since the last look, if it was.
    set: Option<Setting>,
    /// Whether the clock can be trusted.
    is_steady: bool,
}

impl WatchedClock {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, watch: Mutex::default() }
    }

    /// The time of day.
    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// The time on the clock that nobody sets.
    pub(crate) fn monotonic(&self) -> Monotonic {
        self.clock.monotonic()
    }

    fn look(&self) -> Look {
        let (now, monotonic) = (self.now(), self.monotonic());
        let mut watch = self.watch();
        Look { set: watch.look(now, monotonic), is_steady: watch.is_steady(monotonic) }
    }

    /// All sessions have been read. When none of them was used lately, the clock may be far ahead; when one was used later
    /// than now, it is behind, or was ahead.
    pub(crate) fn compare_with(&self, newest_use: Millis) {
        let now = self.now();
        if newest_use.since(now) > TOLERANCE {
            self.watch().distrust(self.monotonic());
            tracing::info!(%now, %newest_use, "a session was used later than now: the clock is behind, or was ahead; nothing is removed for an hour");
        }
        if now.since(newest_use) > TOLERANCE {
            self.watch().distrust(self.monotonic());
            tracing::info!(%now, %newest_use, "no session was used lately: should the clock be ahead, set it right within the hour, before what has expired is removed");
        }
    }

    /// Whether the clock can be trusted.
    pub(crate) fn is_steady(&self) -> bool {
        self.watch().is_steady(self.monotonic())
    }

    fn watch(&self) -> MutexGuard<'_, SteadyClock> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Auth {
    /// Looks whether somebody has set the clock. Sessions then go on as if it had not been: what this process saw moves
    /// with it. What was read from the store stays as it is, since that was told by the clock of another time.
    pub fn follow_clock(&self) {
        let Look { set, is_steady } = self.clock.look();
        let Some(setting) = set else { return };
        self.live.move_times(setting);
        self.feed.publish(&[GatewayEvent::Reset]);
        tracing::warn!(from = %setting.from, to = %setting.to, "the clock was set");
        if !is_steady {
            tracing::warn!(now = %setting.to, "the clock has jumped: what has expired is not removed until it has been steady for an hour");
        }
    }

    /// Whether what has expired may be removed: everything is known, and the clock can be trusted.
    pub(crate) fn trusts_clock(&self) -> bool {
        self.is_loaded() && self.clock.is_steady()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Duration = Duration::from_secs(5);
    const BEGUN: Millis = Millis::from_unix(1_700_000_000_000);

    fn after(span: Duration) -> Monotonic {
        Monotonic::default().plus(span)
    }

    /// A clock that was looked at once.
    fn looked_at() -> SteadyClock {
        let mut clock = SteadyClock::default();
        assert!(clock.look(BEGUN, after(Duration::ZERO)).is_none());
        clock
    }

    #[test]
    fn a_clock_that_goes_on_is_trusted() {
        let mut clock = looked_at();
        for look in 1..100 {
            let elapsed = LOOK * look;
            assert!(clock.look(BEGUN.plus(elapsed), after(elapsed)).is_none());
            assert!(clock.is_steady(after(elapsed)));
        }
    }

    #[test]
    fn f3_a_clock_that_jumps_either_way_is_not() {
        let hour = Duration::from_hours(1);
        for jumped in [BEGUN.plus(hour), BEGUN.minus(hour)] {
            let mut clock = looked_at();
            assert!(clock.look(jumped, after(LOOK)).is_some());
            assert!(!clock.is_steady(after(LOOK)));
        }
    }

    #[test]
    fn f3_a_clock_that_is_set_by_little_was_set_and_is_trusted() {
        let mut clock = looked_at();
        let setting = clock.look(BEGUN.minus(Duration::from_mins(2)), after(LOOK)).unwrap();
        assert_eq!(setting.from, BEGUN.plus(LOOK));
        assert_eq!(setting.to, BEGUN.minus(Duration::from_mins(2)));
        assert!(clock.is_steady(after(LOOK)));
    }

    #[test]
    fn f3_it_is_trusted_again_an_hour_after_its_last_jump() {
        let mut clock = looked_at();
        clock.look(BEGUN.plus(HOLD * 24), after(LOOK));
        assert!(!clock.is_steady(after(LOOK + HOLD).minus(Duration::from_millis(1))));
        assert!(clock.is_steady(after(LOOK + HOLD)));
    }
}
