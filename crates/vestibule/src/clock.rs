//! The machine's clock, which only the program may read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use vestibule_model::{Clock, Millis, Monotonic};

/// Tells the machine's time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the edge: everything below is told the time from here"
    )]
    fn now(&self) -> Millis {
        Millis::EPOCH.plus(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    fn monotonic(&self) -> Monotonic {
        // Not `Instant`, which stands still while the machine sleeps.
        let booted = clock_gettime(ClockId::Boottime);
        Monotonic::after_beginning(Duration::try_from(booted).unwrap_or_default())
    }
}
