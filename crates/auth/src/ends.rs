//! Ends of sessions: in memory at once, then in the store; what the store does not take is kept in the journal, and then as good
//! as stored.
//!
//! Owns the ends that are decided and not stored yet, and the journal. The one place that decides what becomes of an end. It
//! holds at once, because the sessions have left the table; it is acknowledged when the store or the journal has it; it stays in
//! the journal until the store has it, and after a restart its sessions are refused whatever the store says.
//!
//! Two ends come with a change that may be refused, and then do not take place: of sessions that a login replaces, and of those
//! that go with a password that is changed. They are committed with that change, and leave the table when it is stored.

mod federated;
mod held;
mod in_force;
mod many;
mod progress;
mod retry;
mod stale;

use std::collections::BTreeSet;
use std::error::Error as _;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use vestibule_crypto::TokenKeys;
use vestibule_model::{Clock, ConnectionId, Millis, Session, SessionId};
use vestibule_store::{
    Change, EndJournal, EndedSessions, FederatedLogins, JournalError, JournalSlot, SessionSelector, Store,
    StoreError,
};

use crate::audit::{AuditTrail, End};
use crate::background::BATCH;
use crate::detach_on_drop::DetachOnDrop;
use crate::directory::{Directory, UserEntry};
use crate::feed::Feed;
use crate::live::LiveSessions;
use crate::waiting::Waiting;
use held::{HeldEnd, HeldEnds};
use in_force::EndsInForce;
use retry::RetryQueue;

pub(crate) use in_force::Login;
pub(crate) use many::{ManyEnd, PendingEnds};
pub(crate) use progress::EndProgress;

/// A record of the journal, shared by what still has to be stored of it.
#[derive(Debug)]
struct Journaled(JournalSlot);

/// The ends.
pub(crate) struct Ends {
    /// Sessions leave it at once.
    live: Arc<LiveSessions<UserEntry>>,
    store: Arc<dyn Store>,
    /// For ends that the store does not take.
    journal: Arc<dyn EndJournal>,
    directory: Arc<Directory>,
    audit: Arc<AuditTrail>,
    /// By which ended sessions are referred to.
    tokens: TokenKeys,
    clock: Arc<dyn Clock>,
    /// Is told of ends by the table, and waited for before one is acknowledged.
    feed: Arc<Feed>,
    /// What an earlier process left in the journal.
    held: HeldEnds,
    /// Ends of many sessions that are being stored, and the logins beside them.
    in_force: Arc<EndsInForce>,
    /// Ends that were found by following, and that nobody stores yet.
    pending: Waiting<ManyEnd>,
    /// Ends that the store did not take.
    retry: RetryQueue,
    /// Connections whose sessions are to be looked for.
    connections: Mutex<BTreeSet<ConnectionId>>,
    /// Logins at identity providers whose sessions are, as far as they were opened until then.
    logins: Mutex<Vec<(FederatedLogins, Millis)>>,
    /// Whether those of every connection are, of which nobody knows yet which they are.
    of_all_connections: AtomicBool,
}

/// What ends work with.
pub(crate) struct Collaborators {
    pub(crate) live: Arc<LiveSessions<UserEntry>>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) journal: Arc<dyn EndJournal>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) audit: Arc<AuditTrail>,
    pub(crate) tokens: TokenKeys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) feed: Arc<Feed>,
}

impl Ends {
    /// Reads what an earlier process left in the journal.
    pub(crate) fn new(with: Collaborators) -> Self {
        let Collaborators { live, store, journal, directory, audit, tokens, clock, feed } = with;
        let held = HeldEnds::read(&*journal);
        let (in_force, pending, retry) = (Arc::default(), Waiting::default(), RetryQueue::default());
        let (connections, logins) = (Mutex::default(), Mutex::default());
        Self {
            live,
            store,
            journal,
            directory,
            audit,
            tokens,
            clock,
            feed,
            held,
            in_force,
            pending,
            retry,
            connections,
            logins,
            of_all_connections: AtomicBool::new(false),
        }
    }

    /// A session is about to be committed by a login, which may meet the end of many.
    pub(crate) fn login(&self, session: SessionId) -> Login<'_> {
        self.in_force.login(session)
    }

    /// [`Ends::end`], which runs to its end also when the caller goes away.
    pub(crate) async fn end_detached(self: &Arc<Self>, session: Session, end: End) -> Result<(), StoreError> {
        let ends = Arc::clone(self);
        DetachOnDrop::new(async move { ends.end(&session, &end).await }).await
    }

    /// Takes a session out of the table, then out of the store; what the store does not take the journal keeps. Gateways that keep
    /// answers have been told when this answers.
    pub(crate) async fn end(&self, session: &Session, end: &End) -> Result<(), StoreError> {
        let mut changes = vec![Change::EndSession(session.id)];
        // If it has left, somebody else was faster, and tells of it. This answers when that is durable.
        if self.live.remove(session.id).is_some() {
            tracing::debug!(session = ?session.id, user = %session.user, reason = %end.reason, "session ended");
            changes = self.audit.end_and_tell(session, end).to_vec();
        }
        let stored = self.store_end(changes, session, end).await;
        self.feed.written(Some(session.account)).await;
        stored
    }

    /// Stores, without being waited for, the end of a session of the store that was not put into the table.
    pub(crate) fn end_later(&self, session: &Session, end: &End) {
        self.retry.push(self.audit.end_and_tell(session, end).to_vec());
    }

    /// Stores the end of a session. What the store does not take is tried again; it is an error only when the journal does not
    /// take it either.
    async fn store_end(&self, changes: Vec<Change>, session: &Session, end: &End) -> Result<(), StoreError> {
        let Err(error) = self.store.commit(changes.clone()).await else { return Ok(()) };
        let now = self.clock.now();
        let sessions = EndedSessions::One(session.id);
        let selector = SessionSelector { sessions, account: None, opened_until: now };
        if let Ok(record) = self.keep_in_journal(selector, end, now).await {
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
        end: &End,
        at: Millis,
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
    pub(crate) async fn retry(&self) -> Result<(), StoreError> {
        let single = self.retry_single().await;
        self.retry_many().await.and(single)
    }

    async fn retry_single(&self) -> Result<(), StoreError> {
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

    async fn retry_many(&self) -> Result<(), StoreError> {
        let (mut waiting, mut result) = (self.retry.take_many(), Ok(()));
        while let Some(mut some) = waiting.next(BATCH) {
            let committed = self.commit(some.iter_mut().map(|retry| &mut retry.end).collect()).await;
            result = committed.and(result);
            self.retry.stored_many(&mut some).into_iter().for_each(|record| self.release(record));
        }
        result
    }

    /// Whether an end waits to be tried again.
    pub(crate) fn is_waiting(&self) -> bool {
        self.retry.is_waiting()
    }

    /// Why the journal could not be made; None: it was.
    pub(crate) fn unjournaled(&self) -> Option<String> {
        self.journal.unmade()
    }

    /// How many ends neither the store nor the journal has: they hold as long as this process lives, and are tried again.
    pub(crate) fn at_risk(&self) -> usize {
        self.retry.at_risk()
    }

    /// Forgets a record of the journal when the last of what it stands for is stored.
    fn release(&self, record: Arc<Journaled>) {
        if let Some(Journaled(slot)) = Arc::into_inner(record) {
            self.journal.release(slot);
        }
    }

    /// Whether the journal has the end of a session that the store still has. If so that is stored from here on.
    pub(crate) fn is_ended_by_journal(&self, session: &Session) -> bool {
        let Some(HeldEnd { end, record }) = self.held.of(session) else { return false };
        // Read twice, its end is told once.
        if self.live.note_end(session.id) {
            let changes = self.audit.end_and_tell_at(session, &End::from(&*end), end.at);
            self.retry.push_journaled(changes.to_vec(), record);
        }
        true
    }

    /// Every session that the store has was looked at: what the journal holds has been given to those that it ends.
    pub(crate) fn settle_journal(&self) {
        for record in self.held.take() {
            self.release(record);
        }
    }
}
