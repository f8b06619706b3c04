//! What the engine does besides answering: writes last uses, removes what expired, follows the directory.
//!
//! Each task is a call of its own, so that tests turn the clock and call it; [`Auth::run`] calls them in time.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::Instrument;
use vestibule_model::{AccountId, EndReason, Millis, Session, User, UserId};
use vestibule_store::{Change, DirectoryChanges, Sequence, StoreError};

use crate::audit::{End, why_not_current};
use crate::directory::AccountEntry;
use crate::ends::{Ending, Retry};
use crate::service::Auth;

/// How many sessions leave the store in one commit: logins wait behind it, and its writer takes a millisecond.
pub(crate) const BATCH: usize = 64;

/// How often the store is asked whether it is there.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// How many last uses are written in one commit. They are scattered over the table, so each costs a page of its own.
const TOUCH_BATCH: usize = 128;

/// How many changed users of an account are read one by one; with more of them the account is read as a whole.
const SINGLE_USERS: usize = 500;

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

    /// Follows what other processes changed: the master key in force, then the directory, which may be sealed under it. Then
    /// seals anew what a rotation left.
    async fn follow_others(&self) -> Result<(), StoreError> {
        self.follow_master_keys().await?;
        self.follow().await?;
        self.reseal().await.map(drop)
    }

    /// Reads the accounts and users anew that changed in the store, and ends the sessions of users who lost their right to
    /// them. Nothing is lost when this fails: it begins where it last succeeded.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let _turn = self.directory_lock.lock().await;
        self.follow_locked().await
    }

    /// The same for whoever has the turn.
    pub(crate) async fn follow_locked(&self) -> Result<(), StoreError> {
        let DirectoryChanges { changed, sequence } = self.store.changes(self.sequence()).await?;
        for of_account in changed.chunk_by(|one, next| one.account == next.account) {
            let account = of_account[0].account;
            let is_known = self.directory.account(account).is_some();
            if !is_known || of_account.len() > SINGLE_USERS || of_account[0].user.is_none() {
                self.reload(account, sequence).await?;
                continue;
            }
            for user in of_account.iter().filter_map(|changed| changed.user) {
                self.reload_user(account, user).await?;
            }
        }
        self.sequence.store(sequence.0, Ordering::Relaxed);
        Ok(())
    }

    async fn reload_user(&self, account: AccountId, id: UserId) -> Result<(), StoreError> {
        let row = self.store.user(id).await?;
        let Some(entry) = self.directory.account(account) else { return Ok(()) };
        let is_locked = row.as_ref().is_some_and(|user| user.locked_at.is_some());
        let before = match row {
            Some(row) => entry.put_user(row),
            None => entry.remove_user(id),
        };
        if before.as_ref().is_some_and(|before| before.locked_at.is_some()) && !is_locked {
            self.lockouts.forget(id);
        }
        self.end_stale_sessions(id, before.as_deref().map(|before| &**before)).await
    }

    async fn reload(&self, id: AccountId, sequence: Sequence) -> Result<(), StoreError> {
        let Some(rows) = self.store.account(id).await? else { return self.forget(id).await };
        let entry = AccountEntry::build(rows, sequence, (&self.sealer, &self.costs))
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let Some(before) = self.directory.put(entry) else { return Ok(()) };
        let Some(after) = self.directory.account(id) else { return Ok(()) };
        let users = before.users();
        for user in users.iter().filter(|user| user.locked_at.is_some()) {
            if after.user(user.id).is_some_and(|user| user.locked_at.is_none()) {
                self.lockouts.forget(user.id);
            }
        }
        for user in users {
            self.end_stale_sessions(user.id, Some(&user)).await?;
        }
        Ok(())
    }

    /// An account was deleted.
    async fn forget(&self, id: AccountId) -> Result<(), StoreError> {
        let Some(before) = self.directory.remove(id) else { return Ok(()) };
        for user in before.users() {
            self.end_stale_sessions(user.id, Some(&user)).await?;
        }
        Ok(())
    }

    /// Ends the sessions whose user may not stay any more: what ended so is not revived when the cause is gone.
    /// `before` is the user as it was, if that is still known.
    async fn end_stale_sessions(&self, user: UserId, before: Option<&User>) -> Result<(), StoreError> {
        let now = self.clock.now();
        for session in self.live.of_user(user, now) {
            let may = self.live.with(session.id, now, |live| self.may_go_on(live, session.address, now));
            if may == Some(false) {
                let account = self.directory.account(session.account);
                let reason = why_not_current(&session, before, account.as_deref(), now);
                let user_name = before.map(|user| user.login_name.clone());
                self.end(&session, &End { user_name, ..reason.into() }).await?;
            }
        }
        Ok(())
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
