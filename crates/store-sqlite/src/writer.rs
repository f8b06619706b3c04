//! The writing thread: takes what waits, writes it in one transaction, answers when that is durable.
//!
//! Each batch is atomic on its own: one that is refused is undone alone, and the others are committed. Nobody is
//! answered before the COMMIT, because a refusal may rest on a batch before it that is not durable yet. What takes something
//! away is answered once it is witnessed (`witness`).

use std::error::Error;
use std::io;
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;
use vestibule_store::{Change, Outcome, StoreError};

use crate::chain::{Chain, Link};
use crate::checkpoint::Checkpoints;
use crate::database_file::DatabaseFile;
use crate::error::unavailable;
use crate::witness::Keeper;
use crate::write;

/// At most so many batches in one transaction, so that the first of them does not wait for ever.
const GROUP: usize = 512;

/// The changes of one commit, and whom to answer.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) changes: Vec<Change>,
    pub(crate) answer: oneshot::Sender<Verdict>,
}

/// What became of a batch.
pub(crate) type Verdict = Result<Outcome, StoreError>;

/// Why a whole group was lost; told to everybody in it.
type Lost = Arc<dyn Error + Send + Sync>;

/// Where commits wait, first come first served.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    work: Sender<Work>,
    transactions: Arc<AtomicU64>,
}

enum Work {
    Commit(Batch),
    /// Something that a test does to the connection.
    #[cfg(test)]
    Meddle(Box<dyn FnOnce(&mut Connection) + Send>),
}

impl Queue {
    /// Queues a batch. If the thread has ended the batch is dropped, which answers it.
    pub(crate) fn commit(&self, batch: Batch) {
        let _ = self.work.send(Work::Commit(batch));
    }

    /// How many transactions have been committed.
    pub(crate) fn transactions(&self) -> u64 {
        self.transactions.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn meddle(&self, with: impl FnOnce(&mut Connection) + Send + 'static) {
        let _ = self.work.send(Work::Meddle(Box::new(with)));
    }
}

/// What the thread works with.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) chain: Chain,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) place: DatabaseFile,
    /// None: nobody witnesses what is committed.
    pub(crate) witness: Option<Keeper>,
}

impl Writer {
    /// Starts the thread. It ends when the last queue is dropped and everything queued is written.
    pub(crate) fn start(mut self) -> io::Result<(Queue, JoinHandle<()>)> {
        let (work, queue) = mpsc::channel();
        let transactions = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&transactions);
        let thread = thread::Builder::new().name("sqlite-write".into());
        let thread = thread.spawn(move || self.run(&queue, &counter))?;
        Ok((Queue { work, transactions }, thread))
    }

    fn run(&mut self, queue: &Receiver<Work>, transactions: &AtomicU64) {
        let Self { connection, chain, checkpoints, place, witness } = self;
        while let Ok(first) = queue.recv() {
            let others = queue.try_iter().take(GROUP - 1);
            let batches = batches(connection, iter::once(first).chain(others));
            let written = still_in(place).and_then(|()| write_group(connection, chain, &batches));
            match written {
                Ok((verdicts, newest)) => {
                    transactions.fetch_add(1, Ordering::Relaxed);
                    chain.committed(connection);
                    let written = batches.into_iter().zip(verdicts);
                    let written = written.map(|(batch, verdict)| Decided { batch, verdict });
                    match witness {
                        None => written.for_each(Decided::tell),
                        // Another process may have written the newest.
                        Some(keeper) => {
                            keeper.committed(newest.or_else(|| chain.newest(connection).ok()), written);
                        }
                    }
                }
                Err(error) => {
                    roll_back(connection);
                    let failed = |batch| Decided { batch, verdict: Err(unavailable(Arc::clone(&error))) };
                    batches.into_iter().map(failed).for_each(Decided::tell);
                }
            }
            if checkpoints.fold_rest(connection)
                && let Some(keeper) = witness
            {
                keeper.folded();
            }
        }
        checkpoints.stop();
        // Folds the log into the file and empties it. If that fails nothing is lost: the next open does it.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}

impl Drop for Writer {
    /// Its connection is the last to be closed, also after a panic.
    fn drop(&mut self) {
        self.checkpoints.stop();
    }
}

/// The batches of a group. What a test does to the connection is done when its turn comes.
#[cfg_attr(not(test), expect(unused_variables, reason = "only tests do anything to the connection here"))]
fn batches(connection: &mut Connection, group: impl Iterator<Item = Work>) -> Vec<Batch> {
    let mut batches = Vec::new();
    for work in group {
        match work {
            Work::Commit(batch) => batches.push(batch),
            #[cfg(test)]
            Work::Meddle(with) => with(connection),
        }
    }
    batches
}

/// A batch, and what became of it.
pub(crate) struct Decided {
    pub(crate) batch: Batch,
    pub(crate) verdict: Verdict,
}

impl Decided {
    /// Tells whoever asked for it.
    pub(crate) fn tell(self) {
        // Whoever asked may have stopped waiting; what was written stays written.
        let _ = self.batch.answer.send(self.verdict);
    }
}

/// An error when what is written would be in a file that the next start does not open.
fn still_in(place: &DatabaseFile) -> Result<(), Lost> {
    place.check().map_err(|moved| Arc::new(moved) as Lost)
}

/// One verdict for each batch, all of them durable, and the newest entry of the audit, if that was looked for; or an error, and
/// none of them is.
fn write_group(
    connection: &Connection,
    chain: &mut Chain,
    batches: &[Batch],
) -> Result<(Vec<Verdict>, Option<Link>), Lost> {
    let verdicts = match write_all(connection, chain, batches)? {
        Some(verdicts) => verdicts,
        None => write_each(connection, chain, batches)?,
    };
    let newest = chain.finish(connection).map_err(|error| Arc::new(error) as Lost)?;
    execute(connection, "COMMIT")?;
    Ok((verdicts, newest))
}

/// Every batch, if none is refused; None: one is, nothing is written, and no transaction is open.
///
/// Most groups have no refusal. So nothing is kept that could undo one batch: in a savepoint each page that is written is copied
/// once more, and each statement that ends passes over all the copies (ADR 48).
fn write_all(
    connection: &Connection,
    chain: &mut Chain,
    batches: &[Batch],
) -> Result<Option<Vec<Verdict>>, Lost> {
    begin(connection, chain)?;
    let mut verdicts = Vec::with_capacity(batches.len());
    for Batch { changes, .. } in batches {
        let verdict = if let Some((statement, rest)) = write::one_statement(changes) {
            write_statement(connection, chain, statement, rest)?
        } else {
            let verdict = unless_given_up(connection, write::batch(connection, chain, changes))?;
            if verdict.as_ref().is_err_and(|error| !write::wrote_nothing(changes, error)) {
                execute(connection, "ROLLBACK")?;
                return Ok(None);
            }
            verdict
        };
        verdicts.push(verdict);
    }
    Ok(Some(verdicts))
}

/// Every batch that is not refused: each is undone by itself.
fn write_each(connection: &Connection, chain: &mut Chain, batches: &[Batch]) -> Result<Vec<Verdict>, Lost> {
    begin(connection, chain)?;
    let written = |Batch { changes, .. }: &Batch| match write::one_statement(changes) {
        Some((statement, rest)) => write_statement(connection, chain, statement, rest),
        None => write_undoably(connection, chain, changes),
    };
    batches.iter().map(written).collect()
}

fn begin(connection: &Connection, chain: &mut Chain) -> Result<(), Lost> {
    execute(connection, "BEGIN IMMEDIATE")?;
    chain.begin();
    Ok(())
}

/// A batch whose first change is one statement, which SQLite undoes by itself when it fails. The rest fails only when the disk
/// does.
fn write_statement(
    connection: &Connection,
    chain: &mut Chain,
    statement: &[Change],
    rest: &[Change],
) -> Result<Verdict, Lost> {
    let mut verdict = unless_given_up(connection, write::batch(connection, chain, statement))?;
    if let Ok(outcome) = &mut verdict {
        outcome.add(write::batch(connection, chain, rest).map_err(|error| Arc::new(error) as Lost)?);
    }
    Ok(verdict)
}

/// One batch, all or none of it; an error when the whole group is lost.
fn write_undoably(connection: &Connection, chain: &mut Chain, changes: &[Change]) -> Result<Verdict, Lost> {
    let mark = chain.mark();
    execute(connection, "SAVEPOINT batch")?;
    let verdict = unless_given_up(connection, write::batch(connection, chain, changes))?;
    if verdict.is_err() {
        execute(connection, "ROLLBACK TO batch")?;
        chain.undo(mark);
    }
    execute(connection, "RELEASE batch")?;
    Ok(verdict)
}

/// The verdict, unless its error (disk full, I/O) ended the whole transaction.
fn unless_given_up(connection: &Connection, verdict: Verdict) -> Result<Verdict, Lost> {
    match verdict {
        Err(StoreError::Unavailable(error)) if connection.is_autocommit() => Err(error.into()),
        Err(error) if connection.is_autocommit() => Err(Arc::new(error)),
        verdict => Ok(verdict),
    }
}

fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        // If even this fails, the next BEGIN fails too, and its callers hear of it.
        let _ = connection.execute_batch("ROLLBACK");
    }
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Lost> {
    let executed = connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    executed.map(drop).map_err(|error| Arc::new(error) as Lost)
}
