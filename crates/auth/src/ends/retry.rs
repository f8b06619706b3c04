//! Ends that must still be stored, in the background, until they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use vestibule_store::Change;

use super::{Journaled, ManyEnd};
use crate::waiting::{Taken, Waiting};

/// Ends that the store did not take yet.
#[derive(Default)]
pub(super) struct RetryQueue {
    /// Commits: what belongs together is stored together.
    waiting: Waiting<Retry>,
    many: Waiting<RetryMany>,
    /// How many of those that wait, or are being tried, are ends that nothing durable has.
    at_risk: AtomicUsize,
}

/// One commit.
pub(super) struct Retry {
    pub(super) changes: Vec<Change>,
    kept: Kept,
}

/// The end of many sessions.
pub(super) struct RetryMany {
    pub(super) end: ManyEnd,
    kept: Kept,
}

/// What else remembers an end.
pub(super) enum Kept {
    /// Nothing, and nothing has to.
    Nowhere,
    /// Nothing, although it was to be durable.
    AtRisk,
    /// The journal of ends.
    Journal(Arc<Journaled>),
}

impl RetryQueue {
    /// An end that follows from what is stored.
    pub(super) fn push(&self, changes: Vec<Change>) {
        self.waiting.push(Retry { changes, kept: Kept::Nowhere });
    }

    /// An end that the journal has.
    pub(super) fn push_journaled(&self, changes: Vec<Change>, journaled: Arc<Journaled>) {
        self.waiting.push(Retry { changes, kept: Kept::Journal(journaled) });
    }

    /// An end that the journal did not take.
    pub(super) fn push_unsafe(&self, changes: Vec<Change>) {
        self.at_risk.fetch_add(1, Ordering::Relaxed);
        self.waiting.push(Retry { changes, kept: Kept::AtRisk });
    }

    /// An end of many sessions.
    pub(super) fn push_many(&self, end: ManyEnd, kept: Kept) {
        if matches!(kept, Kept::AtRisk) {
            self.at_risk.fetch_add(1, Ordering::Relaxed);
        }
        self.many.push(RetryMany { end, kept });
    }

    /// Takes all that wait, to be tried.
    pub(super) fn take(&self) -> Taken<'_, Retry> {
        self.waiting.take()
    }

    pub(super) fn take_many(&self) -> Taken<'_, RetryMany> {
        self.many.take()
    }

    /// What was tried is stored; gives the records of the journal that stood for it.
    pub(super) fn stored(&self, tried: Taken<'_, Retry>) -> Vec<Arc<Journaled>> {
        tried.done().into_iter().filter_map(|retry| self.forget(retry.kept)).collect()
    }

    /// Those of many that are stored; the others wait on.
    pub(super) fn stored_many(&self, tried: &mut Taken<'_, RetryMany>) -> Vec<Arc<Journaled>> {
        let stored = tried.remove_if(|retry| retry.end.is_stored);
        stored.into_iter().filter_map(|retry| self.forget(retry.kept)).collect()
    }

    fn forget(&self, kept: Kept) -> Option<Arc<Journaled>> {
        match kept {
            Kept::Nowhere => None,
            Kept::AtRisk => {
                self.at_risk.fetch_sub(1, Ordering::Relaxed);
                None
            }
            Kept::Journal(journaled) => Some(journaled),
        }
    }

    /// Whether anything waits to be stored.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || !self.many.is_empty()
    }

    pub(super) fn at_risk(&self) -> usize {
        self.at_risk.load(Ordering::Relaxed)
    }
}
