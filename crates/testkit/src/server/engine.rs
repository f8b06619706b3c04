//! The engine of a server, and what it is started with: store, master keys, clock.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vestibule_auth::{Auth, KeySource, KeySourceError, Keys, Settings};
use vestibule_crypto::{AuditKey, KeyRing, MasterKey, MasterKeys, OsRng};
use vestibule_model::Clock;
use vestibule_store::{EndJournal, MemoryEndJournal, Store};
use vestibule_store_sqlite::SqliteStore;

use crate::{FailingStore, Faults, TestClock};

pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join("vestibule.db")
}

pub(crate) fn open_store(folder: &Path, ring: &KeyRing) -> Arc<dyn Store> {
    let path = database(folder);
    let audit = Arc::new(AuditKey::derive(ring.clone()));
    Arc::new(SqliteStore::open(&path, ring.check_values(), audit).expect("a store"))
}

/// Master keys that a test adds to.
pub(super) struct TestKeySource(Mutex<MasterKeys>);

impl TestKeySource {
    pub(super) fn of(master: &MasterKey) -> Self {
        Self(Mutex::new(copy(&master.to_hex())))
    }

    pub(super) fn keys(&self) -> MutexGuard<'_, MasterKeys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeySource for TestKeySource {
    fn read(&self) -> Result<MasterKeys, KeySourceError> {
        Ok(copy(&self.keys().to_text()))
    }
}

fn copy(text: &str) -> MasterKeys {
    MasterKeys::from_text(text).expect("master keys")
}

pub(super) fn keys_of(ring: &KeyRing, source: &Arc<TestKeySource>) -> Keys {
    let source: Arc<dyn KeySource> = Arc::<TestKeySource>::clone(source);
    Keys { ring: ring.clone(), source: Some(source) }
}

pub(super) fn failing(store: &Arc<dyn Store>, faults: &Arc<Faults>) -> Arc<dyn Store> {
    Arc::new(FailingStore::new(Arc::clone(store), Arc::clone(faults)))
}

/// What an engine keeps its data in.
pub(crate) type Stored<'a> = (&'a Arc<dyn Store>, &'a Arc<MemoryEndJournal>);

pub(crate) async fn start_auth(
    stored: Stored<'_>,
    keys: impl Into<Keys>,
    clock: &Arc<TestClock>,
    settings: &Settings,
) -> Arc<Auth> {
    let auth = begin_auth(stored, keys, clock, settings).await;
    auth.load().await;
    auth
}

pub(super) async fn begin_auth(
    stored: Stored<'_>,
    keys: impl Into<Keys>,
    clock: &Arc<TestClock>,
    settings: &Settings,
) -> Arc<Auth> {
    let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(clock);
    let journal: Arc<dyn EndJournal> = Arc::<MemoryEndJournal>::clone(stored.1);
    Auth::start(Arc::clone(stored.0), journal, keys, Arc::new(OsRng), clock, settings.clone())
        .await
        .expect("the engine starts")
}
