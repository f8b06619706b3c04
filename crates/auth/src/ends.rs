//! Ends of sessions that the store does not take: kept in the journal, and then as good as stored.
//!
//! The one place that decides what becomes of such an end. It holds at once, because the sessions have left the table; it is
//! acknowledged when the journal has it; it stays in the journal until the store has it, and after a restart its sessions are
//! refused whatever the store says.

mod held;
mod retry;

use std::sync::Arc;

use tokio::sync::Mutex as AsyncMutex;
use vestibule_model::{Millis, Session};
use vestibule_store::{
    Change, EndJournal, EndedSessions, JournalError, JournalSlot, SessionSelector, StoreError,
};

use crate::audit::End;
use crate::service::Auth;

pub(crate) use held::{HeldEnd, HeldEnds};
pub(crate) use retry::RetryQueue;

/// What is to end, for the journal: one record, however many sessions and commits it takes.
pub(crate) struct Ending {
    /// None: the end follows from what is stored, as that of an expired session does, and needs no journal.
    sessions: Option<EndedSessions>,
    kept: AsyncMutex<Option<Kept>>,
}

struct Kept {
    opened_until: Millis,
    place: Arc<Journaled>,
}

/// A record of the journal, shared by what still has to be stored of it.
#[derive(Debug)]
pub(crate) struct Journaled(JournalSlot);

impl Ending {
    /// Of these sessions.
    pub(crate) fn of(sessions: EndedSessions) -> Self {
        Self { sessions: Some(sessions), kept: AsyncMutex::default() }
    }

    /// Of sessions whose time is over.
    pub(crate) fn expired() -> Self {
        Self { sessions: None, kept: AsyncMutex::default() }
    }

    /// Keeps it in the journal, unless that has it.
    async fn keep(
        &self,
        journal: &dyn EndJournal,
        of: EndedSessions,
        (opened_until, end, now): (Millis, &End, Millis),
    ) -> Result<Arc<Journaled>, JournalError> {
        let mut kept = self.kept.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.opened_until >= opened_until) {
            return Ok(Arc::clone(&kept.place));
        }
        let selector = SessionSelector { sessions: of, account: None, opened_until };
        let slot = journal.keep(end.to_keep(selector, now)).await?;
        tracing::warn!(%of, reason = %end.reason, "the store does not take an end of sessions: the journal has it");
        let place = Arc::new(Journaled(slot));
        *kept = Some(Kept { opened_until, place: Arc::clone(&place) });
        Ok(place)
    }
}

impl Auth {
    /// Stores the end of some sessions. What the store does not take is tried again; it is an error only when the journal does
    /// not take it either.
    pub(crate) async fn store_end(
        &self,
        changes: Vec<Change>,
        sessions: &[Session],
        (end, ending): (&End, &Ending),
    ) -> Result<(), StoreError> {
        let Err(error) = self.store.commit(changes.clone()).await else { return Ok(()) };
        let Some(of) = ending.sessions else {
            self.retry.push(changes);
            return Err(error);
        };
        // A session that was opened before the clock was set back is opened in the future.
        let now = self.clock.now();
        let until = sessions.iter().map(|session| session.created).fold(now, Millis::max);
        match ending.keep(&*self.journal, of, (until, end, now)).await {
            Ok(place) => {
                self.retry.push_journaled(changes, place);
                Ok(())
            }
            Err(journal) => {
                let cause = std::error::Error::source(&journal).map(tracing::field::display);
                tracing::error!(
                    %error, %journal, cause,
                    "an end of sessions is neither in the store nor in the journal: a restart before it is stored would revive them"
                );
                self.retry.push_unsafe(changes);
                Err(error)
            }
        }
    }

    /// How many ends neither the store nor the journal has: they hold as long as this process lives, and are tried again.
    pub fn ends_at_risk(&self) -> usize {
        self.retry.at_risk()
    }

    /// Forgets a record of the journal when the last of what it stands for is stored.
    pub(crate) fn release(&self, place: Arc<Journaled>) {
        if let Some(Journaled(slot)) = Arc::into_inner(place) {
            self.journal.release(slot);
        }
    }

    /// Whether the journal has the end of a session that the store still has. If so that is stored from here on.
    pub(crate) fn has_ended_by_journal(&self, session: &Session) -> bool {
        let Some(HeldEnd { end, place }) = self.held_ends.of(session) else { return false };
        // Read twice, its end is told once.
        if self.live.note_end(session.id) {
            let changes = self.end_and_tell_at(session, &End::from(&*end), end.at);
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
