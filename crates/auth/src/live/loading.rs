//! While the table is filled from the store: which sessions ended meanwhile, so that none that was read before its end
//! is put in after it.

use std::collections::HashSet;

use vestibule_model::SessionId;

use super::lock;
use crate::sync::{AtomicBool, Mutex, Ordering};

/// Begins with a table that is being filled.
#[derive(Default)]
pub(crate) struct Loading {
    complete: AtomicBool,
    ended: Mutex<HashSet<SessionId>>,
}

impl Loading {
    /// Whether the table has every session there is.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// To be told before a session leaves the table. Whether that is news, as long as the table is not complete.
    pub(crate) fn note_end(&self, id: SessionId) -> bool {
        !self.is_complete() && lock(&self.ended).insert(id)
    }

    /// To be asked after a session that was read from the store has been put into the table.
    pub(crate) fn has_ended(&self, id: SessionId) -> bool {
        !self.is_complete() && lock(&self.ended).contains(&id)
    }

    /// From now on nothing is put in that was read before.
    pub(crate) fn complete(&self) {
        self.complete.store(true, Ordering::Release);
        *lock(&self.ended) = HashSet::new();
    }
}
