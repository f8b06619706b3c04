//! The data directory: what lies in it, that only one server uses it at a time, and that nobody uses it while its files
//! are being replaced.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::fs::StatVfsMountFlags;

use crate::exit_code::Refusal;
use crate::input_error::{InputError, is_place_wrong};

/// The name of the witness.
pub(crate) const WITNESS: &str = "vestibule.witness";

/// The folder that holds everything which outlives the process.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Whoever reads or writes the database holds a share of a lock on the folder itself; whoever replaces it holds the
    /// whole. None for those who do neither.
    _claim: Option<File>,
}

/// Held by the one server that uses a data directory, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock is held as long as the file is open")] File);

impl DataDir {
    /// The folder, which need not be there.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), _claim: None }
    }

    /// The folder, made for its owner only if it is not there. Its database can be used beside others.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        make(path)?;
        Self::open_existing(path)
    }

    /// Says why a service could not use what has the name, without making it.
    pub(crate) fn check(&self) -> Result<(), InputError> {
        if self.path.is_dir() || !self.path.exists() {
            return Ok(());
        }
        let reason = format_args!("{} is no folder", self.path.display());
        Err(InputError::new("server.data_dir", reason))
    }

    /// The folder, which has to be there. Its database can be used beside others.
    pub(crate) fn open_existing(path: &Path) -> anyhow::Result<Self> {
        let folder = folder(path)?;
        claim(folder.try_lock_shared(), path, "`vestibule restore` is at work in")?;
        Ok(Self { path: path.to_owned(), _claim: Some(folder) })
    }

    /// The folder, made for its owner only if it is not there, for nobody else: its files can be replaced.
    pub(crate) fn open_alone(path: &Path) -> anyhow::Result<(Self, Lock)> {
        make(path)?;
        // First, because its refusal names the server's process.
        let lock = Self::at(path).lock()?;
        let folder = folder(path)?;
        claim(folder.try_lock(), path, "another vestibule command is using")?;
        Ok((Self { path: path.to_owned(), _claim: Some(folder) }, lock))
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("vestibule.db")
    }

    /// What to add to the name of the database where it cannot be used; nothing unless its disk is the reason.
    pub(crate) fn why_unusable(&self) -> &'static str {
        let disk = rustix::fs::statvfs(&self.path);
        let is_read_only = disk.is_ok_and(|disk| disk.f_flag.contains(StatVfsMountFlags::RDONLY));
        if is_read_only {
            " (its disk is read-only, and to be read the database needs files beside it)"
        } else {
            ""
        }
    }

    /// The master key, unless the configuration names another place.
    pub(crate) fn master_key(&self) -> PathBuf {
        self.path.join("master.key")
    }

    /// When the last backup was made, in milliseconds since 1970: for those who watch, nothing depends on it.
    pub(crate) fn last_backup(&self) -> PathBuf {
        self.path.join("last-backup")
    }

    /// The name and the password of the first owner, for whoever installs the service.
    pub(crate) fn first_owner(&self) -> PathBuf {
        self.path.join("first-owner.txt")
    }

    /// The journal of ends, unless the configuration names another place.
    pub(crate) fn end_journal(&self) -> PathBuf {
        self.path.join("ends.journal")
    }

    /// The witness, unless the configuration names another place for it or for the master key.
    pub(crate) fn witness(&self) -> PathBuf {
        self.path.join(WITNESS)
    }

    /// The certificate of the development CA.
    pub(crate) fn ca_certificate(&self) -> PathBuf {
        self.path.join("ca.pem")
    }

    /// The private key of the development CA.
    pub(crate) fn ca_key(&self) -> PathBuf {
        self.path.join("ca-key.pem")
    }

    /// The file that says which server uses the folder.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.path.join("vestibule.lock")
    }

    /// Claims the folder for a server. `apply` needs no claim: it changes the database beside a server.
    pub(crate) fn lock(&self) -> anyhow::Result<Lock> {
        let path = self.lock_file();
        let shown = path.display();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot open {shown}"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Refusal::new(self.in_use(&mut file)).into()),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {shown}"));
            }
        }
        // For people and for the message above; the lock itself needs no contents.
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .with_context(|| format!("cannot write {shown}"))?;
        Ok(Lock(file))
    }

    fn in_use(&self, file: &mut File) -> String {
        let mut owner = String::new();
        let read = file.rewind().and_then(|()| file.read_to_string(&mut owner));
        let owner = read.ok().map(|_| owner.trim()).filter(|owner| !owner.is_empty()).unwrap_or("unknown");
        format!("another server (process {owner}) is using the data directory {}", self.path.display())
    }
}

fn make(path: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| {
        let reason = format!("cannot make the data directory {}", path.display());
        if is_place_wrong(&error) {
            InputError::new("server.data_dir", format_args!("{reason}: {error}")).into()
        } else {
            anyhow::Error::new(error).context(reason)
        }
    })
}

fn folder(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("cannot open the data directory {}", path.display()))
}

fn claim(locked: Result<(), TryLockError>, path: &Path, by: &str) -> anyhow::Result<()> {
    let shown = path.display();
    match locked {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(Refusal::new(format_args!("{by} the data directory {shown}")).into())
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock the data directory {shown}"))
        }
    }
}
