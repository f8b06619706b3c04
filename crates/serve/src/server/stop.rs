//! The one signal that everything in the server listens to: finish and go.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// Set once; usable from every runtime and thread.
#[derive(Debug, Default)]
pub(super) struct Stop {
    set: AtomicBool,
    grace_millis: AtomicU64,
    waiting: Arc<Notify>,
}

impl Stop {
    /// Asks everybody to finish within `grace`. The grace is stored before the flag, so that whoever sees the flag sees it too;
    /// and the flag before anybody is woken.
    pub(super) fn set(&self, grace: Duration) {
        let grace = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        self.grace_millis.store(grace, Ordering::Relaxed);
        self.set.store(true, Ordering::Release);
        self.waiting.notify_waiters();
    }

    pub(super) fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    pub(super) fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_millis.load(Ordering::Relaxed))
    }

    /// Wakes whoever polls it when the signal is set. It sleeps through a signal set before its creation: look at
    /// [`Stop::is_set`] after the first poll.
    pub(super) fn listen(&self) -> OwnedNotified {
        Arc::clone(&self.waiting).notified_owned()
    }

    /// Returns when the signal is set.
    ///
    /// The signal may be set before this registers itself as waiting: then the flag, which is set before the others are woken,
    /// is seen below. Or after: then it is woken. Looking at the flag first and registering then would miss a signal in between.
    pub(super) async fn wait(&self) {
        let mut notified = pin!(self.waiting.notified());
        notified.as_mut().enable();
        if !self.is_set() {
            notified.await;
        }
    }
}
