//! The database with its witness: where that lies, and what is told of what an opening noticed, on the screen, in the log and in
//! the audit. What makes a database doubtful is decided in `vestibule-store-sqlite`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use rustix::fs::Access;
use serde_json::{Value, json};
use vestibule_crypto::{AuditKey, KeyRing, OsRng, RecordSealer};
use vestibule_model::{Actor, AuditAction, AuditRecord, Clock, Means};
use vestibule_store::Store;
use vestibule_store_sqlite::{
    InDoubt, LostCommits, Noticed, Opening, SqliteStore, Standing, WitnessError, WitnessFile, lost_commits,
};

use crate::clock::SystemClock;
use crate::commands::{count, operator};
use crate::config::Config;
use crate::data_dir::{DataDir, WITNESS};
use crate::exit_code::Refusal;
use crate::input_error::InputError;
use crate::{replace, screen};

/// What an opening has to do with the witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It asks it, does what follows, and keeps it.
    Keep,
    /// Nothing: who changes the database beside the service leaves that to the service, which may know another place.
    Leave,
    /// Nothing, and it leaves no entry in the audit either.
    LeaveAsItIs,
}

/// Where the witness is.
pub(crate) fn place(config: &Config, data: &DataDir) -> PathBuf {
    let beside_the_key = || Some(config.master_key.file.as_ref()?.with_file_name(WITNESS));
    config.durability.witness.clone().or_else(beside_the_key).unwrap_or_else(|| data.witness())
}

/// The witness, for nobody else.
pub(crate) fn open(config: &Config, data: &DataDir, keys: &KeyRing) -> anyhow::Result<WitnessFile> {
    let path = place(config, data);
    let file = WitnessFile::open(&path, Arc::new(RecordSealer::of_witness(keys)));
    let file = file.map_err(refused)?;
    replace::give_to_owner(&path, data)?;
    Ok(file)
}

/// Says why a service could not open its witness, without making one.
pub(crate) fn check(config: &Config, data: &DataDir) -> anyhow::Result<()> {
    let path = place(config, data);
    // A start may be tried again, since disks are mounted late; whoever asks has something to mend.
    let wrong = |error: WitnessError| match error {
        WitnessError::Unusable { .. } => {
            InputError::new(NEEDED, format_args!("{ADVICE}: {:#}", anyhow!(error))).into()
        }
        other => refused(other),
    };
    if WitnessFile::check(&path).map_err(wrong)? {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A start makes the data directory.
    if folder == data.path() && !folder.exists() {
        return Ok(());
    }
    let writable = rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK);
    writable.map_err(|error| wrong(WitnessError::Unusable { path: path.clone(), source: error.into() }))
}

const NEEDED: &str = "the database needs its witness";

const ADVICE: &str =
    "mount its disk, let the service write there, or name another place (durability.witness)";

fn refused(error: WitnessError) -> anyhow::Error {
    match error {
        error @ WitnessError::InUse { .. } => Refusal::new(error).into(),
        WitnessError::NotOne { path } => InputError::new(
            path.display(),
            "this is no witness, and was not touched: name a file that is not there yet (durability.witness)",
        )
        .into(),
        error @ WitnessError::Unusable { .. } => {
            anyhow::Error::new(error).context(format!("{NEEDED}: {ADVICE}"))
        }
    }
}

/// The database of a data directory, compared with its witness, and what was noticed told.
pub(crate) fn open_store(
    config: &Config,
    data: &DataDir,
    keys: &KeyRing,
    witness: Use,
) -> anyhow::Result<SqliteStore> {
    let file = if witness == Use::Keep { Some(open(config, data, keys)?) } else { None };
    let opening = Opening {
        witness: file.map(|file| (file, &OsRng as _)),
        in_doubt: InDoubt::EndSessions,
        entry: &|noticed| entry(noticed, Actor::System).filter(|_| witness != Use::LeaveAsItIs),
    };
    let (store, noticed) = open_noticing(data, keys, opening)?;
    let place = place(config, data);
    for noticed in &noticed {
        tell(noticed, &place);
    }
    Ok(store)
}

/// Accepts the database as it is. Why there was a doubt; None: there was none.
pub(crate) fn accept(file: WitnessFile, data: &DataDir, keys: &KeyRing) -> anyhow::Result<Option<Standing>> {
    let opening = Opening {
        witness: Some((file, &OsRng)),
        in_doubt: InDoubt::Accept,
        entry: &|noticed| entry(noticed, operator()),
    };
    let (store, noticed) = open_noticing(data, keys, opening)?;
    if let Some(why) = store.unwitnessed() {
        return Err(anyhow!("the witness cannot be written: {why}"));
    }
    tell_of_lost_commits(&noticed);
    let accepted = noticed.iter().find_map(|noticed| match noticed {
        Noticed::Accepted(standing) => Some(*standing),
        _ => None,
    });
    Ok(accepted)
}

fn open_noticing(
    data: &DataDir,
    keys: &KeyRing,
    opening: Opening<'_>,
) -> anyhow::Result<(SqliteStore, Vec<Noticed>)> {
    let (path, audit) = (data.database(), Arc::new(AuditKey::derive(keys)));
    SqliteStore::open_noticing(&path, keys.check_values(), audit, opening)
        .with_context(|| format!("cannot use {}{}", path.display(), data.why_unusable()))
}

/// What a comparison came to, in words.
pub(crate) fn in_words(standing: Standing, witness: &Path) -> String {
    let witness = witness.display();
    match standing {
        Standing::Behind { witnessed, newest } => format!(
            "the database ends at entry {newest} of the audit, and entry {witnessed} was witnessed ({witness}): an older \
             copy was put back"
        ),
        Standing::UnderNewerLog { witnessed, newest } => format!(
            "the database's file ends at entry {newest} of the audit, and entry {witnessed} was witnessed in it ({witness}): \
             an older copy was put back beside the log of a newer one"
        ),
        Standing::Another { witnessed } => format!(
            "entry {witnessed} of the audit is not the one that was witnessed ({witness}): an older copy was put back and \
             used, or the audit was changed"
        ),
        Standing::Missing => format!("the witness of the database is missing ({witness})"),
        Standing::Unsealed => {
            format!("the witness was not written under this master key, or was changed ({witness})")
        }
        Standing::Damaged { witnessed } => format!(
            "one place of the witness is damaged ({witness}), and the database ends at entry {witnessed} of the audit, which \
             the other place knows: an older copy may have been put back"
        ),
        Standing::OfAnother => format!("the witness is that of another database ({witness})"),
        Standing::AsWitnessed | Standing::First => format!("the database is as witnessed ({witness})"),
    }
}

fn tell(noticed: &Noticed, witness: &Path) {
    match noticed {
        Noticed::FirstWitness => {
            tracing::info!(file = %witness.display(), "the database has a witness from now on");
        }
        Noticed::SetBack { standing, sessions } => {
            let (why, ended) = (in_words(*standing, witness), count(*sessions, "session"));
            tracing::error!(why, sessions, "the database may be an older one: all its sessions have ended");
            screen::complain(format_args!(
                "{why}.\nThe database may be an older one: all its sessions ({ended}) have ended, and everybody logs in \
                 anew. Passwords, locks, disabled users and keys are as they were then, renewed secrets and revoked tokens work as \
                 before: repeat what has changed since."
            ));
        }
        Noticed::LostCommits(lost) => complain_of(*lost),
        Noticed::Accepted(_) => {}
    }
}

/// Looks for commits that the log of a database has lost, before a command that only reads opens it: to open it recovers the log,
/// and a start after that would find nothing.
pub(crate) fn look_for_lost_commits(data: &DataDir) {
    if let Ok(Some(lost)) = lost_commits(&data.database()) {
        complain_of(lost);
    }
}

fn tell_of_lost_commits(noticed: &[Noticed]) {
    for noticed in noticed {
        if let Noticed::LostCommits(lost) = *noticed {
            complain_of(lost);
        }
    }
}

fn complain_of(LostCommits { recovered, written }: LostCommits) {
    let lost = written.saturating_sub(recovered);
    tracing::error!(recovered, written, "the database's log is damaged: commits are lost");
    screen::complain(format_args!(
        "The end of the database's log is damaged: {lost} of {written} pages of it could not be recovered, and what was committed \
         with them is lost."
    ));
}

fn entry(noticed: &Noticed, actor: Actor) -> Option<AuditRecord> {
    let (action, details) = match noticed {
        Noticed::FirstWitness => return None,
        Noticed::SetBack { standing, sessions } => {
            let mut details = standing_in_json(*standing);
            details["sessions_ended"] = (*sessions).into();
            (AuditAction::SetBack, details)
        }
        Noticed::Accepted(standing) => (AuditAction::WitnessRenewed, standing_in_json(*standing)),
        Noticed::LostCommits(LostCommits { recovered, written }) => {
            (AuditAction::CommitsLost, json!({ "pages_recovered": recovered, "pages_written": written }))
        }
    };
    let means = if actor == Actor::System { Means::System } else { Means::CommandLine };
    let record = AuditRecord::new(SystemClock.now(), action, actor, means);
    Some(AuditRecord { details: Some(details.to_string()), ..record })
}

fn standing_in_json(standing: Standing) -> Value {
    match standing {
        Standing::Behind { witnessed, newest } => {
            json!({ "found": "behind its witness", "witnessed": witnessed, "newest": newest })
        }
        Standing::UnderNewerLog { witnessed, newest } => {
            json!({ "found": "an older file under a newer log", "witnessed": witnessed, "newest": newest })
        }
        Standing::Another { witnessed } => {
            json!({ "found": "another entry than witnessed", "witnessed": witnessed })
        }
        Standing::Missing => json!({ "found": "no witness" }),
        Standing::Unsealed => json!({ "found": "a witness without its seal" }),
        Standing::Damaged { witnessed } => {
            json!({ "found": "a witness with a damaged place", "witnessed": witnessed })
        }
        Standing::OfAnother => json!({ "found": "the witness of another database" }),
        Standing::AsWitnessed | Standing::First => json!({ "found": "as witnessed" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_not_accepted_when_its_witness_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let (data, master) =
            (DataDir::at(folder.path()), KeyRing::from(&vestibule_crypto::MasterKey::generate(&OsRng)));
        let path = data.witness();
        let open = || WitnessFile::open(&path, Arc::new(RecordSealer::of_witness(&master))).unwrap();
        accept(open(), &data, &master).unwrap();
        let file = open();
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let refusal = accept(file, &data, &master).unwrap_err().to_string();
        assert!(refusal.contains("the witness cannot be written"), "{refusal}");
    }
}
