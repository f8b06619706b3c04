//! Values that count once: forgotten when they would be refused for their age alone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use vestibule_model::Millis;
use vestibule_store::{Change, StoreError};

use crate::service::Auth;

/// How many are forgotten in one commit, every sweep: a thousand a second.
const FORGOTTEN_AT_ONCE: usize = 5_000;

/// How long they are kept after that: a clock that is set back by less makes none of them count again.
const KEPT_AFTER_EXPIRY: Duration = Duration::from_hours(1);

/// Whether values may have been consumed since some were forgotten. An idle service commits nothing.
#[derive(Debug)]
pub(crate) struct ConsumedValues {
    may_be: AtomicBool,
}

impl Default for ConsumedValues {
    /// An earlier process may have.
    fn default() -> Self {
        Self { may_be: AtomicBool::new(true) }
    }
}

impl ConsumedValues {
    /// These changes are about to be committed.
    pub(crate) fn note(&self, changes: &[Change]) {
        if changes.iter().any(|change| matches!(change, Change::ConsumeOnce { .. })) {
            self.may_be.store(true, Ordering::Relaxed);
        }
    }

    fn take(&self) -> bool {
        self.may_be.swap(false, Ordering::Relaxed)
    }
}

impl Auth {
    pub(crate) async fn forget_consumed(&self, now: Millis) -> Result<(), StoreError> {
        if !self.consumed.take() {
            return Ok(());
        }
        let before = now.minus(KEPT_AFTER_EXPIRY);
        let forget = Change::ForgetExpired { before, limit: FORGOTTEN_AT_ONCE };
        let forgotten = self.store.commit(vec![forget]).await;
        if forgotten.is_err() {
            self.consumed.may_be.store(true, Ordering::Relaxed);
        }
        forgotten.map(drop)
    }
}
