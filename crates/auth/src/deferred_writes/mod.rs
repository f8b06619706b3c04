//! Writes that nobody waits for: their cause was answered before, and what the store does not take is tried again.
//!
//! Owns what waits to be tried, and which locks of users the store does not have yet. Ends of sessions are none of these
//! writes: they are durable before they are acknowledged (`ends`).

mod unstored_locks;

use std::error::Error as _;
use std::sync::Arc;

use tracing::Instrument;
use vestibule_model::{AuditRecord, Millis, UserId};
use vestibule_store::{Change, Outcome, Store, StoreError, StoreFuture};

use crate::background::BATCH;
use crate::directory::{AccountEntry, AccountUser, Directory};
use crate::waiting::{Taken, Waiting};
use unstored_locks::{LockDecision, LockOrder, UnstoredLocks};

pub(crate) use unstored_locks::{DecidedBy, Overruling};

/// The writes.
pub(crate) struct DeferredWrites {
    store: Arc<dyn Store>,
    directory: Arc<Directory>,
    waiting: Waiting<DeferredWrite>,
    locks: UnstoredLocks,
}

/// Changes of one commit.
struct DeferredWrite {
    changes: Vec<Change>,
    /// The decision that they store, if they store one.
    lock: Option<LockDecision>,
}

impl DeferredWrite {
    /// What is left to be stored: a lock that was overruled meanwhile is not, but that it was there is told.
    fn left_to_store(&self, order: &LockOrder<'_>) -> Vec<Change> {
        let is_overruled = self.lock.is_some_and(|lock| !order.counts(lock));
        let counts = |change: &&Change| !(is_overruled && matches!(change, Change::SetLock { .. }));
        self.changes.iter().filter(counts).cloned().collect()
    }
}

impl DeferredWrites {
    pub(crate) fn new(store: Arc<dyn Store>, directory: Arc<Directory>) -> Self {
        Self { store, directory, waiting: Waiting::default(), locks: UnstoredLocks::default() }
    }

    /// Stores changes without keeping their cause waiting.
    pub(crate) fn commit(self: &Arc<Self>, changes: Vec<Change>) {
        self.begin(DeferredWrite { changes, lock: None });
    }

    /// Locks or unlocks a user in the store without keeping the cause waiting, with its entry in the audit.
    pub(crate) fn set_lock(
        self: &Arc<Self>,
        user: AccountUser,
        locked_at: Option<Millis>,
        record: AuditRecord,
    ) {
        let mut order = self.locks.order();
        let lock = Some(order.decide(user, locked_at));
        let set = Change::SetLock { user: user.user, locked_at };
        self.begin(DeferredWrite { changes: vec![set, Change::Audit(record.into())], lock });
        // Until here: the commit has begun.
        drop(order);
    }

    /// Locks that the store refused stand over what was read. They are put there when the users can be found, under the lock of
    /// the users: one that is refused in this moment finds the user as read, and puts itself there. Elsewhere they stand already.
    pub(crate) fn put_locks_over(&self, entry: &AccountEntry) {
        for user in self.locks.refused_users() {
            self.put_lock_over(entry, user);
        }
    }

    fn put_lock_over(&self, entry: &AccountEntry, user: UserId) {
        entry.update_user(user, |user| self.locks.put_over(user));
    }

    /// Lifts the lock of a user in memory whom an administrator has unlocked. A lock that was never stored is no change of the
    /// store's, which would be followed; one that was decided since stays.
    pub(crate) fn lift_lock(&self, entry: &AccountEntry, user: UserId) {
        if entry.user(user).is_some_and(|user| user.locked_at.is_some()) {
            entry.update_user(user, |user| {
                user.locked_at = None;
                self.locks.put_over(user);
            });
        }
    }

    /// To be asked before an administrator looks at a user.
    pub(crate) fn decided_by_now(&self) -> DecidedBy {
        self.locks.decided_by_now()
    }

    /// An administrator changes these users, whom they had looked at then: begins the commit.
    pub(crate) fn overrule<R>(
        &self,
        users: Vec<UserId>,
        seen: DecidedBy,
        begin: impl FnOnce() -> R,
    ) -> (Overruling<'_>, R) {
        self.locks.overrule(users, seen, begin)
    }

    fn begin(self: &Arc<Self>, write: DeferredWrite) {
        let all = Arc::clone(self);
        // The commit begins here: it takes place even if the runtime ends before the task has had its turn.
        let commit = self.store.commit(write.changes.clone());
        let stored = async move {
            match commit.await {
                Ok(_) => all.note_stored(&[write]),
                Err(error) => {
                    let cause = error.source().map(tracing::field::display);
                    tracing::error!(%error, cause, "a change is not stored yet; it is tried again");
                    all.note_refused(std::slice::from_ref(&write));
                    all.waiting.push(write);
                }
            }
        };
        tokio::spawn(stored.in_current_span());
    }

    fn note_stored(&self, some: &[DeferredWrite]) {
        some.iter().filter_map(|write| write.lock).for_each(|lock| self.locks.stored(lock));
    }

    /// What was read meanwhile may not have had these decisions.
    fn note_refused(&self, some: &[DeferredWrite]) {
        let decided = some.iter().filter_map(|write| write.lock);
        for LockDecision { user, .. } in decided.filter(|lock| self.locks.refused(*lock)) {
            if let Some(entry) = self.directory.account(user.account) {
                self.put_lock_over(&entry, user.user);
            }
        }
    }

    /// Tries again what the store did not take.
    pub(crate) async fn retry(&self) -> Result<(), StoreError> {
        let (mut waiting, mut result) = (self.waiting.take(), Ok(()));
        while let Some(some) = waiting.next(BATCH) {
            result = self.retry_together(some).await.and(result);
        }
        result
    }

    /// All in one commit; one by one if something of it is refused for good, which is left out then.
    async fn retry_together(&self, mut some: Taken<'_, DeferredWrite>) -> Result<(), StoreError> {
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

    fn begin_together(&self, some: &mut Taken<'_, DeferredWrite>) -> StoreFuture<'static, Outcome> {
        let mut order = self.locks.order();
        some.leave(|write| write.lock.is_some_and(|lock| order.has_to_wait(lock)));
        some.as_slice().iter().filter_map(|write| write.lock).for_each(|lock| order.tried_again(lock));
        let changes = some.as_slice().iter().flat_map(|write| write.left_to_store(&order)).collect();
        self.store.commit(changes)
    }
}
