//! Where the master key comes from. It is never in the database, and never in a file that others can read.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use vestibule_crypto::{MasterKey, OsRng};
use zeroize::Zeroizing;

use crate::config::MasterKeySettings;
use crate::data_dir::DataDir;
use crate::input_error::InputError;
use crate::private_file;

/// The key from the place that the settings name, or else from `master.key`, which is made for a new database.
pub(crate) fn load(settings: &MasterKeySettings, data: &DataDir) -> anyhow::Result<MasterKey> {
    match (&settings.file, &settings.environment) {
        (Some(file), _) => read(file),
        (None, Some(variable)) => from_environment(variable),
        (None, None) => from_data_dir(data),
    }
}

/// The same, but the key has to be there.
pub(crate) fn load_existing(settings: &MasterKeySettings, data: &DataDir) -> anyhow::Result<MasterKey> {
    match (&settings.file, &settings.environment) {
        (None, None) => read(&data.master_key()),
        _ => load(settings, data),
    }
}

/// The key in the file of the argument `--key`, or else the one that the settings name; either has to be there.
pub(crate) fn given_or_existing(
    given: Option<&Path>,
    settings: &MasterKeySettings,
    data: &DataDir,
) -> anyhow::Result<MasterKey> {
    match given {
        Some(file) => read(file).map_err(|error| InputError::new("--key", format_args!("{error:#}")).into()),
        None => load_existing(settings, data).context("without --key the master key must be in its place"),
    }
}

/// The key in an environment variable.
pub(crate) fn from_environment(variable: &str) -> anyhow::Result<MasterKey> {
    let text = std::env::var(variable).map(Zeroizing::new).map_err(|_| {
        anyhow!("the environment variable {variable}, named by master_key.environment, is not set")
    })?;
    MasterKey::from_hex(&text)
        .with_context(|| format!("the environment variable {variable} holds no master key"))
}

fn from_data_dir(data: &DataDir) -> anyhow::Result<MasterKey> {
    let path = data.master_key();
    if path.exists() {
        return read(&path);
    }
    if data.database().exists() {
        bail!(
            "there is a database but no master key at {}: put the key back from its backup. \
             A new one would open nothing of what the database holds",
            path.display()
        );
    }
    make(&path)
}

/// The key in a file that nobody else can read.
pub(crate) fn read(path: &Path) -> anyhow::Result<MasterKey> {
    let text = private_file::read(path)?;
    MasterKey::from_hex(&text).with_context(|| format!("{} holds no master key", path.display()))
}

fn make(path: &Path) -> anyhow::Result<MasterKey> {
    let key = MasterKey::generate(&OsRng);
    let text = Zeroizing::new(format!("{}\n", *key.to_hex()));
    match private_file::create(path, &text) {
        Ok(()) => {
            tracing::info!(file = %path.display(), "made a master key; keep a copy apart from the database's");
            Ok(key)
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
        assert_eq!(load(&settings(), &data).unwrap().to_hex(), made.to_hex());
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
