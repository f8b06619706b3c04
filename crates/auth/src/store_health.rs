//! Whether the store does what it is asked: seen at every commit and every read of the engine, and tried when it does not.
//!
//! Owns what readiness is told. Decides nothing about requests: each is answered by what its own commit came to.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vestibule_store::{Change, StoreError};

use crate::service::Auth;

/// What readiness is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Every request there is.
    Everything,
    /// Whether sessions that live are told from others: checks and refreshes.
    Checks,
}

/// Why the service cannot do what it is for. The worst first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Ends of sessions are neither in the store nor in the journal.
    EndsAtRisk,
    /// The store takes no changes: nobody logs in, and nothing is changed. Why, in the words of whoever refuses.
    NoChanges(String),
    /// The store cannot be read. Why.
    NotRead(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndsAtRisk => out.write_str(
                "ends of sessions are neither in the database nor in the journal: a restart would revive them",
            ),
            Self::NoChanges(why) => write!(out, "the database takes no changes: {why}"),
            Self::NotRead(why) => write!(out, "the database cannot be read: {why}"),
        }
    }
}

/// What became of the last commit and of the last read.
#[derive(Debug, Default)]
pub(crate) struct StoreHealth {
    /// Why the last commit failed, and the last read; None: they did not.
    commits: Mutex<Option<String>>,
    reads: Mutex<Option<String>>,
    /// Why the witness could not be written the last time.
    witness: Mutex<Option<String>>,
    failed_commits: AtomicU64,
}

impl StoreHealth {
    /// A commit came to this. One that had nothing to write tells nothing when it succeeds.
    pub(crate) fn committed<T>(&self, outcome: &Result<T, StoreError>, has_written: bool) {
        match outcome {
            Err(StoreError::Unavailable(cause)) => {
                self.failed_commits.fetch_add(1, Ordering::Relaxed);
                let why = innermost(&**cause);
                if lock(&self.commits).replace(why.clone()).is_none() {
                    tracing::error!(why, "the database takes no changes");
                }
            }
            _ if has_written && lock(&self.commits).take().is_some() => {
                tracing::info!("the database takes changes again");
            }
            _ => {}
        }
    }

    /// A read came to this.
    pub(crate) fn read<T>(&self, outcome: &Result<T, StoreError>) {
        let why = match outcome {
            Err(StoreError::Unavailable(cause)) => Some(innermost(&**cause)),
            Err(error @ StoreError::Undecodable(_)) => Some(error.to_string()),
            _ => None,
        };
        let mut reads = lock(&self.reads);
        if why.is_some() != reads.is_some() {
            *reads = why;
        }
    }

    /// The witness is kept, or is not. Told when that changes.
    fn witness(&self, trouble: Option<String>) {
        let mut noted = lock(&self.witness);
        match (&trouble, &*noted) {
            (Some(why), None) => tracing::error!(
                why,
                "the witness cannot be written: an older copy of the database that is put back may go unnoticed"
            ),
            (None, Some(_)) => tracing::info!("the witness is written again"),
            _ => {}
        }
        *noted = trouble;
    }
}

/// What lies under an error, in its own words: those above it say less.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn lock(why: &Mutex<Option<String>>) -> MutexGuard<'_, Option<String>> {
    why.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Auth {
    /// Why the service cannot do what is asked for here; None: it can.
    pub fn trouble(&self, purpose: Purpose) -> Option<Trouble> {
        let not_read = || lock(&self.store_health.reads).clone().map(Trouble::NotRead);
        match purpose {
            Purpose::Everything if self.ends.at_risk() > 0 => Some(Trouble::EndsAtRisk),
            Purpose::Everything => {
                lock(&self.store_health.commits).clone().map(Trouble::NoChanges).or_else(not_read)
            }
            // Once the table is complete, memory answers.
            Purpose::Checks => not_read().filter(|_| !self.is_loaded()),
        }
    }

    /// Why the witness could not be written the last time; None: it was, or there is none. Nothing that is asked of the service
    /// depends on it.
    pub fn unwitnessed(&self) -> Option<String> {
        self.store.unwitnessed()
    }

    /// Why the journal of ends could not be made; None: it was. Until it is, an end that the store does not take holds as long as
    /// this process lives.
    pub fn unjournaled(&self) -> Option<String> {
        self.ends.unjournaled()
    }

    /// How many commits the store has failed since the start.
    pub fn failed_commits(&self) -> u64 {
        self.store_health.failed_commits.load(Ordering::Relaxed)
    }

    /// Asks the store whether it is there, and, if it took no changes the last time, whether it takes some now.
    pub async fn probe_store(&self) -> Result<(), StoreError> {
        let was_refused = lock(&self.store_health.commits).is_some();
        let probe = if was_refused { vec![Change::Probe] } else { Vec::new() };
        self.store_health.witness(self.store.unwitnessed());
        self.store.commit(probe).await.map(drop)
    }
}
