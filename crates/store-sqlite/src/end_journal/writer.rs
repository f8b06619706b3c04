//! The thread that writes the journal: what waits is written, synced once, and then answered.

use std::fs::File;
use std::io;
use std::iter;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;
use vestibule_model::RecordSeal;
use vestibule_store::{JournalError, JournalSlot, JournaledEnd};

use super::record::{self, EMPTY};
use super::{Ends, JournalFile, Unmade, make, offset};

/// How much is written before one sync.
const GROUP: usize = 256;

#[derive(Debug)]
pub(super) enum Work {
    Keep(Box<JournaledEnd>, Answer),
    Release(JournalSlot),
}

type Answer = oneshot::Sender<Result<JournalSlot, JournalError>>;

/// An end that is written and not synced yet.
struct Unsynced {
    slot: JournalSlot,
    end: Box<JournaledEnd>,
    answer: Answer,
}

/// What the thread works with.
pub(super) struct Writer {
    pub(super) place: JournalFile,
    /// None: it could not be made yet.
    pub(super) file: Option<File>,
    pub(super) unmade: Arc<Unmade>,
    pub(super) seal: Arc<dyn RecordSeal>,
    pub(super) free: Vec<JournalSlot>,
    pub(super) ends: Arc<Ends>,
}

impl Writer {
    /// Starts the thread. It ends when the last sender is dropped and everything queued is written.
    pub(super) fn start(mut self, work: Receiver<Work>) -> io::Result<JoinHandle<()>> {
        // The first place is the first to be used.
        self.free.reverse();
        thread::Builder::new().name("end-journal".into()).spawn(move || self.run(&work))
    }

    fn run(&mut self, work: &Receiver<Work>) {
        while let Ok(first) = work.recv() {
            let mut unsynced = Vec::new();
            for work in iter::once(first).chain(work.try_iter().take(GROUP - 1)) {
                match work {
                    Work::Release(slot) => self.release(slot),
                    Work::Keep(end, answer) => match self.write(&end) {
                        Ok(slot) => unsynced.push(Unsynced { slot, end, answer }),
                        Err(error) => drop(answer.send(Err(error))),
                    },
                }
            }
            self.sync(unsynced);
        }
    }

    /// Writes an end into a free place.
    fn write(&mut self, end: &JournaledEnd) -> Result<JournalSlot, JournalError> {
        let record = record::write(end, &*self.seal).map_err(unavailable)?;
        if self.file.is_none() {
            let made = make(&self.place.path, self.place.places);
            self.unmade.note(&made);
            self.file = Some(made.map_err(unavailable)?);
        }
        let slot = self.free.pop().ok_or(JournalError::Full)?;
        let written = self.file.as_ref().map_or(Ok(()), |file| file.write_all_at(&record, offset(slot)));
        written.map_err(|error| {
            self.free.push(slot);
            unavailable(error)
        })?;
        Ok(slot)
    }

    /// One that cannot be wiped ends at the next start what has ended: nothing. Its place is used again.
    fn release(&mut self, slot: JournalSlot) {
        if self.ends.lock().remove(&slot).is_some() {
            let _ = self.file.as_ref().map(|file| file.write_all_at(&EMPTY, offset(slot)));
            self.free.push(slot);
        }
    }

    fn sync(&mut self, unsynced: Vec<Unsynced>) {
        let synced = self.file.as_ref().map_or(Ok(()), File::sync_data);
        for Unsynced { slot, end, answer } in unsynced {
            let outcome = match &synced {
                Ok(()) => {
                    self.ends.lock().insert(slot, *end);
                    Ok(slot)
                }
                Err(error) => {
                    self.free.push(slot);
                    Err(unavailable(io::Error::new(error.kind(), error.to_string())))
                }
            };
            // Whoever asked may have stopped waiting; the end stands until a restart, and is applied then.
            let _ = answer.send(outcome);
        }
    }
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> JournalError {
    JournalError::Unavailable(Box::new(error))
}
