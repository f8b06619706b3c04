//! Notices a clock that jumps. Removing expired sessions cannot be undone, so it waits until the clock can be trusted.

use std::time::Duration;

use vestibule_model::Millis;

/// How far the clock may go astray between two looks: corrections of a clock that runs well are smaller.
const TOLERANCE: Duration = Duration::from_mins(5);

/// How long nothing is trusted after a jump: time for an operator to set the clock right.
const HOLD: Duration = Duration::from_hours(1);

/// Compares the clock with one that cannot be set.
#[derive(Debug, Default)]
pub(crate) struct SteadyClock {
    last: Option<Millis>,
    hold: Duration,
}

impl SteadyClock {
    /// Whether the clock, which says `now`, can be trusted; `elapsed` is what has truly passed since the last look.
    pub(crate) fn is_steady(&mut self, now: Millis, elapsed: Duration) -> bool {
        let astray = self.last.replace(now).map_or(Duration::ZERO, |last| {
            let expected = last.plus(elapsed);
            now.since(expected).max(expected.since(now))
        });
        self.hold = if astray > TOLERANCE { HOLD } else { self.hold.saturating_sub(elapsed) };
        self.hold.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Duration = Duration::from_secs(5);

    /// A clock that was looked at once.
    fn looked_at(now: Millis) -> SteadyClock {
        let mut clock = SteadyClock::default();
        assert!(clock.is_steady(now, Duration::ZERO));
        clock
    }

    #[test]
    fn a_clock_that_goes_on_is_trusted() {
        let mut clock = looked_at(Millis::EPOCH);
        assert!((1..100).all(|look| clock.is_steady(Millis::EPOCH.plus(LOOK * look), LOOK)));
    }

    #[test]
    fn f3_a_clock_that_jumps_either_way_is_not() {
        let begun = Millis::EPOCH.plus(Duration::from_hours(24 * 365));
        for jumped in [begun.plus(Duration::from_hours(1)), begun.minus(Duration::from_hours(1))] {
            assert!(!looked_at(begun).is_steady(jumped, LOOK));
        }
    }

    #[test]
    fn f3_it_is_trusted_again_an_hour_after_its_last_jump() {
        let mut now = Millis::EPOCH.plus(Duration::from_hours(24));
        let mut clock = looked_at(Millis::EPOCH);
        assert!(!clock.is_steady(now, LOOK));
        let looks = (0..).take_while(|_| {
            now = now.plus(LOOK);
            !clock.is_steady(now, LOOK)
        });
        assert_eq!(looks.count(), 719);
    }
}
