//! The thread that keeps the witness while the database is in use: before an end of sessions is answered, and otherwise once a
//! second. One write and one sync for all that wait.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::hand::Hand;
use super::record::Testimony;
use super::{DatabaseId, WitnessFile};
use crate::chain::Link;
use crate::writer::Decided;

/// How long what is no end of sessions may be without a witness.
const EVERY: Duration = Duration::from_secs(1);

/// How long an end waits for the witness. It is durable in the database; a disk that hangs must not keep it from being answered.
const PATIENCE: Duration = Duration::from_secs(2);

/// The thread, and what it is told.
#[derive(Debug)]
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    /// None only while it is being dropped.
    queue: Option<Sender<Vec<Decided>>>,
    thread: Option<JoinHandle<()>>,
}

/// What is durable.
#[derive(Debug)]
struct Shared(Mutex<Durable>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Durable {
    /// The newest entry of the database.
    pub(crate) newest: Link,
    /// The newest entry in its own file, as far as that is known.
    pub(crate) folded: i64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Durable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the witness is kept.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Why the last testimony was not written; None: it was.
    trouble: Mutex<Option<String>>,
    written: AtomicU64,
}

impl Health {
    /// Why the last testimony was not written; None: it was.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.lock().clone()
    }

    /// How many testimonies were written.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    pub(crate) fn note(&self, outcome: &io::Result<()>) {
        if outcome.is_ok() {
            self.written.fetch_add(1, Ordering::Relaxed);
        }
        *self.lock() = outcome.as_ref().err().map(ToString::to_string);
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread works with.
struct Thread {
    hand: Hand,
    database: DatabaseId,
    shared: Arc<Shared>,
    /// What was written into the file last; None: nothing yet, or that failed.
    written: Option<Durable>,
    /// Both places of the file have it: neither is of an earlier generation of the master key, and one that is damaged later
    /// has told nothing newer.
    is_in_both: bool,
    health: Arc<Health>,
}

impl Keeper {
    /// Writes a testimony, and starts the thread.
    pub(crate) fn start(
        mut file: WitnessFile,
        database: DatabaseId,
        durable: Durable,
        health: Arc<Health>,
    ) -> io::Result<Self> {
        let hand = Hand::start(move |testimony| file.put(testimony))?;
        let shared = Arc::new(Shared(Mutex::new(durable)));
        let (queue, waiting) = mpsc::channel();
        let mut thread =
            Thread { hand, database, shared: Arc::clone(&shared), written: None, is_in_both: false, health };
        thread.testify();
        let spawned = thread::Builder::new().name("witness".into());
        let spawned = spawned.spawn(move || thread.run(&waiting))?;
        Ok(Self { shared, queue: Some(queue), thread: Some(spawned) })
    }

    /// Everything that was committed so far is folded into the database's own file, and durable there.
    pub(crate) fn folded(&self) {
        let mut durable = self.shared.lock();
        durable.folded = durable.newest.sequence;
    }

    /// A transaction was committed, and this is the newest entry now. What takes something away is answered once that is
    /// witnessed, the rest at once.
    pub(crate) fn committed(&self, newest: Option<Link>, written: impl Iterator<Item = Decided>) {
        if let Some(newest) = newest {
            self.shared.lock().newest = newest;
        }
        let is_urgent = |Decided { batch, verdict }: &Decided| {
            verdict.is_ok() && batch.changes.iter().any(vestibule_store::Change::takes_away)
        };
        let (urgent, rest): (Vec<_>, Vec<_>) = written.partition(is_urgent);
        rest.into_iter().for_each(Decided::tell);
        if let Some(queue) = self.queue.as_ref().filter(|_| !urgent.is_empty())
            && let Err(mpsc::SendError(urgent)) = queue.send(urgent)
        {
            // The thread is gone; what was committed is done all the same.
            urgent.into_iter().for_each(Decided::tell);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.queue.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}

impl Thread {
    fn run(&mut self, waiting: &Receiver<Vec<Decided>>) {
        loop {
            match waiting.recv_timeout(EVERY) {
                Ok(first) => {
                    let mut group = first;
                    group.extend(waiting.try_iter().flatten());
                    // After the group was taken: whatever it has committed is not newer than this.
                    self.testify();
                    // A witness that cannot be written takes nothing back: the end is durable in the database.
                    group.into_iter().for_each(Decided::tell);
                }
                Err(RecvTimeoutError::Timeout) => {
                    if !self.testify() {
                        self.repeat();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.testify();
                    return self.repeat();
                }
            }
        }
    }

    /// Writes what is true now, unless it is written; answers whether there was something to write.
    fn testify(&mut self) -> bool {
        let now = *self.shared.lock();
        if self.written == Some(now) {
            return false;
        }
        let testimony = Testimony::new(self.database, now);
        let outcome = self.hand.put(testimony, PATIENCE);
        self.health.note(&outcome);
        self.written = outcome.is_ok().then_some(now);
        self.is_in_both = false;
        true
    }

    /// Writes the last testimony into the other place as well, once.
    fn repeat(&mut self) {
        let Some(written) = self.written.filter(|_| !self.is_in_both) else { return };
        match self.hand.put(Testimony::new(self.database, written), PATIENCE) {
            Ok(()) => self.is_in_both = true,
            outcome @ Err(_) => {
                self.health.note(&outcome);
                self.written = None;
            }
        }
    }
}

impl Testimony {
    /// That this is durable.
    pub(crate) fn new(database: DatabaseId, Durable { newest, folded }: Durable) -> Self {
        Self { database, newest: newest.into(), folded }
    }
}
