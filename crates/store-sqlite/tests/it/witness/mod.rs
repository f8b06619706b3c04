//! The witness: which databases it takes for the one that was last in use.

mod file;
mod kept;
mod older_copy;

use std::fs;
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use vestibule_crypto::{MasterKey, OsRng, RecordSealer};
use vestibule_model::{AuditRecord, Millis, SessionId};
use vestibule_store::conformance::samples::{HERE, account, bare_audit_record, session, user};
use vestibule_store::{AuditOrder, AuditQuery, Change, Store};
use vestibule_store_sqlite::{
    InDoubt, Noticed, OpenError, Opening, SqliteStore, Standing, WitnessError, WitnessFile,
};

use crate::temporary::{KEY_CHECK, audit_key, open as open_without};

/// From the one place of the file to the other, and its length.
const STEP: u64 = 4_096;
const LENGTH: u64 = 2 * STEP;

/// The entry of the audit about whatever is noticed.
const TOLD: i64 = 777;

/// A folder with a database and, beside it, its witness.
struct WitnessedDatabase(TempDir);

impl WitnessedDatabase {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("vestibule.db")
    }

    fn witness(&self) -> PathBuf {
        self.0.path().join("witness")
    }

    fn elsewhere(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn open(&self) -> (SqliteStore, Vec<Noticed>) {
        self.open_in_doubt(InDoubt::EndSessions)
    }

    fn open_in_doubt(&self, in_doubt: InDoubt) -> (SqliteStore, Vec<Noticed>) {
        let witness = witness(&self.witness(), 1).unwrap();
        let entry = |noticed: &Noticed| {
            let is_told = *noticed != Noticed::FirstWitness;
            is_told.then(|| AuditRecord { at: Millis::from_unix(TOLD), ..bare_audit_record(1) })
        };
        let opening = Opening { witness: Some((witness, &OsRng)), in_doubt, entry: &entry };
        open_noticing(&self.database(), opening).unwrap()
    }

    /// What the next opening notices.
    fn noticed(&self) -> Vec<Noticed> {
        self.open().1
    }

    /// A copy of the database, which nobody has open.
    fn keep(&self, name: &str) {
        fs::copy(self.database(), self.elsewhere(name)).unwrap();
    }

    fn put_back(&self, name: &str) {
        fs::copy(self.elsewhere(name), self.database()).unwrap();
    }
}

fn open_noticing(database: &Path, opening: Opening<'_>) -> Result<(SqliteStore, Vec<Noticed>), OpenError> {
    SqliteStore::open_noticing(database, KEY_CHECK, Arc::new(audit_key()), opening)
}

fn witness(path: &Path, key: u8) -> Result<WitnessFile, WitnessError> {
    let master = MasterKey::from_hex(&format!("{key:02x}").repeat(32)).unwrap();
    WitnessFile::open(path, Arc::new(RecordSealer::of_witness(&master)))
}

fn audit() -> Change {
    Change::Audit(bare_audit_record(1).into())
}

/// An account, a user and two sessions.
async fn inhabit(store: &SqliteStore) {
    let user = user(HERE, 1);
    let sessions = [1, 2].map(|byte| Change::OpenSession(session(byte, &user).into()));
    let put = vec![Change::PutAccount(account(HERE).into()), Change::PutUser(user.into()), audit()];
    store.commit(put.into_iter().chain(sessions).collect()).await.unwrap();
}

async fn end(store: &SqliteStore, byte: u8) {
    store.commit(vec![Change::EndSession(SessionId([byte; 16])), audit()]).await.unwrap();
}

async fn sessions(store: &SqliteStore) -> usize {
    store.sessions(None, 100).await.unwrap().len()
}

/// How many entries of the audit tell of what was noticed.
async fn told(store: &SqliteStore) -> usize {
    let query = AuditQuery { order: AuditOrder::OldestFirst, limit: 100, ..AuditQuery::default() };
    let page = store.audit(query).await.unwrap();
    page.entries.iter().filter(|entry| entry.record.at == Millis::from_unix(TOLD)).count()
}

fn set_back(noticed: &[Noticed]) -> (Standing, u64) {
    let [Noticed::SetBack { standing, sessions }] = noticed else { panic!("noticed {noticed:?}") };
    (*standing, *sessions)
}

/// A place whose database was in use: one session has ended since the copy `old` was made, another lives.
async fn used() -> WitnessedDatabase {
    let place = WitnessedDatabase::new();
    let (store, _) = place.open();
    inhabit(&store).await;
    drop(store);
    place.keep("old");
    let (store, _) = place.open();
    end(&store, 1).await;
    drop(store);
    place
}

fn damage(place: &WitnessedDatabase, slot: u64) {
    let file = fs::File::options().write(true).open(place.witness()).unwrap();
    file.write_all_at(&[0xa5; 100], slot + 300).unwrap();
}
