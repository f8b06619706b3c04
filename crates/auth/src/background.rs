//! What the engine does besides answering: writes last uses, removes what expired, follows the directory.
//!
//! Each task is a call of its own, so that tests turn the clock and call it; [`Auth::run`] calls them in time.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::Instrument;
use vestibule_model::{EndReason, Millis, Session};
use vestibule_store::{Change, StoreError};

use crate::audit::End;
use crate::ends::{Ending, Retry};
use crate::service::Auth;

/// How many sessions leave the store in one commit: logins wait behind it, and its writer takes a millisecond.
pub(crate) const BATCH: usize = 64;

/// How often the store is asked whether it is there.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// How many last uses are written in one commit. They are scattered over the table, so each costs a page of its own.
const TOUCH_BATCH: usize = 128;

impl Auth {
    /// Fills the table of live sessions, and runs the background tasks until the future is dropped.
    pub async fn run(self: Arc<Self>) {
        tokio::join!(self.load(), self.run_tasks());
    }

    async fn run_tasks(&self) {
        let every = |period| {
            let mut ticks = interval(period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        };
        let mut touch = every(self.intervals.touch);
        let mut sweep = every(self.intervals.sweep);
        let mut follow = every(self.intervals.follow);
        let mut probe = every(PROBE_EVERY);
        loop {
            let (task, result) = tokio::select! {
                _ = touch.tick() => ("write the last uses of sessions", self.flush().await),
                _ = sweep.tick() => ("remove what has expired", self.remove_expired().await),
                _ = probe.tick() => {
                    // What comes of it is noted, and told once.
                    let _ = self.probe_store().await;
                    continue;
                }
                _ = follow.tick() => {
                    self.follow_clock();
                    ("follow the directory", self.follow_others().await)
                }
            };
            if let Err(error) = result {
                let cause = error.source().map(tracing::field::display);
                tracing::error!(%error, cause, task, "a background task failed; it is tried again");
            }
        }
    }

    /// Writes what was used since the last time, and what could not be written before.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let retried = self.commit_retries().await;
        let mut written = Ok(());
        let mut touched = self.live.take_touched();
        // In the order of the store: most of the way to a session is that to the one before it.
        touched.sort_unstable_by_key(|touch| touch.session);
        for batch in touched.chunks(TOUCH_BATCH) {
            if let Err(error) = self.store.commit(vec![Change::TouchSessions(batch.to_vec())]).await {
                self.live.return_touched(batch);
                written = Err(error);
            }
        }
        written.and(self.flush_traffic().await).and(self.flush_folded().await).and(retried)
    }

    async fn flush_traffic(&self) -> Result<(), StoreError> {
        let counted = self.live.take_traffic();
        if counted.is_empty() {
            return Ok(());
        }
        let written = self.store.commit(vec![Change::TouchApplications(counted.clone())]).await;
        if written.is_err() {
            self.live.return_traffic(&counted);
        }
        written
    }

    pub(crate) async fn commit_retries(&self) -> Result<(), StoreError> {
        let mut result = Ok(());
        let mut waiting = self.retry.take().into_iter();
        loop {
            let some: Vec<Retry> = waiting.by_ref().take(BATCH).collect();
            if some.is_empty() {
                return result;
            }
            let changes = some.iter().flat_map(|retry| retry.changes.iter().cloned()).collect();
            match self.store.commit(changes).await {
                Ok(()) => self.retry.stored(some).into_iter().for_each(|place| self.release(place)),
                Err(error) => {
                    self.retry.give_back(some);
                    result = Err(error);
                }
            }
        }
    }

    /// Removes sessions, secrets of applications, entries of the audit and remembered answers that have expired, unless the clock has jumped within
    /// the hour: sessions are refused meanwhile, but may live again once it is right.
    pub async fn remove_expired(&self) -> Result<(), StoreError> {
        self.follow_clock();
        if !self.trusts_clock() {
            return Ok(());
        }
        let now = self.clock.now();
        self.sweep(now)
            .await
            .and(self.erase_superseded(now).await)
            .and(self.prune_audit(now).await)
            .and(self.forget_answers(now).await)
    }

    /// Removes the sessions that are dead at `now`, from memory and then, in small batches, from the store; what the store
    /// does not take is tried again.
    pub async fn sweep(&self, now: Millis) -> Result<(), StoreError> {
        let expired = self.live.remove_expired(now);
        self.end_removed(&expired, &Ending::expired(), |session| self.end_of_expired(session)).await
    }

    /// One that was opened with superseded secrets, and so had the end of their overlap as its own, ended with them.
    pub(crate) fn end_of_expired(&self, session: &Session) -> End {
        let end = End::expired(session);
        if end.reason != EndReason::AbsoluteEnd {
            return end;
        }
        let account = self.directory.account(session.account);
        let secrets = account.and_then(|account| account.secrets_of(session.application));
        let with_them = secrets.is_some_and(|(present, overlap)| {
            session.secret_version != present
                && overlap.is_none_or(|overlap| session.absolute_end >= Some(overlap.until))
        });
        if with_them { End { reason: EndReason::ApplicationRefused, ..end } } else { end }
    }

    /// Stores changes without keeping its cause waiting; what the store does not take is tried again.
    pub(crate) fn commit_later(self: &Arc<Self>, changes: Vec<Change>) {
        let auth = Arc::clone(self);
        // The commit begins here: it takes place even if the runtime ends before the task has had its turn.
        let commit = self.store.commit(changes.clone());
        let stored = async move {
            if let Err(error) = commit.await {
                let cause = error.source().map(tracing::field::display);
                tracing::error!(%error, cause, "a change is not stored yet; it is tried again");
                auth.retry.push(changes);
            }
        };
        tokio::spawn(stored.in_current_span());
    }
}
