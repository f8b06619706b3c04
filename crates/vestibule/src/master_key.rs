//! Where the master keys come from: a file or an environment variable, which holds one or several generations. They are never in
//! the database, and never in a file that others can read.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use vestibule_auth::{KeySource, KeySourceError, Keys};
use vestibule_crypto::{KeyRing, MasterKeys, OsRng};
use zeroize::Zeroizing;

use crate::config::MasterKeySettings;
use crate::data_dir::DataDir;
use crate::input_error::InputError;
use crate::private_file;

/// Where the settings say that the master keys are.
#[derive(Clone, Debug)]
pub(crate) enum MasterKeySource {
    /// A file.
    File(PathBuf),
    /// An environment variable, which is somebody else's to set.
    Variable(String),
}

impl MasterKeySource {
    /// The place that the settings name, or else `master.key` in the data directory.
    pub(crate) fn of(settings: &MasterKeySettings, data: &DataDir) -> Self {
        match (&settings.file, &settings.environment) {
            (Some(file), _) => Self::File(file.clone()),
            (None, Some(variable)) => Self::Variable(variable.clone()),
            (None, None) => Self::File(data.master_key()),
        }
    }

    /// The keys that are there.
    pub(crate) fn read(&self) -> anyhow::Result<MasterKeys> {
        match self {
            Self::File(file) => read(file),
            Self::Variable(variable) => from_environment(variable),
        }
    }
}

impl KeySource for MasterKeySource {
    fn read(&self) -> Result<MasterKeys, KeySourceError> {
        // The alternate form names the causes, none of which shows a key.
        Self::read(self).map_err(|error| format!("{error:#}").into())
    }
}

/// The keys from the place that the settings name, or else from `master.key`, which is made for a new database.
pub(crate) fn load(settings: &MasterKeySettings, data: &DataDir) -> anyhow::Result<KeyRing> {
    load_or_keep(settings, data, &MasterKeys::generate(&OsRng))
}

/// The same; what is made for a new database are these keys.
pub(crate) fn load_or_keep(
    settings: &MasterKeySettings,
    data: &DataDir,
    new: &MasterKeys,
) -> anyhow::Result<KeyRing> {
    let keys = match check(settings, data)? {
        Some(keys) => keys,
        None => keep(&data.master_key(), new)?,
    };
    Ok(KeyRing::new(&keys))
}

/// The keys that a service would load, or why it would not, without making any. None: its first start is to make the key.
pub(crate) fn check(settings: &MasterKeySettings, data: &DataDir) -> Result<Option<MasterKeys>, InputError> {
    match (&settings.file, &settings.environment) {
        (None, None) if !data.master_key().exists() => refuse_lost(data).map(|()| None),
        _ => load_existing(settings, data).map(Some),
    }
}

/// The same, but the keys have to be there.
pub(crate) fn load_existing(settings: &MasterKeySettings, data: &DataDir) -> Result<MasterKeys, InputError> {
    let place = match (&settings.file, &settings.environment) {
        (Some(_), _) => "master_key.file",
        (None, Some(_)) => "master_key.environment",
        (None, None) => "the master key",
    };
    MasterKeySource::of(settings, data)
        .read()
        .map_err(|error| InputError::new(place, format_args!("{error:#}")))
}

/// The keys in the file of the argument `--key`, or else those that the settings name; either have to be there.
pub(crate) fn given_or_existing(
    given: Option<&Path>,
    settings: &MasterKeySettings,
    data: &DataDir,
) -> anyhow::Result<MasterKeys> {
    match given {
        Some(file) => read(file).map_err(|error| InputError::new("--key", format_args!("{error:#}")).into()),
        None => load_existing(settings, data).context("without --key the master key must be in its place"),
    }
}

/// The keys of a service, which may find others where it found them.
pub(crate) fn running(ring: KeyRing, settings: &MasterKeySettings, data: &DataDir) -> Keys {
    Keys { ring, source: Some(Arc::new(MasterKeySource::of(settings, data))) }
}

/// The keys in an environment variable.
pub(crate) fn from_environment(variable: &str) -> anyhow::Result<MasterKeys> {
    let text = std::env::var(variable).map(Zeroizing::new).map_err(|_| {
        anyhow!("the environment variable {variable}, named by master_key.environment, is not set")
    })?;
    MasterKeys::from_text(&text)
        .with_context(|| format!("the environment variable {variable} holds no master key"))
}

fn refuse_lost(data: &DataDir) -> Result<(), InputError> {
    if !data.database().exists() {
        return Ok(());
    }
    let place = format!("there is a database but no master key at {}", data.master_key().display());
    let reason = "put the key back from its backup. A new one would open nothing of what the database holds";
    Err(InputError::new(place, reason))
}

/// The keys in a file that nobody else can read.
pub(crate) fn read(path: &Path) -> anyhow::Result<MasterKeys> {
    let text = private_file::read(path)?;
    MasterKeys::from_text(&text).with_context(|| format!("{} holds no master key", path.display()))
}

/// Writes new keys, and answers those that count.
fn keep(path: &Path, new: &MasterKeys) -> anyhow::Result<MasterKeys> {
    let text = new.to_text();
    match private_file::create(path, &text) {
        Ok(()) => {
            tracing::info!(file = %path.display(), "made a master key; keep a copy apart from the database's");
            Ok(MasterKeys::from_text(&text)?)
        }
        // Another process was faster: its key counts.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn settings() -> MasterKeySettings {
        MasterKeySettings { file: None, environment: None }
    }

    #[test]
    fn is_made_once_and_then_read() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::at(folder.path());
        let made = load(&settings(), &data).unwrap();
        assert_eq!(load(&settings(), &data).unwrap().check_values(), made.check_values());
    }

    #[test]
    fn is_not_made_beside_a_database() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::at(folder.path());
        fs::write(data.database(), "").unwrap();
        let refusal = load(&settings(), &data).unwrap_err().to_string();
        assert!(refusal.contains("no master key at"), "{refusal}");
    }

    #[test]
    fn a_named_file_is_never_made() {
        let folder = tempfile::tempdir().unwrap();
        let settings = MasterKeySettings { file: Some(folder.path().join("key")), ..settings() };
        assert!(load(&settings, &DataDir::at(folder.path())).is_err());
    }

    #[test]
    fn a_text_that_is_no_key_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::at(folder.path());
        private_file::create(&data.master_key(), "hunter2").unwrap();
        let refusal = format!("{:#}", load(&settings(), &data).unwrap_err());
        assert!(refusal.contains("64 hexadecimal digits") && !refusal.contains("hunter2"), "{refusal}");
    }
}
