//! Ends of sessions: in memory at once, then in the store; what the store does not take is kept in the journal, and then as good
//! as stored.
//!
//! The one place that decides what becomes of an end. It holds at once, because the sessions have left the table; it is
//! acknowledged when the store or the journal has it; it stays in the journal until the store has it, and after a restart its
//! sessions are refused whatever the store says.

mod held;
mod in_force;
mod many;
mod retry;

use std::error::Error as _;
use std::sync::Arc;

use vestibule_model::{Millis, Session};
use vestibule_store::{Change, EndedSessions, JournalError, JournalSlot, SessionSelector, StoreError};

use crate::audit::End;
use crate::background::BATCH;
use crate::service::Auth;

pub(crate) use held::{HeldEnd, HeldEnds};
pub(crate) use in_force::EndsInForce;
pub(crate) use many::{Due, ManyEnd};
pub(crate) use retry::RetryQueue;

/// A record of the journal, shared by what still has to be stored of it.
#[derive(Debug)]
pub(crate) struct Journaled(JournalSlot);

impl Auth {
    /// Stores the end of a session. What the store does not take is tried again; it is an error only when the journal does not
    /// take it either.
    pub(crate) async fn store_end(
        &self,
        changes: Vec<Change>,
        session: &Session,
        end: &End,
    ) -> Result<(), StoreError> {
        let Err(error) = self.store.commit(changes.clone()).await else { return Ok(()) };
        let now = self.clock.now();
        let sessions = EndedSessions::One(session.id);
        let selector = SessionSelector { sessions, account: None, opened_until: now };
        if let Ok(record) = self.keep_in_journal(selector, (end, now)).await {
            self.retry.push_journaled(changes, record);
            return Ok(());
        }
        self.retry.push_unsafe(changes);
        Err(error)
    }

    /// Keeps an end in the journal.
    async fn keep_in_journal(
        &self,
        selector: SessionSelector,
        (end, at): (&End, Millis),
    ) -> Result<Arc<Journaled>, JournalError> {
        let of = selector.sessions;
        match self.journal.keep(end.to_keep(selector, at)).await {
            Ok(slot) => {
                let reason = end.reason;
                tracing::warn!(%of, %reason, "the store does not take an end of sessions: the journal has it");
                Ok(Arc::new(Journaled(slot)))
            }
            Err(error) => {
                let cause = error.source().map(tracing::field::display);
                tracing::error!(
                    %of, %error, cause,
                    "an end of sessions is neither in the store nor in the journal: a restart before it is stored would revive them"
                );
                Err(error)
            }
        }
    }

    /// Tries the ends again that the store did not take: each kind, whatever becomes of the other.
    pub(crate) async fn retry_ends(&self) -> Result<(), StoreError> {
        let single = self.retry_single_ends().await;
        self.retry_many_ends().await.and(single)
    }

    async fn retry_single_ends(&self) -> Result<(), StoreError> {
        let (mut waiting, mut result) = (self.retry.take(), Ok(()));
        while let Some(some) = waiting.next(BATCH) {
            let changes: Vec<Change> =
                some.as_slice().iter().flat_map(|retry| retry.changes.iter().cloned()).collect();
            match self.store.commit(changes).await {
                Ok(_) => self.retry.stored(some).into_iter().for_each(|record| self.release(record)),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    async fn retry_many_ends(&self) -> Result<(), StoreError> {
        let (mut waiting, mut result) = (self.retry.take_many(), Ok(()));
        while let Some(mut some) = waiting.next(BATCH) {
            let committed = self.commit_ends(some.iter_mut().map(|retry| &mut retry.end).collect()).await;
            result = committed.and(result);
            self.retry.stored_many(&mut some).into_iter().for_each(|record| self.release(record));
        }
        result
    }

    /// How many ends neither the store nor the journal has: they hold as long as this process lives, and are tried again.
    pub fn ends_at_risk(&self) -> usize {
        self.retry.at_risk()
    }

    /// Forgets a record of the journal when the last of what it stands for is stored.
    pub(crate) fn release(&self, record: Arc<Journaled>) {
        if let Some(Journaled(slot)) = Arc::into_inner(record) {
            self.journal.release(slot);
        }
    }

    /// Whether the journal has the end of a session that the store still has. If so that is stored from here on.
    pub(crate) fn has_ended_by_journal(&self, session: &Session) -> bool {
        let Some(HeldEnd { end, place }) = self.held_ends.of(session) else { return false };
        // Read twice, its end is told once.
        if self.live.note_end(session.id) {
            let changes = self.audit.end_and_tell_at(session, &End::from(&*end), end.at);
            self.retry.push_journaled(changes.to_vec(), place);
        }
        true
    }

    /// Every session that the store has was looked at: what the journal holds has been given to those that it ends.
    pub(crate) fn settle_journal(&self) {
        for place in self.held_ends.take() {
            self.release(place);
        }
    }
}
