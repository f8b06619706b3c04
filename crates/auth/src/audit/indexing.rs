//! Entries that were written before the store kept what answers questions about them: indexed in small steps.

use std::sync::atomic::{AtomicBool, Ordering};

use vestibule_store::{Change, StoreError};

use super::AuditTrail;

/// How many commits at a time, each some milliseconds of the writer's time.
const STEPS: usize = 6;

/// Whether it is done.
#[derive(Default)]
pub(super) struct Indexing {
    is_done: AtomicBool,
}

impl AuditTrail {
    /// Has the store index more of what was written before. Each call does a bounded amount of work, and none when all is indexed.
    pub(crate) async fn index(&self) -> Result<(), StoreError> {
        for _ in 0..STEPS {
            if self.indexing.is_done.load(Ordering::Relaxed) {
                break;
            }
            let outcome = self.store.commit(vec![Change::IndexAudit]).await?;
            self.indexing.is_done.store(!outcome.more_to_index, Ordering::Relaxed);
        }
        Ok(())
    }
}
