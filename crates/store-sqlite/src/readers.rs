//! The reading threads: each has a connection of its own that cannot write, all take from one queue.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use crate::open::{self, OpenError};

/// Two: one may read the whole directory or page through the sessions while the other answers short questions.
const THREADS: usize = 2;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The readers' handles.
#[derive(Debug)]
pub(crate) struct Readers {
    /// None once stopped.
    queue: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(path: &Path) -> Result<Self, OpenError> {
        let (queue, jobs) = mpsc::channel();
        let jobs = Arc::new(Mutex::new(jobs));
        let start = |number| {
            let (connection, jobs) = (open::reader(path)?, Arc::clone(&jobs));
            let name = format!("sqlite-read-{number}");
            thread::Builder::new().name(name).spawn(move || run(connection, &jobs)).map_err(OpenError::Thread)
        };
        let threads = (0..THREADS).map(start).collect::<Result<_, _>>()?;
        Ok(Self { queue: Some(queue), threads })
    }

    /// Answers `question` in one snapshot of the database. The channel closes when nobody can answer.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> oneshot::Receiver<rusqlite::Result<T>> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            if !answer.is_closed() {
                // Nobody waits any longer: nothing to do about it.
                let _ = answer.send(in_snapshot(connection, question));
            }
        });
        // A job that cannot be sent is dropped with its end of the channel, and so answered.
        if let Some(queue) = &self.queue {
            let _ = queue.send(job);
        }
        answered
    }

    /// Lets the threads finish what is queued, and waits for them.
    pub(crate) fn stop(&mut self) {
        drop(self.queue.take());
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

fn run(mut connection: Connection, jobs: &Mutex<Receiver<Job>>) {
    while let Some(job) = next(jobs) {
        job(&mut connection);
    }
}

/// The next job; None when no more can come. The lock is held while waiting, not while working.
fn next(jobs: &Mutex<Receiver<Job>>) -> Option<Job> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn in_snapshot<T>(
    connection: &mut Connection,
    question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let snapshot = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    question(&snapshot)
}
