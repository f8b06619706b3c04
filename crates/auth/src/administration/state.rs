//! What administration keeps in memory.

use std::sync::{Arc, MutexGuard as SyncGuard, PoisonError};

use tokio::sync::{Mutex, MutexGuard, OwnedSemaphorePermit, Semaphore};
use vestibule_model::SecondFactorPolicy;

use super::end_job_table::EndJobs;
use super::idempotency::KeysInFlight;
use super::recent_counts::RecentCounts;
use super::turns::Turns;

/// How many exports of the audit may be under way: each holds some pages in memory for as long as its reader likes.
const EXPORTS: usize = 16;

/// How many walks through all sessions are under way: each takes the threads that also answer checks for a moment again and again.
const WALKS: usize = 2;

/// How many counts of the audit are under way: the store has few readers that answer questions.
const COUNTS: usize = 1;

/// The part of the engine that is administration's own.
pub(crate) struct AdministrationState {
    /// Held by whoever changes administrators and their tokens.
    administrators: Mutex<()>,
    creations: Arc<KeysInFlight>,
    exports: Arc<Semaphore>,
    end_jobs: EndJobs,
    walks: Turns,
    counting: Turns,
    counts: std::sync::Mutex<RecentCounts>,
    second_factor: SecondFactorPolicy,
}

impl AdministrationState {
    pub(crate) fn new(second_factor: SecondFactorPolicy) -> Self {
        Self {
            administrators: Mutex::default(),
            creations: Arc::default(),
            exports: Arc::new(Semaphore::new(EXPORTS)),
            end_jobs: EndJobs::default(),
            walks: Turns::of(WALKS),
            counting: Turns::of(COUNTS),
            counts: std::sync::Mutex::default(),
            second_factor,
        }
    }

    /// Turns of walks through all sessions.
    pub(super) const fn walks(&self) -> &Turns {
        &self.walks
    }

    /// Whether administrators need a second factor.
    pub(super) const fn second_factor(&self) -> SecondFactorPolicy {
        self.second_factor
    }

    /// The turn of whoever changes administrators and their tokens.
    pub(crate) async fn lock_administrators(&self) -> MutexGuard<'_, ()> {
        self.administrators.lock().await
    }

    /// The creations under way that came under a key.
    pub(super) const fn creations(&self) -> &Arc<KeysInFlight> {
        &self.creations
    }

    /// The ends of many sessions that administrators asked for.
    pub(super) const fn end_jobs(&self) -> &EndJobs {
        &self.end_jobs
    }

    /// The permit of one more export; None: there are as many as may be.
    pub(super) fn permit_export(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.exports).try_acquire_owned().ok()
    }

    /// Turns of counts of the audit.
    pub(super) const fn counting(&self) -> &Turns {
        &self.counting
    }

    /// The counts of the audit that were made a moment ago.
    pub(super) fn recent_counts(&self) -> SyncGuard<'_, RecentCounts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
