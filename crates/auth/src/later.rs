//! Changes that nobody waits for: their cause was answered before, and what the store does not take is tried again.
//!
//! Ends of sessions are none of them: they are durable before they are acknowledged (`ends`).

use std::error::Error as _;
use std::sync::Arc;

use tracing::Instrument;
use vestibule_model::{AccountId, Millis, UserId};
use vestibule_store::{Change, Outcome, StoreError, StoreFuture};

use crate::background::BATCH;
use crate::service::Auth;
use crate::unstored_locks::{LockDecision, LockOrder};
use crate::waiting::Taken;

/// Changes of one commit.
pub(crate) struct Later {
    changes: Vec<Change>,
    /// The decision that they store, if they store one.
    lock: Option<LockDecision>,
}

impl Later {
    /// What is left to be stored: a lock that was overruled meanwhile is not, but that it was there is told.
    fn still_meant(&self, order: &LockOrder<'_>) -> Vec<Change> {
        let is_overruled = self.lock.is_some_and(|lock| !order.counts(lock));
        let counts = |change: &&Change| !(is_overruled && matches!(change, Change::SetLock { .. }));
        self.changes.iter().filter(counts).cloned().collect()
    }
}

impl Auth {
    /// Stores changes without keeping their cause waiting.
    pub(crate) fn commit_later(self: &Arc<Self>, changes: Vec<Change>) {
        self.begin_later(Later { changes, lock: None });
    }

    /// Locks or unlocks a user in the store without keeping the cause waiting, and tells of it.
    pub(crate) fn set_lock_later(
        self: &Arc<Self>,
        (account, user): (AccountId, UserId),
        locked_at: Option<Millis>,
        told: Change,
    ) {
        let mut order = self.unstored_locks.order();
        let lock = Some(order.decide((account, user), locked_at));
        self.begin_later(Later { changes: vec![Change::SetLock { user, locked_at }, told], lock });
        // Until here: the commit has begun.
        drop(order);
    }

    fn begin_later(self: &Arc<Self>, later: Later) {
        let auth = Arc::clone(self);
        // The commit begins here: it takes place even if the runtime ends before the task has had its turn.
        let commit = self.store.commit(later.changes.clone());
        let stored = async move {
            match commit.await {
                Ok(_) => auth.note_stored(&[later]),
                Err(error) => {
                    let cause = error.source().map(tracing::field::display);
                    tracing::error!(%error, cause, "a change is not stored yet; it is tried again");
                    auth.note_refused(std::slice::from_ref(&later));
                    auth.later.push(later);
                }
            }
        };
        tokio::spawn(stored.in_current_span());
    }

    fn note_stored(&self, some: &[Later]) {
        some.iter().filter_map(|later| later.lock).for_each(|lock| self.unstored_locks.stored(lock));
    }

    /// What was read meanwhile may not have had these decisions.
    fn note_refused(&self, some: &[Later]) {
        for lock in
            some.iter().filter_map(|later| later.lock).filter(|lock| self.unstored_locks.refused(*lock))
        {
            if let Some(entry) = self.directory.account(lock.account) {
                entry.update_user(lock.user, |user| self.unstored_locks.put_over(user));
            }
        }
    }

    /// Tries again what the store did not take.
    pub(crate) async fn retry_later(&self) -> Result<(), StoreError> {
        let (mut waiting, mut result) = (self.later.take(), Ok(()));
        while let Some(some) = waiting.next(BATCH) {
            result = self.retry_together(some).await.and(result);
        }
        result
    }

    /// All in one commit; one by one if something of it is refused for good, which is left out then.
    async fn retry_together(&self, mut some: Taken<'_, Later>) -> Result<(), StoreError> {
        match self.begin_together(&mut some).await {
            Ok(_) => {
                self.note_stored(&some.done());
                Ok(())
            }
            Err(error) if error.is_temporary() => {
                self.note_refused(some.as_slice());
                Err(error)
            }
            Err(error) if some.as_slice().len() == 1 => {
                let cause = error.source().map(tracing::field::display);
                tracing::error!(%error, cause, "a change does not fit what is stored by now, and is given up");
                self.note_stored(&some.done());
                Ok(())
            }
            Err(_) => {
                let mut result = Ok(());
                while let Some(one) = some.next(1) {
                    result = Box::pin(self.retry_together(one)).await.and(result);
                }
                result
            }
        }
    }

    fn begin_together(&self, some: &mut Taken<'_, Later>) -> StoreFuture<'static, Outcome> {
        let mut order = self.unstored_locks.order();
        some.leave(|later| later.lock.is_some_and(|lock| order.has_to_wait(lock)));
        some.as_slice().iter().filter_map(|later| later.lock).for_each(|lock| order.tried_again(lock));
        let changes = some.as_slice().iter().flat_map(|later| later.still_meant(&order)).collect();
        self.store.commit(changes)
    }
}
