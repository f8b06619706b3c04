//! What must still be stored, in the background, until it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vestibule_store::Change;

use super::Journaled;

/// Commits that the store did not take yet: what belongs together is stored together.
#[derive(Default)]
pub(crate) struct RetryQueue(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Retry>,
    /// How many of those that wait, or are being tried, are ends that nothing durable has.
    at_risk: usize,
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
    pub(crate) fn push(&self, changes: Vec<Change>) {
        self.queue().waiting.push(Retry { changes, kept: Kept::Nowhere });
    }

    /// An end that the journal has.
    pub(crate) fn push_journaled(&self, changes: Vec<Change>, place: Arc<Journaled>) {
        self.queue().waiting.push(Retry { changes, kept: Kept::Journal(place) });
    }

    /// An end that the journal did not take.
    pub(crate) fn push_unsafe(&self, changes: Vec<Change>) {
        let mut queue = self.queue();
        queue.at_risk += 1;
        queue.waiting.push(Retry { changes, kept: Kept::AtRisk });
    }

    /// Takes all that wait, to be tried.
    pub(crate) fn take(&self) -> Vec<Retry> {
        std::mem::take(&mut self.queue().waiting)
    }

    /// Takes back what was tried in vain.
    pub(crate) fn give_back(&self, tried: impl IntoIterator<Item = Retry>) {
        self.queue().waiting.extend(tried);
    }

    /// What was tried is stored; gives the places in the journal that stood for it.
    pub(crate) fn stored(&self, tried: impl IntoIterator<Item = Retry>) -> Vec<Arc<Journaled>> {
        let mut queue = self.queue();
        let mut places = Vec::new();
        for Retry { kept, .. } in tried {
            match kept {
                Kept::Nowhere => {}
                Kept::AtRisk => queue.at_risk = queue.at_risk.saturating_sub(1),
                Kept::Journal(place) => places.push(place),
            }
        }
        places
    }

    /// Whether anything waits to be stored.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.queue().waiting.is_empty()
    }

    pub(crate) fn at_risk(&self) -> usize {
        self.queue().at_risk
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
