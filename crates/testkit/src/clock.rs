//! A clock that stands still until a test turns it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use vestibule_model::{Clock, Millis, Monotonic};

/// Stands at 22 September 2016, 12:59:44.722 UTC until it is turned.
#[derive(Debug)]
pub struct TestClock {
    now: AtomicI64,
    /// Milliseconds.
    monotonic: AtomicU64,
}

impl Default for TestClock {
    fn default() -> Self {
        Self { now: AtomicI64::new(1_474_549_184_722), monotonic: AtomicU64::new(0) }
    }
}

impl TestClock {
    /// Lets time pass.
    pub fn advance(&self, span: Duration) {
        let span_ms = u64::try_from(span.as_millis()).expect("a span that a test waits");
        self.monotonic.fetch_add(span_ms, Ordering::SeqCst);
        self.set(self.now().plus(span));
    }

    /// Sets the clock to any point, also back, in no time at all: nothing passes on the clock that nobody sets.
    pub fn set(&self, to: Millis) {
        self.now.store(to.as_unix(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Millis {
        Millis::from_unix(self.now.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic::after_beginning(Duration::from_millis(self.monotonic.load(Ordering::SeqCst)))
    }
}
