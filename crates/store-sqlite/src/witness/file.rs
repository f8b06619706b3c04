//! The witness's file: two places that are written in turn, so that a write which is torn leaves the testimony before it.
//! They lie in different blocks, and are made once: what is written later needs no space.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vestibule_model::RecordSeal;

use super::Attestation;
use super::record::{self, EMPTY, Found, LENGTH, Testimony};

/// A block of a file system: no block holds both places.
const BLOCK: [u8; 4_096] = [0; 4_096];

/// From the one place to the other, in bytes.
const STEP: u64 = BLOCK.len() as u64;

/// Why there is no witness to ask.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// Another process keeps it.
    #[error("another server or command is using the witness {path}")]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// Something else has this name. It was not touched.
    #[error("{path} is there already and is no witness")]
    NotOne {
        /// Which file.
        path: PathBuf,
    },
    /// It cannot be made, read or written.
    #[error("cannot use the witness {path}")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// A witness that nobody else uses as long as this lives.
pub struct WitnessFile {
    path: PathBuf,
    seal: Arc<dyn RecordSeal>,
    file: File,
    /// The place and the turn of the next testimony.
    next: (u64, u64),
    said: Said,
}

/// What a witness said when it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It was not there, or nothing was written into it yet.
    Nothing,
    /// This, last.
    Testimony(Testimony),
    /// This, in one place. The other is damaged or was emptied, and may have said something newer.
    Remains(Testimony),
    /// It has testimonies, and none that was written under this master key.
    Unsealed,
    /// It has one place that cannot be read, and has never had another: its first testimony was torn, or was changed.
    IdempotencyState,
}

impl WitnessFile {
    /// Opens the file, or makes an empty one with mode 0600. Its folder has to be there: one that is not is a disk that is
    /// not mounted rather than a witness that was lost.
    pub fn open(path: &Path, seal: Arc<dyn RecordSeal>) -> Result<Self, WitnessError> {
        let unusable = |source| WitnessError::Unusable { path: path.to_owned(), source };
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = file.map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WitnessError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        if !has_form(&file).map_err(unusable)? {
            return Err(WitnessError::NotOne { path: path.to_owned() });
        }
        fill(&file, path).map_err(unusable)?;
        let (said, next) = read(&file, &*seal).map_err(unusable)?;
        Ok(Self { path: path.to_owned(), seal, file, next, said })
    }

    /// Whether there is a file that [`Self::open`] would take. Neither makes, changes nor locks one.
    pub fn check(path: &Path) -> Result<bool, WitnessError> {
        let unusable = |source| WitnessError::Unusable { path: path.to_owned(), source };
        match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) if has_form(&file).map_err(unusable)? => Ok(true),
            Ok(_) => Err(WitnessError::NotOne { path: path.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(unusable(error)),
        }
    }

    /// Reads again what it says. Which seals count is known only when the database was opened, which says which generations of
    /// the master key are accepted.
    pub(crate) fn look_again(&mut self) -> io::Result<()> {
        (self.said, self.next) = read(&self.file, &*self.seal)?;
        Ok(())
    }

    /// Says this from now on, and answers when that is durable.
    pub fn attest(&mut self, attestation: &Attestation) -> io::Result<()> {
        self.put(&attestation.0)
    }

    /// What it said when it was opened.
    pub(crate) const fn said(&self) -> Said {
        self.said
    }

    /// The newest entry in the database's own file that it knew of.
    pub(crate) const fn said_folded(&self) -> Option<i64> {
        match self.said {
            Said::Testimony(testimony) | Said::Remains(testimony) => Some(testimony.folded),
            Said::Nothing | Said::Unsealed | Said::IdempotencyState => None,
        }
    }

    /// Writes a testimony over the older one, and answers when it is durable. A file that was removed or replaced is made
    /// anew, with both its places: the database that runs is the newer one.
    pub(crate) fn put(&mut self, testimony: &Testimony) -> io::Result<()> {
        if !self.is_in_place() {
            let again = Self::open(&self.path, Arc::clone(&self.seal))
                .map_err(|error| io::Error::other(whole(&error)))?;
            let turn = self.next.1.max(again.next.1);
            *self = Self { next: (again.next.0, turn), ..again };
            self.write(testimony)?;
        }
        self.write(testimony)
    }

    fn write(&mut self, testimony: &Testimony) -> io::Result<()> {
        let (place, turn) = self.next;
        self.file.write_all_at(&record::write(testimony, turn, &*self.seal), place * STEP)?;
        self.file.sync_data()?;
        self.next = (1 - place, turn + 1);
        Ok(())
    }

    fn is_in_place(&self) -> bool {
        let id = |found: &fs::Metadata| (found.dev(), found.ino());
        let (there, own) = (fs::metadata(&self.path), self.file.metadata());
        matches!((there, own), (Ok(there), Ok(own)) if id(&there) == id(&own))
    }
}

impl std::fmt::Debug for WitnessFile {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("WitnessFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// An error and what lies under it, in one line.
fn whole(error: &WitnessError) -> String {
    match error {
        WitnessError::Unusable { source, .. } => format!("{error}: {source}"),
        WitnessError::InUse { .. } | WitnessError::NotOne { .. } => error.to_string(),
    }
}

/// Whether this may be written over: a witness, whoever sealed it and also one that is damaged or was cut short, or nothing.
/// Between its two records a witness has zeros.
fn has_form(file: &File) -> io::Result<bool> {
    let metadata = file.metadata()?;
    if metadata.file_type().is_block_device() || metadata.len() > 2 * STEP {
        return Ok(false);
    }
    if !metadata.is_file() {
        return Ok(true);
    }
    let mut found = Vec::new();
    let mut start = file;
    start.read_to_end(&mut found)?;
    if found.iter().all(|byte| *byte == 0) {
        return Ok(true);
    }
    let is_whole = found.len() == 2 * BLOCK.len() || (found.len() >= LENGTH && record::begins(&found));
    let between = found.chunks(BLOCK.len()).filter_map(|block| block.get(LENGTH..)).flatten();
    Ok(is_whole && between.into_iter().all(|byte| *byte == 0))
}

/// Gives the file both its places. Zeros that are written have their space, on a file system that writes in place.
fn fill(file: &File, path: &Path) -> io::Result<()> {
    if file.metadata()?.len() >= 2 * STEP {
        return Ok(());
    }
    for place in [0, STEP] {
        let mut found = EMPTY;
        // What is there of a place that was cut short stays, to be found damaged.
        let there = file.read_at(&mut found, place)?;
        file.write_all_at(&BLOCK[there..], place + there as u64)?;
    }
    file.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// What the file says last, and where and as which the next testimony is written.
fn read(file: &File, seal: &dyn RecordSeal) -> io::Result<(Said, (u64, u64))> {
    let (mut said, mut next, mut empty, mut damaged) = (Said::Nothing, (0, 0), 0, 0);
    for place in [0, 1] {
        let mut found = [0; LENGTH];
        file.read_exact_at(&mut found, place * STEP)?;
        match record::read(&found, seal) {
            Found::Testimony(testimony, turn) if turn >= next.1 => {
                said = Said::Testimony(testimony);
                next = (1 - place, turn + 1);
            }
            Found::Testimony(..) => {}
            Found::Damaged => damaged += 1,
            Found::Nothing => empty += 1,
        }
    }
    let said = match said {
        // Only a first testimony has an empty place beside it.
        Said::Testimony(testimony) if damaged == 1 || (empty == 1 && next.1 > 1) => Said::Remains(testimony),
        Said::Nothing if damaged == 1 => Said::IdempotencyState,
        Said::Nothing if damaged == 2 => Said::Unsealed,
        said => said,
    };
    Ok((said, next))
}
