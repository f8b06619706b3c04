//! What the engine does besides answering, each in a loop of its own: a task that waits for the store, or that the store
//! fails, keeps none of the others.
//!
//! Each task is a call of its own, so that tests turn the clock and call it; [`Auth::run`] calls them in time.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use vestibule_model::Millis;
use vestibule_store::{Change, StoreError};

use crate::figures::LOOK_EVERY;
use crate::identity_providers::REFRESH_EVERY;
use crate::last_uses::turn;
use crate::service::Auth;
use crate::settings::Intervals;
use crate::signing_keys::SignError;

/// How many sessions leave the store in one commit: logins wait behind it, and its writer takes a millisecond.
pub(crate) const BATCH: usize = 64;

/// How often what was counted of requests is written: after a crash no more is missing than that of ten seconds.
const WRITE_TRAFFIC_EVERY: Duration = Duration::from_secs(5);

/// How often entries of before are indexed: a database with ten million of them is done in half an hour.
const INDEX_EVERY: Duration = Duration::from_secs(1);

/// How often the store is asked whether it is there.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// Does a task again and again: the next time when it is done, and so long after its last turn began.
async fn every<F>(period: Duration, name: &'static str, task: impl Fn() -> F)
where
    F: Future<Output = Result<(), StoreError>>,
{
    let mut turns = interval(period);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        if let Err(error) = task().await {
            let cause = error.source().map(tracing::field::display);
            tracing::error!(%error, cause, task = name, "a background task failed; it is tried again");
        }
    }
}

impl Auth {
    /// Fills the table of live sessions, and runs the background tasks until the future is dropped.
    pub async fn run(self: Arc<Self>) {
        let load = async {
            if !self.is_loaded() {
                self.load().await;
            }
        };
        tokio::join!(load, self.run_tasks());
    }

    async fn run_tasks(self: &Arc<Self>) {
        let Intervals { touch, sweep, follow } = self.intervals;
        tokio::join!(
            every(turn(touch), "write the last uses of sessions", || self.last_uses.write_due()),
            every(turn(touch), "write what was counted", || self.flush_counts()),
            every(turn(touch), "store ends of sessions that were not taken", || self.ends.retry()),
            every(turn(touch), "store changes that were not taken", || self.deferred.retry()),
            every(WRITE_TRAFFIC_EVERY, "write what was counted of requests", || {
                self.traffic.write(self.clock.now())
            }),
            every(sweep, "age what was counted of requests", || self.age_traffic()),
            every(LOOK_EVERY, "look at the counters", || async {
                self.note_figures();
                Ok(())
            }),
            every(sweep, "end the sessions that have expired", || self.end_expired()),
            every(sweep, "remove what was kept for a time", || self.remove_kept()),
            every(sweep, "forget changes of the directory", || self.follower.trim()),
            every(sweep, "forget events that nobody reads", || async {
                self.feed.tidy();
                Ok(())
            }),
            every(follow, "follow the master keys and the directory", || self.follow_others()),
            every(follow, "store the ends of sessions that followed", || self.ends.store_pending()),
            every(follow, "seal secrets anew", || async { self.reseal().await.map(drop) }),
            every(INDEX_EVERY, "index the audit", || self.audit.index()),
            every(follow, "follow the signing keys", || self.signing_keys.follow()),
            every(sweep, "keep the signing keys", || self.keep_keys()),
            every(REFRESH_EVERY, "read identity providers' metadata and keys", || {
                self.refresh_connections(self.clock.now())
            }),
            every(follow, "follow the clock", || async {
                self.follow_clock();
                Ok(())
            }),
            // What comes of it is noted, and told once.
            every(PROBE_EVERY, "ask the store whether it is there", || async {
                self.probe_store().await.or(Ok(()))
            }),
        );
    }

    async fn keep_keys(&self) -> Result<(), StoreError> {
        self.keep_signing_keys(self.clock.now()).await.map_err(|error| match error {
            SignError::Store(error) => error,
            other => StoreError::Unavailable(Box::new(other)),
        })
    }

    /// Follows what other processes changed: the master key in force, then the directory, which may be sealed under it.
    async fn follow_others(&self) -> Result<(), StoreError> {
        let keys = self.follow_master_keys().await;
        self.follow_only().await.and(keys)
    }

    /// Writes everything that is in memory, what is folded for the audit included, whatever becomes of the rest. To be called at the end.
    pub async fn finish(&self) -> Result<(), StoreError> {
        let flushed = self.flush().await;
        self.flush_audit().await.and(flushed)
    }

    /// Writes what was used and counted since the last time, and what could not be written before: once, one after the other.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let retried =
            self.ends.store_pending().await.and(self.ends.retry().await).and(self.deferred.retry().await);
        let traffic = self.traffic.write(self.clock.now()).await;
        self.last_uses.write_all().await.and(self.flush_counts().await).and(traffic).and(retried)
    }

    /// Writes how often applications were used, and what was folded for the audit.
    async fn flush_counts(&self) -> Result<(), StoreError> {
        self.flush_touches().await.and(self.audit.flush_folded().await)
    }

    async fn flush_touches(&self) -> Result<(), StoreError> {
        let counted = self.live.take_traffic();
        if counted.is_empty() {
            return Ok(());
        }
        let written = self.store.commit(vec![Change::TouchApplications(counted.clone())]).await;
        if written.is_err() {
            self.live.return_traffic(&counted);
        }
        written.map(drop)
    }

    /// Removes sessions, secrets of applications, entries of the audit and remembered answers that have expired, unless the clock has jumped within
    /// the hour: sessions are refused meanwhile, but may live again once it is right.
    pub async fn remove_expired(self: &Arc<Self>) -> Result<(), StoreError> {
        self.end_expired().await.and(self.remove_kept().await)
    }

    async fn end_expired(&self) -> Result<(), StoreError> {
        self.follow_clock();
        if self.trusts_clock() { self.sweep(self.clock.now()).await } else { Ok(()) }
    }

    /// Brings what is stored of traffic to the form of its age, unless the clock has jumped within the hour: what is deleted or added up
    /// does not come back when it is right. Each call does a bounded amount of work.
    pub async fn age_traffic(&self) -> Result<(), StoreError> {
        self.follow_clock();
        if self.trusts_clock() { self.traffic.age(self.clock.now()).await } else { Ok(()) }
    }

    async fn remove_kept(self: &Arc<Self>) -> Result<(), StoreError> {
        self.follow_clock();
        if !self.trusts_clock() {
            return Ok(());
        }
        let now = self.clock.now();
        let administration = self.administration();
        let erased = administration.erase_superseded(now).await;
        let forgotten = self.forget_consumed(now).await;
        erased.and(self.audit.prune(now).await).and(administration.forget_answers(now).await).and(forgotten)
    }

    /// Forgets the oldest changes of the directory when there are many.
    pub async fn trim_changes(&self) -> Result<(), StoreError> {
        self.follower.trim().await
    }

    /// Removes the sessions that are dead at `now`, from memory and then, in small batches, from the store; what the store
    /// does not take is tried again. One that was used as only the store knows lives on.
    pub async fn sweep(&self, now: Millis) -> Result<(), StoreError> {
        let expired = self.live.remove_expired(now);
        self.ends.end_unused(&expired).await
    }
}
