//! Ends of many sessions: decided in memory, and then taken out of the store in several transactions, so that nobody waits long
//! behind one of them.
//!
//! The sessions have left the table before anything is stored: no check says yes from the decision on. A process that is
//! killed in between has acknowledged nothing, and some of the sessions may live again.

use std::collections::BTreeSet;
use std::sync::Arc;

use vestibule_model::{AccountId, ConnectionId, Millis, Session};
use vestibule_store::{
    Change, EndRecords, EndSessions, EndedSessions, Outcome, SessionSelector, StoreError, WalkPosition,
};

use super::retry::Kept;
use super::{EndProgress, Ends};
use crate::audit::{End, end_of_expired, record_of_end};
use crate::background::BATCH;
use crate::directory::UserEntry;
use crate::live::LiveSessions;

/// How many sessions one transaction ends: some ten milliseconds of the store's writer (ADR 37).
const AT_ONCE: usize = 250;

/// An end of many sessions that is decided.
#[derive(Clone)]
pub(crate) struct ManyEnd {
    pub(crate) selector: SessionSelector,
    /// What the journal is to say of all of them.
    pub(crate) end: End,
    records: EndRecords,
    pub(crate) at: Millis,
    behind: Option<WalkPosition>,
    pub(crate) is_stored: bool,
    /// Is told how many have ended.
    progress: Option<Arc<EndProgress>>,
}

impl ManyEnd {
    pub(crate) fn new(selector: SessionSelector, end: End, at: Millis, records: EndRecords) -> Self {
        Self { selector, end, records, at, behind: None, is_stored: false, progress: None }
    }

    /// The first part of it, in a transaction with other changes.
    pub(crate) fn change_alone(&self) -> Change {
        self.change(AT_ONCE)
    }

    /// What is left of it after that transaction.
    pub(crate) fn rest_of(self, outcome: &Outcome) -> Option<Self> {
        let (_, behind) = *outcome.unfinished.first()?;
        Some(Self { behind: Some(behind), ..self })
    }

    /// The same for those that were opened until then.
    pub(crate) fn opened_until(mut self, opened_until: Millis) -> Self {
        self.selector.opened_until = opened_until;
        self
    }

    /// The same, of which somebody is told how far it has come.
    fn telling(self, progress: &Arc<EndProgress>) -> Self {
        Self { progress: Some(Arc::clone(progress)), ..self }
    }

    fn change(&self, limit: usize) -> Change {
        let Self { selector, behind, ref records, .. } = *self;
        Change::EndSessions(EndSessions { selector, behind, limit, records: records.clone() }.into())
    }
}

/// Ends that are decided and still to be stored. What is not stored when this is dropped is tried in the background.
pub(crate) struct PendingEnds<'a> {
    all: &'a Ends,
    ends: Vec<ManyEnd>,
    /// Those that may have been disabled or deleted, whose sessions are to be looked for.
    connections: BTreeSet<ConnectionId>,
}

impl Drop for PendingEnds<'_> {
    fn drop(&mut self) {
        self.all.look_for_sessions_of(std::mem::take(&mut self.connections));
        self.ends
            .drain(..)
            .filter(|end| !end.is_stored)
            .for_each(|end| self.all.retry.push_many(end, Kept::Nowhere));
    }
}

impl<'a> PendingEnds<'a> {
    /// None yet.
    const fn of(all: &'a Ends) -> Self {
        Self { all, ends: Vec::new(), connections: BTreeSet::new() }
    }

    pub(crate) fn add(&mut self, ends: impl IntoIterator<Item = ManyEnd>) {
        self.ends.extend(ends);
    }

    /// Adds connections whose sessions are to be looked for, if they are not enabled any more.
    pub(crate) fn add_connections(&mut self, connections: impl IntoIterator<Item = ConnectionId>) {
        self.connections.extend(connections);
    }

    /// Adds those of another.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.connections.append(&mut other.connections);
        self.ends.append(&mut other.ends);
    }

    /// Leaves them to [`Ends::store_pending`].
    pub(crate) fn leave(mut self) {
        self.ends.drain(..).for_each(|end| self.all.pending.push(end));
    }

    /// Stores them all; what the store does not take the journal keeps. An error if it does not take one of them either. Gateways
    /// that keep answers have been told when this answers: of these ends, and of whatever else was published before.
    pub(crate) async fn end_all(mut self) -> Result<(), StoreError> {
        let mut result = self.all.end_of_refused(std::mem::take(&mut self.connections)).await;
        while !self.ends.is_empty() {
            let some = self.ends.len().min(BATCH);
            if let Err(error) = self.all.commit(self.ends[..some].iter_mut().collect()).await
                && !self.keep_first(some).await
            {
                result = Err(error);
            }
            self.ends.drain(..some);
        }
        self.all.feed.written(None).await;
        result
    }
}

impl PendingEnds<'_> {
    /// Whether the journal keeps the first of these, as far as they are not stored. They are tried again either way.
    async fn keep_first(&mut self, some: usize) -> bool {
        let mut are_kept = true;
        for end in self.ends[..some].iter_mut().filter(|end| !end.is_stored) {
            let kept = self.all.keep_in_journal(end.selector, &end.end, end.at).await;
            are_kept &= kept.is_ok();
            let kept = kept.map_or(Kept::AtRisk, Kept::Journal);
            self.all.retry.push_many(end.clone(), kept);
            // By others, from here on.
            end.is_stored = true;
        }
        are_kept
    }
}

impl Ends {
    /// For ends that are about to be decided.
    pub(crate) const fn pending(&self) -> PendingEnds<'_> {
        PendingEnds::of(self)
    }

    /// Stores the ends that following and logouts have left.
    pub(crate) async fn store_pending(&self) -> Result<(), StoreError> {
        let of_logins = self.end_of_logins().await;
        let mut pending = self.pending();
        pending.add(self.pending.take().done());
        pending.add_connections(self.refused_connections());
        pending.end_all().await.and(of_logins)
    }

    /// Ends what is selected: refused in memory from here on, and durable when this answers. Answers how many there were. The
    /// table has to be complete.
    pub(crate) async fn end_selected(
        &self,
        sessions: EndedSessions,
        account: Option<AccountId>,
        end: End,
        progress: &Arc<EndProgress>,
    ) -> Result<usize, StoreError> {
        let at = self.clock.now();
        let selector = SessionSelector { sessions, account, opened_until: at };
        let decided = self.in_force.decide(selector, end.clone());
        let records = self.records_unless_later(decided.number, end.clone(), at);
        let mut pending = self.pending();
        // From here on it takes place, also if the caller goes away.
        pending.add([ManyEnd::new(selector, end, at, records).telling(progress)]);
        let removed = self.take_out(selector, decided.number).await;
        progress.add_found(removed.len());
        // A session that was opened before the clock was set back is opened in the future.
        let opened_until = removed.iter().map(|session| session.created).fold(at, Millis::max);
        pending.ends.iter_mut().for_each(|end| end.selector.opened_until = opened_until);
        pending.end_all().await?;
        drop(decided);
        Ok(removed.len())
    }

    /// Tells of the end of each session, but for those that were opened since it was decided.
    pub(super) fn records_unless_later(&self, number: u64, end: End, at: Millis) -> EndRecords {
        let (live, in_force) = (Arc::clone(&self.live), Arc::clone(&self.in_force));
        let tokens = self.tokens.clone();
        EndRecords::by(move |session| {
            // In this order: a login stands in the table before it is none any more. An end that the journal has is not in force any
            // more: what it meant has left the table, and what came after it stands there.
            let is_later = in_force.was_opened_after(session.id, number) || live.has(session.id);
            (!is_later).then(|| record_of_end(tokens.reference(session.id), session, &end, at))
        })
    }

    /// Takes what is selected out of the table, whatever the clock says of when it was opened, but for what was opened since it
    /// was decided.
    async fn take_out(&self, selector: SessionSelector, number: u64) -> Vec<Session> {
        let is_meant = |session: &Session| {
            SessionSelector { opened_until: session.created, ..selector }.selects(session)
                && !self.in_force.was_opened_after(session.id, number)
        };
        let mut removed = Vec::new();
        match selector.sessions {
            EndedSessions::One(id) => removed.extend(self.live.remove(id)),
            EndedSessions::OfUser(user) | EndedSessions::OfUserBut(user, _) => {
                removed = self.live.remove_of_user(user, is_meant);
            }
            _ => {
                for shard in 0..LiveSessions::<UserEntry>::WALK {
                    removed.append(&mut self.live.remove_of_shard(shard, is_meant));
                    tokio::task::yield_now().await;
                }
            }
        }
        for session in &removed {
            tracing::debug!(session = ?session.id, user = %session.user, "session ended");
        }
        removed
    }

    /// Takes ends out of the store, a share of each in every transaction, until all are done. What is done when this fails is
    /// marked.
    pub(super) async fn commit(&self, mut open: Vec<&mut ManyEnd>) -> Result<(), StoreError> {
        open.retain(|end| !end.is_stored);
        while !open.is_empty() {
            let limit = (AT_ONCE / open.len()).max(1);
            let outcome = self.store.commit(open.iter().map(|end| end.change(limit)).collect()).await?;
            // Of several nobody can tell whose they are, and nobody asks: those are tried again.
            if let [ManyEnd { progress: Some(progress), .. }] = &*open {
                progress.add_ended(outcome.ended.len());
            }
            for id in outcome.ended {
                self.live.remove(id);
            }
            let mut unfinished = outcome.unfinished.into_iter().peekable();
            let mut index = 0;
            open.retain_mut(|end| {
                let goes_on = unfinished.next_if(|(of, _)| *of == index);
                index += 1;
                match goes_on {
                    Some((_, behind)) => end.behind = Some(behind),
                    None => end.is_stored = true,
                }
                !end.is_stored
            });
        }
        Ok(())
    }

    /// The end of a session that a login opened while an end of many was being stored that means it.
    pub(crate) async fn end_overtaken(&self, session: &Session, end: End) -> Result<(), StoreError> {
        let at = self.clock.now();
        self.live.remove(session.id);
        let sessions = EndedSessions::One(session.id);
        let selector = SessionSelector { sessions, account: Some(session.account), opened_until: at };
        let (tokens, why) = (self.tokens.clone(), end.clone());
        // It may have been met in the store already, and told of.
        let records = EndRecords::by(move |session| {
            Some(record_of_end(tokens.reference(session.id), session, &why, at))
        });
        let mut pending = self.pending();
        pending.add([ManyEnd::new(selector, end, at, records)]);
        pending.end_all().await
    }

    /// Ends sessions that were not used for their idle limit, or have reached their absolute end. Every use is known here first, so
    /// what the store says of their last use does not matter: it may have been written by a clock that ran ahead.
    pub(crate) async fn end_unused(&self, expired: &[Session]) -> Result<(), StoreError> {
        let mut stored = Ok(());
        for batch in expired.chunks(BATCH) {
            let changes: Vec<Change> = batch.iter().flat_map(|session| self.end_of_unused(session)).collect();
            if let Err(error) = self.store.commit(changes.clone()).await {
                self.retry.push(changes);
                stored = Err(error);
            }
        }
        stored
    }

    fn end_of_unused(&self, session: &Session) -> [Change; 2] {
        let account = self.directory.account(session.account);
        let end = end_of_expired(session, account.as_deref());
        tracing::debug!(session = ?session.id, user = %session.user, reason = %end.reason, "session ended");
        self.audit.end_and_tell(session, &end)
    }
}
