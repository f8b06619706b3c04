//! `vestibule backup`: a sealed copy of the database in a file, while a server runs or not.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;
use vestibule_crypto::KeyRing;
use vestibule_model::Clock;
use vestibule_store_sqlite::{BackupError, BackupNote, Contents, back_up};

use super::{count, go_on, version};
use crate::backup_file;
use crate::clock::SystemClock;
use crate::command_line::BackupArguments;
use crate::config::{self, Flags};
use crate::data_dir::DataDir;
use crate::draft::{Draft, Present};
use crate::exit_code::{Interrupted, Refusal};
use crate::input_error::InputError;
use crate::progress::Bar;
use crate::{end_journal, master_key, private_file, screen, signals, witness};

/// Takes the backup, checks and seals it, and only then gives it its name.
pub(crate) fn backup(arguments: &BackupArguments) -> anyhow::Result<()> {
    let flags = Flags::default().path("--data-dir", "server.data_dir", arguments.data_dir.as_ref());
    let config = config::load(arguments.config.as_deref(), flags)?.config;
    let data = DataDir::open_existing(&config.server.data_dir)?;
    let database = data.database();
    if !database.exists() {
        return Err(anyhow!("there is no database in {}", data.path().display()));
    }
    let file = arguments.file.as_deref().context("no file is named")?;
    let present = if arguments.overwrite { Present::Replace } else { Present::Keep };
    check_target(file, &data, present)?;
    let keys = master_key::load_existing(&config.master_key, &data)
        .context("without the master key a backup cannot be sealed")?;
    witness::look_for_lost_commits(&data);
    let mut stop = signals::listen()?;
    let draft = Draft::of(file).map_err(|error| cannot_write(file, &error))?;
    let ring = KeyRing::new(&keys);
    let contents = copy(&database, &ring, &draft, &mut stop)
        .with_context(|| format!("no backup of {}{}", database.display(), data.why_unusable()))?;
    // After the copy, which says which generations of the key count. What it has not got is in the journal still.
    end_journal::refuse_ends(&config, &data, &ring)?;
    let bytes = fs::metadata(draft.path()).with_context(|| format!("cannot read {}", file.display()))?.len();
    draft.place(present).map_err(|error| cannot_write(file, &error))?;
    note_time(&data);
    show(&database, file, &contents, bytes);
    Ok(())
}

/// Tells those who watch the service. The backup is good also when this fails.
fn note_time(data: &DataDir) {
    let now = format!("{}\n", SystemClock.now().as_unix());
    if let Err(error) = private_file::replace(&data.last_backup(), &now, 0o644) {
        let path = data.last_backup();
        tracing::warn!(path = %path.display(), %error, "metrics will not show this backup");
    }
}

/// What can be known beforehand, before anything is written.
fn check_target(file: &Path, data: &DataDir, present: Present) -> anyhow::Result<()> {
    let shown = file.display();
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = folder
        .canonicalize()
        .map_err(|error| InputError::new(&shown, format_args!("cannot use its folder: {error}")))?;
    let own = data.path().canonicalize().with_context(|| format!("cannot read {}", data.path().display()))?;
    if folder.starts_with(own) {
        let reason = "this is in the data directory, where the master key may be and what a backup is for \
                      gets lost: choose another folder, better another disk";
        return Err(InputError::new(&shown, reason).into());
    }
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(InputError::new(&shown, error).into()),
        Ok(found) if !found.is_file() => Err(InputError::new(&shown, "this is no plain file").into()),
        Ok(_) if present == Present::Keep => Err(already_there(file).into()),
        Ok(_) => Ok(()),
    }
}

fn already_there(file: &Path) -> Refusal {
    Refusal::new(format_args!("{} is there already: choose another name, or say --overwrite", file.display()))
}

fn cannot_write(file: &Path, error: &io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::AlreadyExists => already_there(file).into(),
        _ => anyhow!("cannot write {}: {error}", file.display()),
    }
}

fn copy(
    database: &Path,
    keys: &KeyRing,
    draft: &Draft,
    stop: &mut oneshot::Receiver<()>,
) -> anyhow::Result<Contents> {
    let bar = Bar::new("copying");
    let note = BackupNote::new(SystemClock.now(), version());
    let contents = back_up(database, draft.path(), &note, &mut |progress| {
        bar.at(progress.done, progress.total);
        if progress.done == progress.total {
            bar.turn("checking the copy");
        }
        if stop.try_recv().is_ok() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let contents = match contents {
        Err(BackupError::Stopped) => return Err(Interrupted.into()),
        contents => contents?,
    };
    // A signal while the copy was checked.
    go_on(stop)?;
    if contents.master_keys.is_empty() {
        return Err(anyhow!("the database has never been used with a master key"));
    }
    // From here on the one that is in force there is used.
    keys.follow(&contents.master_keys).context("the database belongs to another master key")?;
    bar.turn("sealing the copy");
    backup_file::seal(draft.path(), keys, &note, &mut |_, _| go_on(stop))?;
    Ok(contents)
}

fn show(database: &Path, file: &Path, contents: &Contents, bytes: u64) {
    screen::say(format_args!(
        "backed up {} into {}: {} bytes, schema {}, {}, {}, {}",
        database.display(),
        file.display(),
        bytes,
        contents.schema,
        count(contents.accounts, "account"),
        count(contents.users, "user"),
        count(contents.sessions, "session"),
    ));
    screen::say(
        "The master key is not in it, and without the key it opens nothing: keep a copy of the key as well, \
         in another place.",
    );
}
