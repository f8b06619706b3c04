//! How far an end of many sessions has come, for whoever asked for it.

use crate::sync::{AtomicUsize, Ordering};

/// How many sessions were found, and of how many the end is stored.
#[derive(Debug, Default)]
pub(crate) struct EndProgress {
    found: AtomicUsize,
    ended: AtomicUsize,
}

impl EndProgress {
    pub(crate) fn found(&self) -> usize {
        self.found.load(Ordering::Relaxed)
    }

    /// Never more than were found: what the store had and memory had not is not counted.
    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::Relaxed).min(self.found())
    }

    pub(super) fn add_found(&self, number: usize) {
        self.found.fetch_add(number, Ordering::Relaxed);
    }

    pub(super) fn add_ended(&self, number: usize) {
        self.ended.fetch_add(number, Ordering::Relaxed);
    }
}
