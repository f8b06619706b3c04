//! The journal of ends: where it lies, and what a start tells of what it holds.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vestibule_crypto::{KeyRing, RecordSealer};
use vestibule_store::EndJournal;
use vestibule_store_sqlite::FileEndJournal;

use crate::commands::count;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::exit_code::Refusal;
use crate::input_error::{InputError, is_place_wrong};

/// Where the journal is.
pub(crate) fn place(config: &Config, data: &DataDir) -> PathBuf {
    config.durability.end_journal.clone().unwrap_or_else(|| data.end_journal())
}

/// The journal of a service. Opened before anything is changed, because a file that is none ends the start.
pub(crate) fn open(config: &Config, data: &DataDir, keys: &KeyRing) -> anyhow::Result<Arc<FileEndJournal>> {
    let path = place(config, data);
    let file = path.display();
    let journal = FileEndJournal::open(&path, Arc::new(RecordSealer::of_end_journal(keys)));
    let journal = journal.map_err(|error| cannot_read(&path, error))?;
    if let Some(error) = journal.unmade() {
        tracing::error!(
            %file, %error,
            "the journal of ends cannot be made: until it can, a session whose end the database does not take lives again \
             after a restart"
        );
    }
    if journal.damaged() > 0 {
        tracing::error!(
            %file, places = journal.damaged(),
            "places of the journal of ends were not written under this master key, or only in part: they are left aside"
        );
    }
    let ends = journal.held().len();
    if ends > 0 {
        tracing::warn!(%file, ends, "ends of sessions that the database has not taken are applied");
    }
    Ok(Arc::new(journal))
}

/// Says why a service could not read its journal of ends, without making one.
pub(crate) fn check(config: &Config, data: &DataDir, keys: &KeyRing) -> anyhow::Result<()> {
    let path = place(config, data);
    let ends = FileEndJournal::count(&path, &RecordSealer::of_end_journal(keys));
    ends.map(drop).map_err(|error| cannot_read(&path, error))
}

/// Refuses while the journal holds ends that the database may not have taken: a copy of the database alone would have their
/// sessions alive.
pub(crate) fn refuse_ends(config: &Config, data: &DataDir, keys: &KeyRing) -> anyhow::Result<()> {
    let path = place(config, data);
    let ends = FileEndJournal::count(&path, &RecordSealer::of_end_journal(keys))
        .map_err(|error| cannot_read(&path, error))?;
    if ends == 0 {
        return Ok(());
    }
    let (ends, path) = (count(u64::try_from(ends).unwrap_or(u64::MAX), "end"), path.display());
    Err(Refusal::new(format_args!(
        "the journal of ends ({path}) holds {ends} of sessions that the database has not taken, and in a copy those sessions \
         would live: make room on the database's disk and let the service run, which applies them, then take the backup"
    ))
    .into())
}

/// Why a journal cannot be used.
fn cannot_read(path: &Path, error: io::Error) -> anyhow::Error {
    let file = path.display();
    if error.kind() == io::ErrorKind::InvalidData {
        let reason = "this is no journal of ends, and was not touched: name a file that is not there yet (durability.end_journal)";
        return InputError::new(file, reason).into();
    }
    let cannot = format!("cannot read the journal of ends, {file}");
    if is_place_wrong(&error) {
        return InputError::new(cannot, format_args!("it may hold ends of sessions: {error}")).into();
    }
    anyhow::Error::new(error).context(format!("{cannot}: it may hold ends of sessions"))
}
