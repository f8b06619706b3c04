//! A store on a file that is removed with it.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use vestibule_crypto::{AuditKey, MasterKeys};
use vestibule_store_sqlite::{OpenError, SqliteStore};

/// The check value of the master key that tests use.
pub(crate) const KEY_CHECK: [u8; 32] = [7; 32];

/// The keys of the audit that tests use, of some generations of the master key.
pub(crate) fn audit_key() -> AuditKey {
    audit_key_of(&[1, 2, 9, 255])
}

/// Those of some of them.
pub(crate) fn audit_key_of(generations: &[u8]) -> AuditKey {
    let line = |number: &u8| format!("{number}:{}\n", format!("{:02x}", 0x59 ^ (number ^ 2)).repeat(32));
    AuditKey::derive(&MasterKeys::from_text(&generations.iter().map(line).collect::<String>()).unwrap())
}

/// A store, and the directory that its file is in. The store is dropped before the directory.
#[derive(Debug)]
pub(crate) struct Temporary {
    store: SqliteStore,
    directory: TempDir,
}

impl Deref for Temporary {
    type Target = SqliteStore;

    fn deref(&self) -> &SqliteStore {
        &self.store
    }
}

/// A new and empty store.
pub(crate) fn empty_store() -> Temporary {
    let directory = tempfile::tempdir().unwrap();
    let store =
        SqliteStore::open(&directory.path().join("vestibule.db"), KEY_CHECK, Arc::new(audit_key())).unwrap();
    Temporary { store, directory }
}

impl Temporary {
    /// The store's file.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("vestibule.db")
    }

    /// Closes the store, keeps its directory.
    pub(crate) fn close(self) -> TempDir {
        self.directory
    }

    /// Closes the store; gives what opening it again with that check value gives.
    pub(crate) fn reopen(self, key_check: [u8; 32]) -> Result<Self, OpenError> {
        let path = self.path();
        let Self { store, directory } = self;
        drop(store);
        SqliteStore::open(&path, key_check, Arc::new(audit_key())).map(|store| Self { store, directory })
    }
}

/// Opens a file of a store that tests made.
pub(crate) fn open(path: &std::path::Path, key_check: [u8; 32]) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, key_check, Arc::new(audit_key()))
}
