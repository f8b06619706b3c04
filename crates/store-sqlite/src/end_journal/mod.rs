//! The journal of ends as a file: as many places as it will ever have are written at the beginning, so that an end that is
//! kept later needs no space. One thread writes it, and syncs once for all that wait.

mod form;
mod record;
mod writer;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use vestibule_model::RecordSeal;
use vestibule_store::{EndJournal, JournalError, JournalFuture, JournalSlot, JournaledEnd};

use self::record::{EMPTY, Found, LENGTH};
use self::writer::{Work, Writer};

/// How many ends the service's journal has places for: 4 MiB.
const PLACES: u32 = 8_192;

/// The journal of ends in a file. Dropping it writes what is queued and waits for its thread.
#[derive(Debug)]
pub struct FileEndJournal {
    ends: Arc<Ends>,
    /// None only while it is being dropped.
    queue: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
    damaged: usize,
    unmade: Arc<Unmade>,
}

/// The ends that the file holds.
#[derive(Debug, Default)]
struct Ends(Mutex<BTreeMap<JournalSlot, JournaledEnd>>);

impl Ends {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<JournalSlot, JournaledEnd>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the file could not be made the last time; None: it was. Shared with the thread, which tries it again.
#[derive(Debug, Default)]
struct Unmade(Mutex<Option<String>>);

impl Unmade {
    fn note(&self, made: &io::Result<File>) {
        *self.lock() = made.as_ref().err().map(ToString::to_string);
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FileEndJournal {
    /// Opens the file, or makes it with mode 0600 and all its places. Fails when the file is there and cannot be read: what it
    /// holds is not known then; and, with [`io::ErrorKind::InvalidData`], when it is something else, which is not touched. One
    /// that cannot be made is tried again whenever an end is to be kept ([`EndJournal::unmade`]).
    pub fn open(path: &Path, seal: Arc<dyn RecordSeal>) -> io::Result<Self> {
        Self::with_places(path, seal, PLACES)
    }

    /// The same with another number of places.
    pub fn with_places(path: &Path, seal: Arc<dyn RecordSeal>, places: u32) -> io::Result<Self> {
        let (ends, mut free, mut damaged) = (Ends::default(), Vec::new(), 0);
        for (slot, found) in (0..).map(JournalSlot).zip(read(path, &*seal, places)?) {
            match found {
                Found::End(end) => drop(ends.lock().insert(slot, *end)),
                Found::Nothing => free.push(slot),
                Found::Damaged => {
                    damaged += 1;
                    free.push(slot);
                }
            }
        }
        let (made, unmade) = (make(path, places), Arc::<Unmade>::default());
        unmade.note(&made);
        let (file, ends) = (made.ok(), Arc::new(ends));
        let place = JournalFile { path: path.to_owned(), places };
        let (queue, work) = mpsc::channel();
        let writer = Writer { place, file, unmade: Arc::clone(&unmade), seal, free, ends: Arc::clone(&ends) };
        let thread = writer.start(work)?;
        Ok(Self { ends, queue: Some(queue), thread: Some(thread), damaged, unmade })
    }

    /// How many ends a file holds, which is neither made nor changed. Fails as [`FileEndJournal::open`] does.
    pub fn count(path: &Path, seal: &dyn RecordSeal) -> io::Result<usize> {
        let places = read(path, seal, PLACES)?;
        Ok(places.iter().filter(|found| matches!(found, Found::End(_))).count())
    }

    /// How many places held something that was not written under this master key, or was torn. They count as empty.
    pub const fn damaged(&self) -> usize {
        self.damaged
    }

    fn ask(&self, work: Work) {
        if let Some(queue) = &self.queue {
            // A thread that is gone has dropped its end of the answer's channel too.
            let _ = queue.send(work);
        }
    }
}

impl EndJournal for FileEndJournal {
    fn held(&self) -> Vec<(JournalSlot, JournaledEnd)> {
        self.ends.lock().iter().map(|(slot, end)| (*slot, end.clone())).collect()
    }

    fn keep(&self, end: JournaledEnd) -> JournalFuture {
        let (answer, answered) = oneshot::channel();
        self.ask(Work::Keep(Box::new(end), answer));
        Box::pin(async { answered.await.map_err(|error| JournalError::Unavailable(Box::new(error)))? })
    }

    fn release(&self, slot: JournalSlot) {
        self.ask(Work::Release(slot));
    }

    fn unmade(&self) -> Option<String> {
        self.unmade.lock().clone()
    }
}

impl Drop for FileEndJournal {
    fn drop(&mut self) {
        drop(self.queue.take());
        // One that panicked has answered everybody by dropping their channels.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// Where the file is, and how large it has to be.
#[derive(Debug)]
struct JournalFile {
    path: PathBuf,
    places: u32,
}

/// The file with all its places. One that cannot be made whole takes no space: others need what is left. It keeps the places
/// that it had.
fn make(path: &Path, places: u32) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    form::check(&file, places)?;
    let (metadata, whole) = (file.metadata()?, offset(JournalSlot(places)));
    let before = metadata.len();
    if before >= whole {
        return Ok(file);
    }
    match fill(&file, before, whole).and_then(|()| sync_folder(path)) {
        Ok(()) => Ok(file),
        Err(error) => {
            // The first error is the one to tell. What is no file has no space either.
            let _ = match before {
                _ if !metadata.is_file() => Ok(()),
                0 => fs::remove_file(path),
                _ => file.set_len(before),
            };
            Err(error)
        }
    }
}

/// Zeros that are written have their space, on a file system that writes in place.
fn fill(file: &File, mut length: u64, whole: u64) -> io::Result<()> {
    while length < whole {
        // The rest of a place first, should it have been cut within one.
        let rest = LENGTH - usize::try_from(length % LENGTH as u64).unwrap_or(0);
        file.write_all_at(&EMPTY[..rest], length)?;
        length += rest as u64;
    }
    file.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// What each place holds; those that are not there yet hold nothing.
fn read(path: &Path, seal: &dyn RecordSeal, places: u32) -> io::Result<Vec<Found>> {
    let file = match File::open(path) {
        Ok(file) => {
            form::check(&file, places)?;
            Some(file)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    (0..places)
        .map(|slot| {
            let mut found = EMPTY;
            let Some(file) = &file else { return Ok(Found::Nothing) };
            match file.read_exact_at(&mut found, offset(JournalSlot(slot))) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Found::Nothing),
                Err(error) => Err(error),
                Ok(()) => Ok(record::read(&found, seal)),
            }
        })
        .collect()
}

fn offset(slot: JournalSlot) -> u64 {
    u64::from(slot.0) * LENGTH as u64
}
