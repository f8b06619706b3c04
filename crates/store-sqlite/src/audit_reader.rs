//! Reading the audit of a file, beside a service or without one.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use vestibule_model::CheckValues;
use vestibule_store::{AuditPage, AuditQuery, StoreError};

use crate::error::unavailable;
use crate::open::{self, OpenError};
use crate::read;

/// A file that is read only. Nothing is made and nothing is migrated.
#[derive(Debug)]
pub struct AuditReader(Connection);

impl AuditReader {
    /// Opens the file of a service with these master keys.
    pub fn open(path: &Path, keys: impl Into<CheckValues>) -> Result<Self, OpenError> {
        open::reader_of(path, &keys.into()).map(Self)
    }

    /// A page, as [`vestibule_store::Store::audit`] gives it, without what a service still counts in memory.
    pub fn page(&mut self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        let snapshot =
            self.0.transaction_with_behavior(TransactionBehavior::Deferred).map_err(unavailable)?;
        read::audit(&snapshot, query).map_err(unavailable)
    }
}
