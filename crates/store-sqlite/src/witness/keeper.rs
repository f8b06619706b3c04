//! The thread that keeps the witness while the database is in use: before an end of sessions is answered, and otherwise once a
//! second. One write and one sync for all that wait.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use vestibule_model::AuditMac;

use super::record::Testimony;
use super::{DatabaseId, Folded, WitnessFile};
use crate::chain::Link;
use crate::writer::{Batch, Verdict, answer};

/// How long what is no end of sessions may be without a witness.
const EVERY: Duration = Duration::from_secs(1);

/// A batch that is durable in the database, and whom to tell once it is witnessed.
pub(crate) type Written = (Batch, Verdict);

/// The thread, and what it is told.
#[derive(Debug)]
pub(crate) struct Keeper {
    newest: Arc<Newest>,
    /// None only while it is being dropped.
    queue: Option<Sender<Vec<Written>>>,
    thread: Option<JoinHandle<()>>,
}

/// The newest entry that is durable in the database.
#[derive(Debug)]
struct Newest(Mutex<Link>);

impl Newest {
    fn lock(&self) -> MutexGuard<'_, Link> {
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

/// How many testimonies may follow each other until somebody looks how far the database's file has come: where ends never
/// cease, there is no other moment.
const LOOK_EVERY: u32 = 1_024;

/// A witness and what is true of its database.
pub(crate) struct Kept {
    pub(crate) file: WitnessFile,
    pub(crate) database: DatabaseId,
    pub(crate) newest: Link,
    /// The newest entry in the database's own file, and how to find that out later.
    pub(crate) folded: i64,
    pub(crate) look: Folded,
    pub(crate) mac: Arc<dyn AuditMac>,
}

impl Kept {
    /// Writes what is true now.
    pub(crate) fn testify(&mut self) -> io::Result<()> {
        let Self { database, newest, folded, .. } = *self;
        self.file.put(&Testimony { database, newest: newest.into(), folded })
    }

    /// Looks how far the database's file has come. What cannot be read now is looked for later.
    fn look(&mut self) {
        if self.folded < self.newest.sequence
            && let Ok(Some(folded)) = self.look.durable(&*self.mac)
        {
            self.folded = self.folded.max(folded);
        }
    }
}

/// What the thread works with.
struct Thread {
    kept: Kept,
    newest: Arc<Newest>,
    /// What was written into the file last; None: nothing yet, or that failed.
    written: Option<(Link, i64)>,
    since_look: u32,
    health: Arc<Health>,
}

impl Keeper {
    /// Writes a testimony, and starts the thread.
    pub(crate) fn start(kept: Kept, health: Arc<Health>) -> io::Result<Self> {
        let newest = Arc::new(Newest(Mutex::new(kept.newest)));
        let (queue, waiting) = mpsc::channel();
        let mut thread = Thread { kept, newest: Arc::clone(&newest), written: None, since_look: 0, health };
        thread.testify();
        let spawned = thread::Builder::new().name("witness".into());
        let spawned = spawned.spawn(move || thread.run(&waiting))?;
        Ok(Self { newest, queue: Some(queue), thread: Some(spawned) })
    }

    /// A transaction was committed, and this is the newest entry now. What takes something away is answered once that is
    /// witnessed, the rest at once.
    pub(crate) fn committed(&self, newest: Option<Link>, written: impl Iterator<Item = Written>) {
        if let Some(newest) = newest {
            *self.newest.lock() = newest;
        }
        let is_urgent = |(batch, verdict): &Written| {
            verdict.is_ok() && batch.changes.iter().any(vestibule_store::Change::takes_away)
        };
        let (urgent, rest): (Vec<_>, Vec<_>) = written.partition(is_urgent);
        rest.into_iter().for_each(answer);
        if let Some(queue) = self.queue.as_ref().filter(|_| !urgent.is_empty())
            && let Err(mpsc::SendError(urgent)) = queue.send(urgent)
        {
            // The thread is gone; what was committed is done all the same.
            urgent.into_iter().for_each(answer);
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
    fn run(&mut self, waiting: &Receiver<Vec<Written>>) {
        loop {
            match waiting.recv_timeout(EVERY) {
                Ok(first) => {
                    let mut group = first;
                    group.extend(waiting.try_iter().flatten());
                    // After the group was taken: whatever it has committed is not newer than this.
                    self.testify();
                    // A witness that cannot be written takes nothing back: the end is durable in the database.
                    group.into_iter().for_each(answer);
                }
                Err(RecvTimeoutError::Timeout) => self.look_and_testify(),
                Err(RecvTimeoutError::Disconnected) => return self.testify(),
            }
            if self.since_look >= LOOK_EVERY {
                self.look_and_testify();
            }
        }
    }

    fn look_and_testify(&mut self) {
        self.since_look = 0;
        self.kept.look();
        self.testify();
    }

    /// Writes what is true now, unless it is written.
    fn testify(&mut self) {
        self.kept.newest = *self.newest.lock();
        let now = (self.kept.newest, self.kept.folded);
        if self.written == Some(now) {
            return;
        }
        let outcome = self.kept.testify();
        self.health.note(&outcome);
        self.written = outcome.is_ok().then_some(now);
        self.since_look += 1;
    }
}
