//! Ends that must still be stored, in the background, until they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use vestibule_store::Change;

use super::Journaled;
use crate::waiting::{Taken, Waiting};

/// Commits that the store did not take yet: what belongs together is stored together.
#[derive(Default)]
pub(crate) struct RetryQueue {
    waiting: Waiting<Retry>,
    /// How many of those that wait, or are being tried, are ends that nothing durable has.
    at_risk: AtomicUsize,
}

/// One commit.
pub(crate) struct Retry {
    pub(crate) changes: Vec<Change>,
    kept: Kept,
}

/// What else remembers it.
enum Kept {
    /// Nothing, and nothing has to.
    Nowhere,
    /// Nothing, although it was to be durable.
    AtRisk,
    /// The journal of ends.
    Journal(Arc<Journaled>),
}

impl RetryQueue {
    /// An end that follows from what is stored.
    pub(crate) fn push(&self, changes: Vec<Change>) {
        self.waiting.push(Retry { changes, kept: Kept::Nowhere });
    }

    /// An end that the journal has.
    pub(crate) fn push_journaled(&self, changes: Vec<Change>, journaled: Arc<Journaled>) {
        self.waiting.push(Retry { changes, kept: Kept::Journal(journaled) });
    }

    /// An end that the journal did not take.
    pub(crate) fn push_unsafe(&self, changes: Vec<Change>) {
        self.at_risk.fetch_add(1, Ordering::Relaxed);
        self.waiting.push(Retry { changes, kept: Kept::AtRisk });
    }

    /// Takes all that wait, to be tried.
    pub(crate) fn take(&self) -> Taken<'_, Retry> {
        self.waiting.take()
    }

    /// What was tried is stored; gives the records of the journal that stood for it.
    pub(crate) fn stored(&self, tried: Taken<'_, Retry>) -> Vec<Arc<Journaled>> {
        let mut records = Vec::new();
        for Retry { kept, .. } in tried.done() {
            match kept {
                Kept::Nowhere => {}
                Kept::AtRisk => {
                    self.at_risk.fetch_sub(1, Ordering::Relaxed);
                }
                Kept::Journal(journaled) => records.push(journaled),
            }
        }
        records
    }

    /// Whether anything waits to be stored.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(crate) fn at_risk(&self) -> usize {
        self.at_risk.load(Ordering::Relaxed)
    }
}
