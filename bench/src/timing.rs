//! The machine's clocks. A measurement is the edge where they may be read.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use vestibule_model::{Clock, Millis, Monotonic};

/// For spans.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// For the service under test, as in the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the service under test goes by the machine's clock")]
    fn now(&self) -> Millis {
        Millis::EPOCH.plus(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic::after_beginning(Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default())
    }
}
