//! The machine's clock, which only the program may read.

use std::time::{SystemTime, UNIX_EPOCH};

use vestibule_model::{Clock, Millis};

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
}
