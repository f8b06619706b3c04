//! The data directory: what lies in it, and that only one server uses it at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The folder that holds everything which outlives the process.
#[derive(Debug)]
pub(crate) struct DataDir(PathBuf);

/// Held by the one server that uses a data directory, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock is held as long as the file is open")] File);

impl DataDir {
    /// The folder, which need not be there.
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The folder, made for its owner only if it is not there.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("cannot make the data directory {}", path.display()))?;
        Ok(Self(path.to_owned()))
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("vestibule.db")
    }

    /// The master key, unless the configuration names another place.
    pub(crate) fn master_key(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// The certificate of the development CA.
    pub(crate) fn ca_certificate(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// The private key of the development CA.
    pub(crate) fn ca_key(&self) -> PathBuf {
        self.0.join("ca-key.pem")
    }

    /// Claims the folder for a server. `apply` needs no claim: it changes the database beside a server.
    pub(crate) fn lock(&self) -> anyhow::Result<Lock> {
        let path = self.0.join("vestibule.lock");
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
            Err(TryLockError::WouldBlock) => bail!("{}", self.in_use(&mut file)),
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
        format!("another server (process {owner}) is using the data directory {}", self.0.display())
    }
}
