//! A clock that stands still until a test turns it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use vestibule_model::{Clock, Millis};

/// Stands at 22 September 2016, 12:59:44.722 UTC until it is turned.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_474_549_184_722))
    }
}

impl TestClock {
    /// Turns the clock forward.
    pub fn advance(&self, span: Duration) {
        let to = self.now().plus(span);
        self.0.store(to.as_unix(), Ordering::SeqCst);
    }

    /// Turns the clock to any point, also back.
    pub fn set(&self, to: Millis) {
        self.0.store(to.as_unix(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Millis {
        Millis::from_unix(self.0.load(Ordering::SeqCst))
    }
}
