//! `vestibule restore`: a data directory from a backup and the master key that belongs to it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use vestibule_crypto::{AuditKey, KeyRing, KeyRingError, MasterKeys, OsRng};
use vestibule_model::{AuditAction, AuditRecord, Clock, Generation, Means};
use vestibule_store::{Change, Store};
use vestibule_store_sqlite::{BackupNote, Contents, Sessions, SqliteStore, attest, inspect, make_ready};

use super::{count, go_on, operator, shown_time, small_runtime};
use crate::backup_file::{BackupFile, Doubt, Label};
use crate::clock::SystemClock;
use crate::command_line::RestoreArguments;
use crate::config::{self, Config, Flags};
use crate::data_dir::DataDir;
use crate::draft::{BESIDE_A_DATABASE, Draft, with_suffix};
use crate::input_error::InputError;
use crate::master_key::MasterKeySource;
use crate::progress::Bar;
use crate::replace::Permission;
use crate::{master_key, replace, screen, signals, witness};

/// What was done, for the screen.
struct Restored {
    contents: Contents,
    /// Why it is not known that the backup is as it was made; None: it is.
    doubt: Option<Doubt>,
    /// Sessions that the backup had and the restored database has not.
    ended: u64,
    /// The files that had the names before.
    kept: Vec<PathBuf>,
    /// Where the witness of it is.
    witness: PathBuf,
    /// The generation of the master key that is in force in it, and the newest at hand, if that is another.
    generations: Option<(Generation, Generation)>,
}

/// Checks everything, writes everything beside what is there, and only then gives it its names.
pub(crate) fn restore(arguments: &RestoreArguments) -> anyhow::Result<()> {
    let flags = Flags::default().path("--data-dir", "server.data_dir", arguments.data_dir.as_ref());
    let config = config::load(arguments.config.as_deref(), flags)?.config;
    check_source(&arguments.file)?;
    let at = DataDir::at(&config.server.data_dir);
    let keys = master_key::given_or_existing(arguments.key.as_deref(), &config.master_key, &at)?;
    let ring = KeyRing::new(&keys);
    let mut source = BackupFile::open(&arguments.file)?;
    unless_allowed(arguments, source.look(&ring).err())?;
    let mut stop = signals::listen()?;
    let (data, _lock) = DataDir::open_alone(&config.server.data_dir)?;
    replace::give_to_owner(&data.lock_file(), &data)?;
    let permission = if arguments.overwrite { Permission::Replace } else { Permission::Refuse };
    let place = MasterKeySource::of(&config.master_key, &data);
    replace::check_database(&data, permission)?;
    place.check(&keys, permission)?;
    let keys = place.with_those_there(keys)?;
    ring.add(&keys)?;
    replace::remove_drafts(&data)?;

    let draft =
        Draft::of(&data.database()).with_context(|| format!("cannot write in {}", data.path().display()))?;
    let bar = Bar::new("copying");
    let verdict = copy(&mut source, &ring, &draft, &mut |(done, total)| {
        bar.at(done, total);
        go_on(&mut stop)
    })?;
    unless_allowed(arguments, verdict.as_ref().err().copied())?;
    bar.turn("checking");
    let contents = check_contents(&arguments.file, &draft, &ring)?;
    let doubt = verdict.and_then(|label| label.is_of(ring.active())).err();
    unless_allowed(arguments, doubt)?;
    let sessions = if arguments.keep_sessions { Sessions::Keep } else { Sessions::End };
    let details = details(&arguments.file, doubt, &contents, sessions);
    tell_audit(draft.path(), &ring, &details)
        .context("cannot tell the audit that the database was restored")?;
    let ended = make_ready(draft.path(), sessions).context("cannot prepare the database")?;
    go_on(&mut stop)?;
    drop(bar);
    let kept = give_names(draft, &config, &data, &place, &keys, &ring)?;
    let witness = witness::place(&config, &data);
    let newest = ring.generations().max().filter(|newest| *newest > ring.active());
    let generations = newest.map(|newest| (ring.active(), newest));
    show(arguments, &data, &place, &Restored { contents, doubt, ended, kept, witness, generations });
    Ok(())
}

/// Makes the draft the database, with its key and its witness. Says which files are kept of those before.
fn give_names(
    draft: Draft,
    config: &Config,
    data: &DataDir,
    place: &MasterKeySource,
    keys: &MasterKeys,
    ring: &KeyRing,
) -> anyhow::Result<Vec<PathBuf>> {
    let now = SystemClock.now();
    let attestation =
        attest(draft.path(), &AuditKey::derive(ring), &OsRng).context("cannot prepare the database")?;
    let mut witness = witness::open(config, data, ring)?;
    let mut kept = replace::database(draft, data, now)?;
    kept.extend(place.put(keys, data, now).context("the database is restored, but not the master key")?);
    // What was restored is the database from now on.
    witness
        .attest(&attestation)
        .context("the database is restored, but not witnessed: the next start will end its sessions")?;
    Ok(kept)
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

/// Refuses a backup that may not be what was made, unless it was said that such a one is restored too.
fn unless_allowed(arguments: &RestoreArguments, doubt: Option<Doubt>) -> Result<(), InputError> {
    let Some(doubt) = doubt.filter(|_| !arguments.unauthenticated) else { return Ok(()) };
    let hint = match doubt {
        Doubt::NoSeal => "; if you know whose it is, --unauthenticated restores it",
        _ => "",
    };
    Err(InputError::new(arguments.file.display(), format_args!("{doubt}{hint}")))
}

/// Copies the database that is in the backup, and says whether the bytes of the copy are those that were sealed.
fn copy(
    source: &mut BackupFile,
    keys: &KeyRing,
    draft: &Draft,
    step: &mut dyn FnMut((u64, u64)) -> anyhow::Result<()>,
) -> anyhow::Result<Result<Label, Doubt>> {
    let cannot_write = || format!("cannot write {}", draft.path().display());
    let mut to = File::options().write(true).open(draft.path()).with_context(cannot_write)?;
    source.read(keys, &mut |bytes, progress| {
        to.write_all(bytes).with_context(cannot_write)?;
        step(progress)
    })
}

/// Whether the keys are those of the database in it; if so they are used as it says.
fn check_contents(file: &Path, draft: &Draft, ring: &KeyRing) -> anyhow::Result<Contents> {
    let refuse = |reason: String| InputError::new(file.display(), reason);
    let contents = inspect(draft.path()).map_err(|error| refuse(format!("{:#}", anyhow!(error))))?;
    if contents.master_keys.is_empty() {
        return Err(refuse("this database has never been used with a master key".into()).into());
    }
    match ring.follow(&contents.master_keys) {
        Ok(()) => Ok(contents),
        Err(KeyRingError::Missing(generation)) => {
            Err(refuse(format!("this backup needs generation {generation} of the master key")).into())
        }
        Err(error @ KeyRingError::Same(..)) => Err(refuse(error.to_string()).into()),
        Err(KeyRingError::Another(generation)) => {
            let more = if generation == Generation::FIRST && contents.master_keys.len() == 1 {
                String::new()
            } else {
                format!(" (generation {generation})")
            };
            let reason = format!("the master key is not the one that this backup belongs to{more}");
            Err(refuse(reason).into())
        }
    }
}

/// What the audit says of the restore.
fn details(file: &Path, doubt: Option<Doubt>, contents: &Contents, sessions: Sessions) -> serde_json::Value {
    let ended = if sessions == Sessions::End { contents.sessions } else { 0 };
    serde_json::json!({
        "file": file.file_name().map(|name| name.to_string_lossy()),
        "authenticated": doubt.is_none(),
        "doubt": doubt.map(|doubt| doubt.to_string()),
        "backup_made": contents.note.as_ref().map(BackupNote::made),
        "sessions_ended": ended,
    })
}

/// Writes into the audit of the restored database that it was restored.
fn tell_audit(database: &Path, keys: &KeyRing, details: &serde_json::Value) -> anyhow::Result<()> {
    let store = SqliteStore::open(database, keys.check_values(), Arc::new(AuditKey::derive(keys)))?;
    let record = AuditRecord::new(SystemClock.now(), AuditAction::Restored, operator(), Means::CommandLine);
    let record = AuditRecord { details: Some(details.to_string()), ..record };
    small_runtime()?.block_on(store.commit(vec![Change::Audit(Box::new(record))]))?;
    Ok(())
}

fn show(arguments: &RestoreArguments, data: &DataDir, place: &MasterKeySource, restored: &Restored) {
    let Restored { contents, doubt, ended, kept, .. } = restored;
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
    if let Some(doubt) = doubt {
        screen::say(format_args!("NOT AUTHENTICATED: {doubt}. The audit says so too"));
    }
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
    if let Some((in_force, newest)) = restored.generations {
        screen::say(format_args!(
            "generation {in_force} of the master key is in force again, although {newest} is at hand: if others may know \
             generation {in_force}, run `vestibule master-key rotate` before you let anybody in"
        ));
    }
    screen::say(format_args!("witness: {}", restored.witness.display()));
    for file in kept {
        screen::say(format_args!("kept what was there: {}", file.display()));
    }
    screen::say(
        "Passwords, locks, disabled users and keys are as they were then: repeat what has changed since, \
         before you let anybody in.",
    );
}
