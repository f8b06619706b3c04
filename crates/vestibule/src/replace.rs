//! Other files under the names of those that the service uses: the database, the master key. Nothing is destroyed: what
//! had the name is kept under another. Whoever calls this has the data directory alone.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use vestibule_crypto::MasterKeys;
use vestibule_model::{Generation, Millis};
use vestibule_store_sqlite::{FoldError, fold_log};

use crate::data_dir::DataDir;
use crate::draft::{Draft, Present, with_suffix};
use crate::exit_code::Refusal;
use crate::input_error::InputError;
use crate::master_key::MasterKeySource;
use crate::{master_key, private_file, screen};

/// Whether something that is there may lose its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// No.
    Refuse,
    /// Yes, the operator has said so.
    Replace,
}

/// Refuses when there is a database that may not lose its name.
pub(crate) fn check_database(data: &DataDir, permission: Permission) -> Result<(), Refusal> {
    let database = data.database();
    if permission == Permission::Refuse && database.exists() {
        let shown = database.display();
        return Err(Refusal::new(format_args!(
            "there is a database already, {shown}: say --overwrite to replace it"
        )));
    }
    Ok(())
}

/// Removes what restores that were killed have left.
pub(crate) fn remove_drafts(data: &DataDir) -> anyhow::Result<()> {
    let prefix = format!(".{}.", data.database().file_name().unwrap_or_default().to_string_lossy());
    let unreadable = || format!("cannot read {}", data.path().display());
    for entry in fs::read_dir(data.path()).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Makes the draft the database. Says which files are kept of the one before.
pub(crate) fn database(draft: Draft, data: &DataDir, now: Millis) -> anyhow::Result<Vec<PathBuf>> {
    let database = data.database();
    let shown = database.display();
    give_to_owner(draft.path(), data)?;
    let mut kept = Vec::new();
    let aside = aside(&database, now);
    if database.exists() {
        match fold_log(&database) {
            Ok(()) => {}
            Err(error @ FoldError::InUse) => {
                return Err(Refusal::new(format_args!("{shown}: {error}")).into());
            }
            Err(FoldError::Unreadable(error)) => {
                screen::complain(format_args!("{shown} cannot be read any more: {error}"));
            }
        }
        // A second name for the old one: there is no moment without a database.
        fs::hard_link(&database, &aside).with_context(|| format!("cannot keep {shown}"))?;
        kept.push(aside.clone());
    }
    // A log that is still there belongs to the old one, and would be read as the new one's.
    for suffix in ["-wal", "-journal"] {
        let (log, aside) = (with_suffix(&database, suffix), with_suffix(&aside, suffix));
        match fs::rename(&log, &aside) {
            Ok(()) => kept.push(aside),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot rename {}", log.display())),
        }
    }
    remove(&with_suffix(&database, "-shm"))?;
    draft.place(Present::Replace).with_context(|| format!("cannot replace {shown}"))?;
    Ok(kept)
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// A name under which a file is kept, and a log beside it: one that nothing older has.
fn aside(file: &Path, now: Millis) -> PathBuf {
    let time = timestamp(now).map(|time| time.strftime("%Y%m%dT%H%M%SZ").to_string());
    let first =
        with_suffix(file, &format!(".replaced-{}", time.unwrap_or_else(|| now.as_unix().to_string())));
    let is_free = |name: &PathBuf| {
        ["", "-wal", "-journal"].iter().all(|suffix| fs::symlink_metadata(with_suffix(name, suffix)).is_err())
    };
    let further = (2..=u32::MAX).map(|number| with_suffix(&first, &format!(".{number}")));
    [first.clone()].into_iter().chain(further).find(is_free).unwrap_or(first)
}

/// A time in UTC, without its milliseconds.
pub(crate) fn timestamp(time: Millis) -> Option<Timestamp> {
    Timestamp::from_second(time.as_unix().div_euclid(1_000)).ok()
}

/// What root makes in a folder of another user belongs to that user, or the service could not use it.
pub(crate) fn give_to_owner(file: &Path, data: &DataDir) -> anyhow::Result<()> {
    let owner =
        fs::metadata(data.path()).with_context(|| format!("cannot read {}", data.path().display()))?;
    if rustix::process::geteuid().is_root() && owner.uid() != 0 {
        chown(file, Some(owner.uid()), Some(owner.gid()))
            .with_context(|| format!("cannot give {} to its owner", file.display()))?;
    }
    Ok(())
}

impl MasterKeySource {
    /// Refuses when another key is there, which may not lose its name.
    pub(crate) fn check(&self, keys: &MasterKeys, permission: Permission) -> anyhow::Result<()> {
        match self {
            Self::Variable(name) => match master_key::from_environment(name) {
                Ok(found) if !holds(&found, keys) => {
                    Err(InputError::new(name, "this variable holds another master key").into())
                }
                _ => Ok(()),
            },
            Self::File(file)
                if permission == Permission::Refuse && file.exists() && !file_holds(file, keys) =>
            {
                let shown = file.display();
                Err(Refusal::new(format_args!(
                    "there is another master key already, {shown}: say --overwrite to replace it"
                ))
                .into())
            }
            Self::File(_) => Ok(()),
        }
    }

    /// The keys, and with them those that are there under other numbers: what is older than a rotation does not need the newer
    /// key, but its number is taken, and it is to be activated again. The keys of another installation, which has none in
    /// common with these, are left out. Refused are two keys of one installation under one number.
    pub(crate) fn with_those_there(&self, mut keys: MasterKeys) -> anyhow::Result<MasterKeys> {
        let Ok(there) = self.read() else { return Ok(keys) };
        let (given, found) = (keys.check_values().0, there.check_values().0);
        let is_common = |(generation, value): &(&Generation, &[u8; 32])| found.get(generation) == Some(value);
        let is_another = |(generation, value): &(&Generation, &[u8; 32])| {
            found.get(generation).is_some_and(|other| other != *value)
        };
        match given.iter().find(is_another) {
            None => keys.add_missing(there).map_err(|error| Refusal::new(format_args!("{self}: {error}")))?,
            Some((generation, _)) if given.iter().any(|key| is_common(&key)) => {
                return Err(Refusal::new(format_args!(
                    "generation {generation} of the master key is another key in {self} than the one that was given: \
                     take out the line that is wrong"
                ))
                .into());
            }
            Some(_) => {}
        }
        Ok(keys)
    }

    /// Puts the keys there, unless they are there. Says what is kept of what was there before.
    pub(crate) fn put(
        &self,
        keys: &MasterKeys,
        data: &DataDir,
        now: Millis,
    ) -> anyhow::Result<Option<PathBuf>> {
        let Self::File(file) = self else { return Ok(None) };
        if file_holds(file, keys) {
            return Ok(None);
        }
        let shown = file.display();
        let mut kept = None;
        if file.exists() {
            let aside = aside(file, now);
            fs::hard_link(file, &aside).with_context(|| format!("cannot keep {shown}"))?;
            kept = Some(aside);
        }
        private_file::replace(file, &keys.to_text(), 0o600)
            .with_context(|| format!("cannot write {shown}"))?;
        give_to_owner(file, data)?;
        Ok(kept)
    }
}

fn file_holds(file: &Path, keys: &MasterKeys) -> bool {
    master_key::read(file).is_ok_and(|found| holds(&found, keys))
}

/// Whether every one of the keys is there, under its number; others may be there too.
fn holds(found: &MasterKeys, keys: &MasterKeys) -> bool {
    let found = found.check_values().0;
    keys.check_values().0.iter().all(|(generation, value)| found.get(generation) == Some(value))
}

impl fmt::Display for MasterKeySource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(out),
            Self::Variable(name) => write!(out, "yours to set in the environment variable {name}"),
        }
    }
}
