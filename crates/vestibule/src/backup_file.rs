//! The file that a backup is: a database, and behind its last page a seal over all of it.
//!
//! SQLite reads as many pages as the database's own header says and nothing behind them, so the file stays a database to
//! every program. The seal is a label of 128 bytes and a tag of 32 over the database and the label, numbers with the
//! highest byte first:
//!
//! | bytes | |
//! |---|---|
//! | 0 to 15 | `vestibule-backup` |
//! | 16 | the form of the seal, 1 |
//! | 17 | the generation of the master key |
//! | 18 to 25 | the length of the database in bytes |
//! | 26 to 33 | when the backup was made, in milliseconds since 1970 |
//! | 34 to 65 | the check value of the master key |
//! | 66 to 127 | the version of the program, then zeros |
//!
//! Of a file whose tag does not hold nothing is believed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use vestibule_crypto::{BackupKey, KeyRing};
use vestibule_model::{Generation, Millis};
use vestibule_store_sqlite::BackupNote;

use crate::input_error::InputError;

const MARK: &[u8; 16] = b"vestibule-backup";

const FORM: u8 = 1;

/// The lengths of the label and of the tag.
const LABEL: usize = 128;
const TAG: usize = 32;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// Why it is not known that a file is a backup as it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Doubt {
    /// There is no seal at its end.
    #[error("it bears no seal: an earlier version or another program made it, or it was cut short")]
    NoSeal,
    /// A later version has sealed it.
    #[error("its seal is of form {0}, which this version does not know: use a newer one")]
    UnknownForm(u8),
    /// It was sealed under a generation of the master key that is not at hand.
    #[error("it was sealed under generation {0} of the master key, which is not at hand")]
    NoKey(u8),
    /// It was sealed under another master key.
    #[error("the master key is not the one that this backup belongs to")]
    OtherKey,
    /// The database in it was sealed under another generation of the master key at that time: a retired one, say, which others
    /// may know by now.
    #[error(
        "it was sealed under generation {0} of the master key, which was not in force in the database that is in it: this \
         service has not made it"
    )]
    NotInForce(u8),
    /// The tag does not hold.
    #[error("it is not what was backed up: it was changed after it was made, or is damaged")]
    Changed,
}

/// What a seal says of its backup.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Label {
    generation: u8,
    length: u64,
    made: Millis,
    key_check: [u8; 32],
    version: String,
}

/// What stands behind the database.
#[derive(Debug)]
struct Seal {
    label: [u8; LABEL],
    tag: [u8; TAG],
}

/// What is done with each piece of a database that is read: its bytes, and how many of how many there have been.
type Each<'a> = dyn FnMut(&[u8], (u64, u64)) -> anyhow::Result<()> + 'a;

/// A backup that is read.
#[derive(Debug)]
pub(crate) struct BackupFile {
    path: PathBuf,
    file: File,
    seal: Option<Seal>,
    /// Of the database in it, in bytes.
    length: u64,
}

/// Seals the copy of a database, which the active one of `keys` seals: from then on it is a backup. `step` is told how many bytes of how
/// many have been read, and ends it with an error. The file is not synced.
pub(crate) fn seal(
    copy: &Path,
    keys: &KeyRing,
    note: &BackupNote,
    step: &mut dyn FnMut(u64, u64) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let cannot = "cannot seal the copy";
    let mut file = OpenOptions::new().read(true).append(true).open(copy).context(cannot)?;
    let length = file.metadata().context(cannot)?.len();
    let generation = keys.active();
    let label = Label {
        generation: generation.number(),
        length,
        made: note.made(),
        key_check: keys.check_value(generation).context(cannot)?,
        version: note.version().to_owned(),
    }
    .to_bytes();
    let mut mac = BackupKey::derive(keys).begin(generation).context(cannot)?;
    let mut pieces = Pieces::of(&mut file, length).context(cannot)?;
    while let Some((bytes, done)) = pieces.next().context(cannot)? {
        mac.add(bytes);
        step(done, length)?;
    }
    mac.add(&label);
    file.write_all(&[&label[..], &mac.finish()].concat()).context(cannot)
}

/// So many bytes from the beginning of a file.
struct Pieces<'a> {
    rest: io::Take<&'a mut File>,
    buffer: Vec<u8>,
    done: u64,
}

impl<'a> Pieces<'a> {
    fn of(file: &'a mut File, length: u64) -> io::Result<Self> {
        file.rewind()?;
        Ok(Self { rest: file.take(length), buffer: vec![0; CHUNK], done: 0 })
    }

    /// The next bytes, and how many they are with those before; None when there are no more.
    fn next(&mut self) -> io::Result<Option<(&[u8], u64)>> {
        let read = loop {
            match self.rest.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.done += u64::try_from(read).unwrap_or_default();
        Ok(self.buffer.get(..read).filter(|bytes| !bytes.is_empty()).map(|bytes| (bytes, self.done)))
    }
}

impl BackupFile {
    /// Opens a file and looks at its end.
    pub(crate) fn open(path: &Path) -> Result<Self, InputError> {
        let cannot_read = |error: io::Error| InputError::new(path.display(), error);
        let mut file = File::open(path).map_err(cannot_read)?;
        let metadata = file.metadata().map_err(cannot_read)?;
        if !metadata.is_file() {
            return Err(InputError::new(path.display(), "this is no plain file"));
        }
        let seal = Seal::read(&mut file, metadata.len()).map_err(cannot_read)?;
        let behind = seal.as_ref().map_or(0, |_| LABEL + TAG);
        let length = metadata.len().saturating_sub(u64::try_from(behind).unwrap_or_default());
        Ok(Self { path: path.to_owned(), file, seal, length })
    }

    /// What can be told of it before it is read: whether it has a seal, and whose.
    pub(crate) fn look(&self, keys: &KeyRing) -> Result<Label, Doubt> {
        let seal = self.seal.as_ref().ok_or(Doubt::NoSeal)?;
        let label = Label::from_bytes(&seal.label)?;
        // Not a secret, and not what is relied on: the tag is.
        match Generation::new(label.generation).map(|generation| keys.check_value(generation)) {
            Some(Some(check_value)) if check_value == label.key_check => {}
            Some(None) => return Err(Doubt::NoKey(label.generation)),
            Some(Some(_)) | None => return Err(Doubt::OtherKey),
        }
        if label.length == self.length { Ok(label) } else { Err(Doubt::Changed) }
    }

    /// Reads the database through, gives it to `each`, and says whether those bytes are what was sealed.
    pub(crate) fn read(
        &mut self,
        keys: &KeyRing,
        each: &mut Each<'_>,
    ) -> anyhow::Result<Result<Label, Doubt>> {
        let looked = self.look(keys);
        let cannot_read = |error: io::Error| InputError::new(self.path.display(), error);
        let generation = looked.as_ref().ok().and_then(|label| Generation::new(label.generation));
        let mut mac = generation.and_then(|generation| BackupKey::derive(keys).begin(generation));
        let mut pieces = Pieces::of(&mut self.file, self.length).map_err(cannot_read)?;
        while let Some((bytes, done)) = pieces.next().map_err(cannot_read)? {
            if let Some(mac) = &mut mac {
                mac.add(bytes);
            }
            each(bytes, (done, self.length))?;
        }
        let holds = match (&self.seal, mac) {
            (Some(seal), Some(mut mac)) => {
                mac.add(&seal.label);
                mac.is(&seal.tag)
            }
            _ => false,
        };
        Ok(looked.and_then(|label| if holds { Ok(label) } else { Err(Doubt::Changed) }))
    }
}

impl Seal {
    /// What stands at the end of a file, if it is a seal.
    fn read(file: &mut File, whole: u64) -> io::Result<Option<Self>> {
        let mut seal = Self { label: [0; LABEL], tag: [0; TAG] };
        let Some(at) = u64::try_from(LABEL + TAG).ok().and_then(|length| whole.checked_sub(length)) else {
            return Ok(None);
        };
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut seal.label)?;
        file.read_exact(&mut seal.tag)?;
        Ok(seal.label.starts_with(MARK).then_some(seal))
    }
}

impl Label {
    /// Whether it was sealed as a database is in which this generation of the master key is in force.
    pub(crate) const fn is_of(&self, in_force: Generation) -> Result<(), Doubt> {
        if self.generation == in_force.number() { Ok(()) } else { Err(Doubt::NotInForce(self.generation)) }
    }

    /// Of the database, in bytes.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// When the backup was made.
    pub(crate) const fn made(&self) -> Millis {
        self.made
    }

    /// The version of the program that made it.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    fn to_bytes(&self) -> [u8; LABEL] {
        let mut bytes = [0; LABEL];
        let text = self.version.as_bytes().iter().copied();
        let fields = MARK.iter().copied().chain([FORM, self.generation]);
        let fields = fields.chain(self.length.to_be_bytes()).chain(self.made.as_unix().to_be_bytes());
        let fields = fields.chain(self.key_check).chain(text);
        bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        bytes
    }

    fn from_bytes(bytes: &[u8; LABEL]) -> Result<Self, Doubt> {
        let mut rest = &bytes[MARK.len()..];
        let form = take::<1>(&mut rest)[0];
        if form != FORM {
            return Err(Doubt::UnknownForm(form));
        }
        let generation = take::<1>(&mut rest)[0];
        let length = u64::from_be_bytes(take(&mut rest));
        let made = Millis::from_unix(i64::from_be_bytes(take(&mut rest)));
        let key_check = take(&mut rest);
        let version = String::from_utf8_lossy(rest).trim_end_matches('\0').to_owned();
        Ok(Self { generation, length, made, key_check, version })
    }
}

/// The next bytes of a label, which has all of them.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (taken, others) = rest.split_first_chunk().unwrap_or((&[0; N], &[]));
    *rest = others;
    *taken
}

#[cfg(test)]
#[path = "backup_file_tests.rs"]
mod tests;
