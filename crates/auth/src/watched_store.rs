//! The store as the engine uses it: whatever is asked of it, what came of it is noted.

use std::sync::Arc;

use vestibule_model::{
    AccountId, AdministrationToken, Administrator, Application, ApplicationToken, ConnectionId, Generation,
    MasterKeyRecord, Millis, RememberedAnswer, SecretDigest, SessionId, SigningKey, User, UserId,
};
use vestibule_store::{
    AccountRows, AuditCount, AuditPage, AuditQuery, Change, DirectoryChanges, DirectoryRows, FederatedLogins,
    Outcome, Part, RefreshTokenUse, Remains, Sequence, SessionNumber, Store, StoreFuture, StoredSession,
    TrafficOverview, TrafficQuery, TrafficRow, UserSessions,
};

use crate::consumed::ConsumedValues;
use crate::store_health::StoreHealth;

/// A store, and how it does.
pub(crate) struct WatchedStore {
    store: Arc<dyn Store>,
    health: Arc<StoreHealth>,
    consumed: Arc<ConsumedValues>,
}

impl WatchedStore {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        health: Arc<StoreHealth>,
        consumed: Arc<ConsumedValues>,
    ) -> Self {
        Self { store, health, consumed }
    }

    fn noted<'a, T: Send + 'a>(&'a self, read: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async {
            let outcome = read.await;
            self.health.read(&outcome);
            outcome
        })
    }
}

impl Store for WatchedStore {
    fn commit(&self, changes: Vec<Change>) -> StoreFuture<'static, Outcome> {
        self.consumed.note(&changes);
        let (health, has_written) = (Arc::clone(&self.health), !changes.is_empty());
        let committed = self.store.commit(changes);
        Box::pin(async move {
            let outcome = committed.await;
            health.committed(&outcome, has_written);
            outcome
        })
    }

    fn directory(&self) -> StoreFuture<'_, DirectoryRows> {
        self.noted(self.store.directory())
    }

    fn directory_without_users(&self) -> StoreFuture<'_, DirectoryRows> {
        self.noted(self.store.directory_without_users())
    }

    fn every_user(&self, after: Option<UserId>, limit: usize) -> StoreFuture<'_, Vec<User>> {
        self.noted(self.store.every_user(after, limit))
    }

    fn account(&self, id: AccountId) -> StoreFuture<'_, Option<AccountRows>> {
        self.noted(self.store.account(id))
    }

    fn user(&self, id: UserId) -> StoreFuture<'_, Option<User>> {
        self.noted(self.store.user(id))
    }

    fn deleted(&self, parts: Vec<Part>) -> StoreFuture<'_, Vec<Part>> {
        self.noted(self.store.deleted(parts))
    }

    fn changes(&self, after: Sequence) -> StoreFuture<'_, DirectoryChanges> {
        self.noted(self.store.changes(after))
    }

    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<StoredSession>> {
        self.noted(self.store.session(id))
    }

    fn sessions(&self, after: Option<SessionNumber>, limit: usize) -> StoreFuture<'_, Vec<StoredSession>> {
        self.noted(self.store.sessions(after, limit))
    }

    fn sessions_of_user(&self, account: AccountId, user: UserId) -> StoreFuture<'_, UserSessions> {
        self.noted(self.store.sessions_of_user(account, user))
    }

    fn federated_sessions(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<StoredSession>> {
        self.noted(self.store.federated_sessions(logins, after, limit))
    }

    fn federated_session_numbers(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<SessionNumber>> {
        self.noted(self.store.federated_session_numbers(logins, after, limit))
    }

    fn federated_connections(&self) -> StoreFuture<'_, Vec<ConnectionId>> {
        self.noted(self.store.federated_connections())
    }

    fn is_consumed(&self, value: [u8; 32]) -> StoreFuture<'_, bool> {
        self.noted(self.store.is_consumed(value))
    }

    fn has_session_ids_of_first_form(&self) -> StoreFuture<'_, bool> {
        self.noted(self.store.has_session_ids_of_first_form())
    }

    fn application_tokens(&self, account: AccountId) -> StoreFuture<'_, Vec<ApplicationToken>> {
        self.noted(self.store.application_tokens(account))
    }

    fn last_logins(&self, account: AccountId, users: Vec<UserId>) -> StoreFuture<'_, Vec<(UserId, Millis)>> {
        self.noted(self.store.last_logins(account, users))
    }

    fn last_uses(&self, account: AccountId) -> StoreFuture<'_, Vec<(Application, Millis)>> {
        self.noted(self.store.last_uses(account))
    }

    fn audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditPage> {
        self.noted(self.store.audit(query))
    }

    fn count_audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditCount> {
        self.noted(self.store.count_audit(query))
    }

    fn administrators(&self) -> StoreFuture<'_, Vec<Administrator>> {
        self.noted(self.store.administrators())
    }

    fn administration_tokens(&self) -> StoreFuture<'_, Vec<AdministrationToken>> {
        self.noted(self.store.administration_tokens())
    }

    fn administration_token(&self, secret: SecretDigest) -> StoreFuture<'_, Option<AdministrationToken>> {
        self.noted(self.store.administration_token(secret))
    }

    fn answer(&self, key: SecretDigest) -> StoreFuture<'_, Option<RememberedAnswer>> {
        self.noted(self.store.answer(key))
    }

    fn oldest_answer(&self) -> StoreFuture<'_, Option<Millis>> {
        self.noted(self.store.oldest_answer())
    }

    fn unwitnessed(&self) -> Option<String> {
        self.store.unwitnessed()
    }

    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>> {
        self.noted(self.store.signing_keys())
    }

    fn refresh_token_use(&self, session: SessionId) -> StoreFuture<'_, Option<RefreshTokenUse>> {
        self.noted(self.store.refresh_token_use(session))
    }

    fn traffic(&self, query: TrafficQuery) -> StoreFuture<'_, Vec<TrafficRow>> {
        self.noted(self.store.traffic(query))
    }

    fn traffic_overview(&self, account: Option<AccountId>) -> StoreFuture<'_, TrafficOverview> {
        self.noted(self.store.traffic_overview(account))
    }

    fn master_keys(&self) -> StoreFuture<'_, Vec<MasterKeyRecord>> {
        self.noted(self.store.master_keys())
    }

    fn remains(&self, generation: Generation, now: Millis) -> StoreFuture<'_, Remains> {
        self.noted(self.store.remains(generation, now))
    }
}
