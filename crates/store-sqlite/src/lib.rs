//! The embedded store: one file, written by `SQLite`, durable after every commit.
//!
//! Owns the file, the connections to it and the threads that use them: one writer that groups the commits that
//! wait into one transaction (ADR 0003), one that folds its log into the file, and readers beside them. Holds no rules of logging in and knows no runtime:
//! its futures wait on channels, whoever polls them.

mod audit_index;
mod audit_keys;
mod audit_reader;
mod backup;
mod backup_file;
mod chain;
mod checkpoint;
mod columns;
mod database_file;
mod end_journal;
mod error;
#[cfg(test)]
mod failures;
mod fold;
mod log_tail;
#[cfg(test)]
mod migrated;
mod migrations;
mod open;
mod opening;
mod read;
mod readers;
mod schema;
mod sealed_columns;
mod traffic_counts;
mod use_block;
mod witness;
mod write;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use vestibule_model::{
    AccountId, AdministrationToken, Administrator, Application, ApplicationToken, AuditMac, CheckValues,
    ConnectionId, Generation, MasterKeyRecord, Millis, RememberedAnswer, SecretDigest, SessionId, SigningKey,
    User, UserId,
};
use vestibule_store::{
    AccountRows, AuditCount, AuditPage, AuditQuery, Change, DirectoryChanges, DirectoryRows, FederatedLogins,
    Outcome, Part, RefreshTokenUse, Remains, Sequence, SessionNumber, Store, StoreFuture, StoredSession,
    TrafficOverview, TrafficQuery, TrafficRow, UserSessions,
};

pub use audit_reader::AuditReader;
pub use backup::{BackupError, Progress, back_up};
pub use backup_file::{
    BackupNote, Contents, CopyError, Sessions, attest, holds_api_key, in_force, inspect, make_ready,
};
pub use chain::{Finding, Unverifiable, Verification, VerifyError, Witness, verify_audit};
pub use end_journal::FileEndJournal;
pub use fold::{FoldError, fold_log};
pub use log_tail::{LostCommits, lost_commits};
pub use open::OpenError;
pub use opening::{InDoubt, Noticed, Opening};
pub use read::session_uses::count_last_uses_since;
pub use read::undecodable::{DecodableRows, UndecodableRow};
pub use witness::{Attestation, Standing, WitnessError, WitnessFile};

use crate::chain::Chain;
use crate::checkpoint::Checkpoints;
use crate::database_file::DatabaseFile;
use crate::error::thread_is_gone;
use crate::opening::{Found, Settled};
use crate::readers::Readers;
use crate::witness::Health;
use crate::writer::{Batch, Queue, Writer};

/// The embedded store. Dropping it writes what is queued, folds the write-ahead log into the file, and waits for
/// its threads to end.
#[derive(Debug)]
pub struct SqliteStore {
    readers: Readers,
    /// None only while the store is being dropped.
    queue: Option<Queue>,
    /// None only while the store is being dropped.
    writer: Option<JoinHandle<()>>,
    /// That of the witness.
    health: Arc<Health>,
}

impl SqliteStore {
    /// Opens the file, or makes it with mode 0600, and brings its schema up to date.
    ///
    /// `keys` are values derived from the master keys. The first open makes the newest of them the active one; a later open
    /// is refused unless every generation that is still used is among them and is the key that it was, because nothing made
    /// under it could be read. `audit` chains the entries of the audit; its keys have to be derived from the same ones.
    pub fn open(
        path: &Path,
        keys: impl Into<CheckValues>,
        audit: Arc<dyn AuditMac>,
    ) -> Result<Self, OpenError> {
        let silent = Opening { witness: None, in_doubt: InDoubt::Accept, entry: &|_| None };
        Self::open_noticing(path, keys, audit, silent).map(|(store, _)| store)
    }

    /// The same, and says what was noticed before anybody could use it: that the log has lost commits, or that the database may
    /// be older than its witness. In that case its sessions have ended.
    pub fn open_noticing(
        path: &Path,
        keys: impl Into<CheckValues>,
        audit: Arc<dyn AuditMac>,
        opening: Opening<'_>,
    ) -> Result<(Self, Vec<Noticed>), OpenError> {
        let found = Found::at(path, &*audit).map_err(|source| open::cannot_open(path, source))?;
        let (mut connection, master_keys) = open::writer(path, &keys.into(), &*audit)?;
        audit.follow(&master_keys);
        let mut chain = Chain::new(audit);
        let health = Arc::<Health>::default();
        let Settled { noticed, keeper } =
            opening::settle(&mut connection, &mut chain, &found, opening, &health)
                .map_err(|source| open::cannot_open(path, source))?;
        let readers = Readers::start(path)?;
        let checkpoints =
            Checkpoints::start(&mut connection, open::folder(path)?).map_err(OpenError::Thread)?;
        let place = DatabaseFile::of(path).map_err(|source| open::cannot_open(path, source))?;
        let writer = Writer { connection, chain, checkpoints, place, witness: keeper };
        let (queue, writer) = writer.start().map_err(OpenError::Thread)?;
        Ok((Self { readers, queue: Some(queue), writer: Some(writer), health }, noticed))
    }

    /// How many transactions the writer has committed since the opening. Commits beside each other share one.
    pub fn transactions(&self) -> u64 {
        self.queue.as_ref().map_or(0, Queue::transactions)
    }

    /// How many testimonies the witness was given since the opening. Ends beside each other share one.
    pub fn testimonies(&self) -> u64 {
        self.health.written()
    }
}

impl SqliteStore {
    /// Reads what can be decoded of everything that is stored but the audit, and names every row that cannot. What [`Store`]
    /// reads ends at the first such row instead, but for what was counted of requests, of which they are left out.
    pub fn decodable_rows(&self) -> StoreFuture<'_, DecodableRows> {
        self.read(read::decodable_rows)
    }
}

impl Store for SqliteStore {
    fn commit(&self, changes: Vec<Change>) -> StoreFuture<'static, Outcome> {
        let (answer, answered) = oneshot::channel();
        // A batch that cannot be sent is dropped with its end of the channel, and so answered.
        if let Some(queue) = &self.queue {
            queue.commit(Batch { changes, answer });
        }
        Box::pin(async { answered.await.map_err(|_| thread_is_gone())? })
    }

    fn directory(&self) -> StoreFuture<'_, DirectoryRows> {
        self.read(read::directory)
    }

    fn directory_without_users(&self) -> StoreFuture<'_, DirectoryRows> {
        self.read(read::directory_without_users)
    }

    fn every_user(&self, after: Option<UserId>, limit: usize) -> StoreFuture<'_, Vec<User>> {
        self.read(move |snapshot| read::every_user(snapshot, after, limit))
    }

    fn account(&self, id: AccountId) -> StoreFuture<'_, Option<AccountRows>> {
        self.read(move |snapshot| read::account(snapshot, id))
    }

    fn user(&self, id: UserId) -> StoreFuture<'_, Option<User>> {
        self.read(move |snapshot| read::one_user(snapshot, id))
    }

    fn deleted(&self, parts: Vec<Part>) -> StoreFuture<'_, Vec<Part>> {
        self.read(move |snapshot| read::deleted(snapshot, parts))
    }

    fn changes(&self, after: Sequence) -> StoreFuture<'_, DirectoryChanges> {
        self.read(move |snapshot| read::changes(snapshot, after))
    }

    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<StoredSession>> {
        self.read(move |snapshot| read::session(snapshot, id))
    }

    fn sessions(&self, after: Option<SessionNumber>, limit: usize) -> StoreFuture<'_, Vec<StoredSession>> {
        self.read(move |snapshot| read::sessions(snapshot, after, limit))
    }

    fn sessions_of_user(&self, account: AccountId, user: UserId) -> StoreFuture<'_, UserSessions> {
        self.read(move |snapshot| read::sessions_of_user(snapshot, account, user))
    }

    fn federated_sessions(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<StoredSession>> {
        self.read(move |snapshot| read::federated_sessions(snapshot, &logins, after, limit))
    }

    fn federated_session_numbers(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<SessionNumber>> {
        self.read(move |snapshot| read::federated_session_numbers(snapshot, &logins, after, limit))
    }

    fn federated_connections(&self) -> StoreFuture<'_, Vec<ConnectionId>> {
        self.read(read::federated_connections)
    }

    fn is_consumed(&self, value: [u8; 32]) -> StoreFuture<'_, bool> {
        self.read(move |snapshot| read::is_consumed(snapshot, &value))
    }

    fn has_session_ids_of_first_form(&self) -> StoreFuture<'_, bool> {
        self.read(read::has_session_ids_of_first_form)
    }

    fn application_tokens(&self, account: AccountId) -> StoreFuture<'_, Vec<ApplicationToken>> {
        self.read(move |snapshot| read::application_tokens(snapshot, account))
    }

    fn last_logins(&self, account: AccountId, users: Vec<UserId>) -> StoreFuture<'_, Vec<(UserId, Millis)>> {
        self.read(move |snapshot| read::last_logins(snapshot, account, users))
    }

    fn last_uses(&self, account: AccountId) -> StoreFuture<'_, Vec<(Application, Millis)>> {
        self.read(move |snapshot| read::last_uses(snapshot, account))
    }

    fn audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditPage> {
        self.read(move |snapshot| read::audit(snapshot, &query))
    }

    fn count_audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditCount> {
        self.read(move |snapshot| read::count_audit(snapshot, &query))
    }

    fn administrators(&self) -> StoreFuture<'_, Vec<Administrator>> {
        self.read(read::administrators)
    }

    fn administration_tokens(&self) -> StoreFuture<'_, Vec<AdministrationToken>> {
        self.read(read::tokens)
    }

    fn administration_token(&self, secret: SecretDigest) -> StoreFuture<'_, Option<AdministrationToken>> {
        self.read(move |snapshot| read::token_with(snapshot, secret))
    }

    fn answer(&self, key: SecretDigest) -> StoreFuture<'_, Option<RememberedAnswer>> {
        self.read(move |snapshot| read::answer(snapshot, key))
    }

    fn oldest_answer(&self) -> StoreFuture<'_, Option<Millis>> {
        self.read(read::oldest_answer)
    }

    fn unwitnessed(&self) -> Option<String> {
        self.health.trouble()
    }

    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>> {
        self.read(read::signing_keys)
    }

    fn refresh_token_use(&self, session: SessionId) -> StoreFuture<'_, Option<RefreshTokenUse>> {
        self.read(move |snapshot| read::refresh_token_use(snapshot, session))
    }

    fn traffic(&self, query: TrafficQuery) -> StoreFuture<'_, Vec<TrafficRow>> {
        self.read(move |snapshot| read::traffic(snapshot, &query))
    }

    fn traffic_overview(&self, account: Option<AccountId>) -> StoreFuture<'_, TrafficOverview> {
        self.read(move |snapshot| read::traffic_overview(snapshot, account))
    }

    fn master_keys(&self) -> StoreFuture<'_, Vec<MasterKeyRecord>> {
        self.read(read::master_keys)
    }

    fn remains(&self, generation: Generation, now: Millis) -> StoreFuture<'_, Remains> {
        self.read(move |snapshot| read::remains(snapshot, generation, now))
    }
}

impl SqliteStore {
    fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        let answered = self.readers.ask(question);
        Box::pin(async { answered.await.map_err(|_| thread_is_gone())?.map_err(error::of_read) })
    }
}

/// The key of the audit that tests use.
#[cfg(test)]
fn audit_key() -> Arc<dyn AuditMac> {
    use vestibule_crypto::{AuditKey, MasterKey};

    Arc::new(AuditKey::derive(&MasterKey::from_hex(&"5a".repeat(32)).unwrap()))
}

/// The seal of the journal of ends that tests use.
#[cfg(test)]
fn journal_seal() -> Arc<dyn vestibule_model::RecordSeal> {
    use vestibule_crypto::{MasterKey, RecordSealer};

    Arc::new(RecordSealer::of_end_journal(&MasterKey::from_hex(&"5a".repeat(32)).unwrap()))
}

/// The seal of the witness that tests use.
#[cfg(test)]
fn witness_seal() -> Arc<dyn vestibule_model::RecordSeal> {
    use vestibule_crypto::{MasterKey, RecordSealer};

    Arc::new(RecordSealer::of_witness(&MasterKey::from_hex(&"5a".repeat(32)).unwrap()))
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Readers first: the log is folded into the file only when nobody reads from it. The writer closes last.
        self.readers.stop();
        drop(self.queue.take());
        // A writer that panicked has answered everybody by dropping their channels.
        self.writer.take().map(JoinHandle::join);
    }
}
