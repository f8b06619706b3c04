//! `vestibule restore`: a data directory from a backup and the master key that belongs to it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;
use vestibule_crypto::{AuditKey, MasterKey, OsRng};
use vestibule_model::{AuditAction, AuditRecord, Clock, Means, Millis};
use vestibule_store::{Change, Store};
use vestibule_store_sqlite::{BackupNote, Contents, Sessions, SqliteStore, attest, inspect, make_ready};

use super::{count, operator, small_runtime};
use crate::clock::SystemClock;
use crate::command_line::RestoreArguments;
use crate::config::{self, Config, Flags};
use crate::data_dir::DataDir;
use crate::draft::{BESIDE_A_DATABASE, Draft, with_suffix};
use crate::exit_code::Interrupted;
use crate::input_error::InputError;
use crate::progress::Bar;
use crate::replace::{Permission, Place};
use crate::{master_key, replace, screen, signals, witness};

/// Bytes between two looks at whether to go on.
const CHUNK: usize = 1 << 20;

/// What was done, for the screen.
struct Restored {
    contents: Contents,
    /// Sessions that the backup had and the restored database has not.
    ended: u64,
    /// The files that had the names before.
    kept: Vec<std::path::PathBuf>,
}

/// Checks everything, writes everything beside what is there, and only then gives it its names.
pub(crate) fn restore(arguments: &RestoreArguments) -> anyhow::Result<()> {
    let flags = Flags::default().path("--data-dir", "server.data_dir", arguments.data_dir.as_ref());
    let config = config::load(arguments.config.as_deref(), flags)?.config;
    check_source(&arguments.file)?;
    let key = key(arguments, &config)?;
    let mut stop = signals::listen()?;
    let (data, _lock) = DataDir::open_alone(&config.server.data_dir)?;
    replace::give_to_owner(&data.lock_file(), &data)?;
    let permission = if arguments.overwrite { Permission::Replace } else { Permission::Refuse };
    let place = Place::of(&config.master_key, &data);
    replace::check_database(&data, permission)?;
    place.check(&key, permission)?;
    replace::remove_drafts(&data)?;

    let draft =
        Draft::of(&data.database()).with_context(|| format!("cannot write in {}", data.path().display()))?;
    let bar = Bar::new("copying");
    copy(&arguments.file, &draft, &bar, &mut stop)?;
    bar.turn("checking");
    let contents = check_contents(&arguments.file, &draft, &key)?;
    let sessions = if arguments.keep_sessions { Sessions::Keep } else { Sessions::End };
    tell_audit(draft.path(), &key, (&contents, sessions))?;
    let ended = make_ready(draft.path(), sessions).context("cannot prepare the database")?;
    if stop.try_recv().is_ok() {
        return Err(Interrupted.into());
    }
    drop(bar);
    let now = SystemClock.now();
    let attestation =
        attest(draft.path(), &AuditKey::derive(&key), &OsRng).context("cannot prepare the database")?;
    let mut witness = witness::open(&config, (&data, &key))?;
    let mut kept = replace::database(draft, &data, now)?;
    kept.extend(place.put(&key, &data, now).context("the database is restored, but not the master key")?);
    // What was restored is the database from now on.
    witness
        .attest(&attestation)
        .context("the database is restored, but not witnessed: the next start will end its sessions")?;
    show(arguments, &data, &place, &Restored { contents, ended, kept });
    Ok(())
}

/// What can be known beforehand.
fn check_source(file: &Path) -> Result<(), InputError> {
    let metadata = fs::metadata(file).map_err(|error| InputError::new(file.display(), error))?;
    if !metadata.is_file() {
        return Err(InputError::new(file.display(), "this is no plain file"));
    }
    let log = |suffix: &&&str| fs::metadata(with_suffix(file, suffix)).is_ok_and(|log| log.len() > 0);
    // An index without a log holds nothing.
    match BESIDE_A_DATABASE.iter().filter(|suffix| **suffix != "-shm").find(log) {
        None => Ok(()),
        Some(suffix) => Err(InputError::new(
            file.display(),
            format_args!(
                "a log ({suffix}) lies beside it, so it is no backup but the database of a service: use \
                 `vestibule backup`"
            ),
        )),
    }
}

/// The key that is given, or the one that the configuration names, which has to be there then.
fn key(arguments: &RestoreArguments, config: &Config) -> anyhow::Result<MasterKey> {
    match &arguments.key {
        Some(file) => {
            master_key::read(file).map_err(|error| InputError::new("--key", format_args!("{error:#}")).into())
        }
        None => master_key::load_existing(&config.master_key, &DataDir::at(&config.server.data_dir))
            .context("without --key the master key must be in its place"),
    }
}

fn copy(file: &Path, draft: &Draft, bar: &Bar, stop: &mut oneshot::Receiver<()>) -> anyhow::Result<()> {
    let cannot_read = |error: io::Error| InputError::new(file.display(), error);
    let mut from = File::open(file).map_err(cannot_read)?;
    let total = from.metadata().map_err(cannot_read)?.len();
    let mut to = File::options()
        .write(true)
        .open(draft.path())
        .with_context(|| format!("cannot write {}", draft.path().display()))?;
    let (mut buffer, mut done) = (vec![0; CHUNK], 0);
    loop {
        let read = from.read(&mut buffer).map_err(cannot_read)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        to.write_all(bytes).with_context(|| format!("cannot write {}", draft.path().display()))?;
        done += u64::try_from(read).unwrap_or_default();
        bar.at(done, total.max(done));
        if stop.try_recv().is_ok() {
            return Err(Interrupted.into());
        }
    }
}

fn check_contents(file: &Path, draft: &Draft, key: &MasterKey) -> anyhow::Result<Contents> {
    let refuse = |reason: String| InputError::new(file.display(), reason);
    let contents = inspect(draft.path()).map_err(|error| refuse(format!("{:#}", anyhow!(error))))?;
    match contents.key_check {
        Some(check) if check == key.check_value() => Ok(contents),
        Some(_) => Err(refuse("the master key is not the one that this backup belongs to".into()).into()),
        None => Err(refuse("this database has never been used with a master key".into()).into()),
    }
}

/// Writes into the audit of the restored database that it was restored.
fn tell_audit(
    database: &Path,
    key: &MasterKey,
    (contents, sessions): (&Contents, Sessions),
) -> anyhow::Result<()> {
    let store = SqliteStore::open(database, key.check_value(), Arc::new(AuditKey::derive(key)))
        .context("cannot prepare the database")?;
    let made = contents.note.as_ref().map(BackupNote::made);
    let ended = if sessions == Sessions::End { contents.sessions } else { 0 };
    let details = serde_json::json!({ "backup_made": made, "sessions_ended": ended });
    let record = AuditRecord::new(SystemClock.now(), AuditAction::Restored, operator(), Means::CommandLine);
    let record = AuditRecord { details: Some(details.to_string()), ..record };
    let told = small_runtime()?.block_on(store.commit(vec![Change::Audit(Box::new(record))]));
    told.context("cannot tell the audit that the database was restored")
}

fn show(arguments: &RestoreArguments, data: &DataDir, place: &Place, restored: &Restored) {
    let Restored { contents, ended, kept } = restored;
    let made = match &contents.note {
        Some(note) => format!("made {} by version {}", shown_time(note.made()), note.version()),
        None => "not made by `vestibule backup`".to_owned(),
    };
    screen::say(format_args!(
        "restored {} ({made}, schema {}) into {}",
        arguments.file.display(),
        contents.schema,
        data.path().display()
    ));
    let (accounts, users) = (count(contents.accounts, "account"), count(contents.users, "user"));
    if arguments.keep_sessions {
        let sessions = count(contents.sessions, "session");
        screen::say(format_args!("{accounts}, {users}, {sessions}: a logout after the backup is undone"));
    } else {
        screen::say(format_args!(
            "{accounts}, {users}; {} ended: everybody logs in anew",
            count(*ended, "session")
        ));
    }
    screen::say(format_args!("master key: {place}"));
    for file in kept {
        screen::say(format_args!("kept what was there: {}", file.display()));
    }
    screen::say(
        "Passwords, locks, disabled users and keys are as they were then: repeat what has changed since, \
         before you let anybody in.",
    );
}

/// In UTC, to the second.
fn shown_time(time: Millis) -> String {
    replace::timestamp(time).map_or_else(|| "at an unknown time".into(), |time| time.to_string())
}
