//! The checkpoint thread: folds what stands in the write-ahead log into the file while the writer goes on, so that no commit
//! waits for megabytes. Owns when that happens. A crash in the middle of it loses nothing.
//!
//! SQLite begins a log anew only when all of it is folded and nobody reads from it. Under load something is always added
//! meanwhile, so the thread folds twice, and the writer folds the little that is left by itself ([`Checkpoints::fold_rest`]).

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

/// How far the log grows, in pages of 4 KiB, before it is folded. While these are synced commits wait for the disk: four
/// times as many are ten milliseconds of it. Fewer cost more work, because pages that change again are folded again.
const CHECKPOINT_AT: i32 = 256;

const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The thread, as the writer knows it.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    signs: Arc<Signs>,
    wake: SyncSender<()>,
    /// None once it has ended.
    thread: Option<JoinHandle<()>>,
}

/// What the thread and the writer tell each other.
#[derive(Debug, Default)]
struct Signs {
    /// The writer has to fold what is left.
    rest: AtomicBool,
    /// The thread has to end.
    end: AtomicBool,
}

impl Checkpoints {
    /// Starts the thread on a connection of its own.
    pub(crate) fn start(writer: &mut Connection, own: Connection) -> io::Result<Self> {
        let (wake, woken) = mpsc::sync_channel(1);
        let signs = Arc::new(Signs::default());
        let of_thread = Arc::clone(&signs);
        let thread = thread::Builder::new().name("sqlite-checkpoint".into());
        let thread = thread.spawn(move || run(&own, &woken, &of_thread))?;
        let (mut growth, of_hook) = (Growth::default(), wake.clone());
        writer
            .wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
                wake_when_grown(&mut growth, pages, &of_hook);
                Ok(())
            }))
            .map_err(io::Error::other)?;
        Ok(Self { signs, wake, thread: Some(thread) })
    }

    /// To be called on the writing thread between two transactions. Whether the whole log is folded and synced now.
    pub(crate) fn fold_rest(&self, writer: &Connection) -> bool {
        if !self.signs.rest.load(Ordering::Relaxed) {
            return false;
        }
        self.signs.rest.store(false, Ordering::Relaxed);
        checkpoint(writer)
    }

    /// Ends the thread and waits until its connection is closed. SQLite folds the log and removes it when the last
    /// connection closes; of two that close at the same moment each takes the other for the last.
    pub(crate) fn stop(&mut self) {
        self.signs.end.store(true, Ordering::Release);
        // An error: it has ended already.
        let _ = self.wake.send(());
        self.thread.take().map(JoinHandle::join);
    }
}

fn run(own: &Connection, woken: &Receiver<()>, signs: &Signs) {
    while woken.recv().is_ok() && !signs.end.load(Ordering::Acquire) {
        checkpoint(own);
        // What was written meanwhile.
        checkpoint(own);
        signs.rest.store(true, Ordering::Relaxed);
    }
}

/// A log that cannot be folded now grows on, and is folded later. Whether all of it was folded: SQLite has synced the database
/// then.
fn checkpoint(connection: &Connection) -> bool {
    let is_whole = |row: &rusqlite::Row<'_>| {
        let (busy, frames, folded): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(busy == 0 && frames >= 0 && frames == folded)
    };
    connection.query_row(CHECKPOINT, [], is_whole).unwrap_or(false)
}

fn wake_when_grown(growth: &mut Growth, pages: i32, wake: &SyncSender<()>) {
    if growth.is_enough(pages) {
        // Full: it has been told already.
        let _ = wake.try_send(());
    }
}

/// How far the log has grown since it was folded.
struct Growth {
    pages: i32,
    next_at: i32,
}

impl Default for Growth {
    fn default() -> Self {
        Self { pages: 0, next_at: CHECKPOINT_AT }
    }
}

impl Growth {
    /// Whether to fold a log of so many pages. One that somebody reads from is not begun anew, but grows on: it is folded
    /// again when it has grown by as much.
    fn is_enough(&mut self, pages: i32) -> bool {
        if pages < self.pages {
            self.next_at = CHECKPOINT_AT;
        }
        self.pages = pages;
        let enough = pages >= self.next_at;
        if enough {
            self.next_at = pages.saturating_add(CHECKPOINT_AT);
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_somebody_reads_from_is_not_folded_whole() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Connection::open(folder.path().join("db")).unwrap();
        let (writer, reader) = (open(), open());
        let _: String = writer.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).unwrap();
        writer.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
        assert!(checkpoint(&writer));
        reader.execute_batch("BEGIN; SELECT a FROM t").unwrap();
        let _: i64 = reader.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        writer.execute_batch("INSERT INTO t VALUES (2)").unwrap();
        assert!(!checkpoint(&writer));
        reader.execute_batch("COMMIT").unwrap();
        assert!(checkpoint(&writer));
    }

    #[test]
    fn a_log_is_folded_when_it_has_grown_by_so_much_and_again_when_begun_anew() {
        let mut growth = Growth::default();
        let folded = |pages: &i32| growth.is_enough(*pages);
        let seen: Vec<bool> =
            [CHECKPOINT_AT - 1, CHECKPOINT_AT, CHECKPOINT_AT + 1, 2 * CHECKPOINT_AT, 5, CHECKPOINT_AT]
                .iter()
                .map(folded)
                .collect();
        assert_eq!(seen, [false, true, false, true, false, true]);
    }
}
