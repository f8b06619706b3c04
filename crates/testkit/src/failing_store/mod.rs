//! A store that fails on command: a real one, in front of which a test says what fails, how often, and for how long.

mod faults;

use std::fmt;
use std::future::ready;
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

use faults::Holds;
pub use faults::{Fault, Faults, Gate, Operation};

/// A store with faults before it.
pub struct FailingStore {
    store: Arc<dyn Store>,
    faults: Arc<Faults>,
}

impl FailingStore {
    /// A store that works until `faults` say otherwise.
    pub fn new(store: Arc<dyn Store>, faults: Arc<Faults>) -> Self {
        Self { store, faults }
    }

    /// Commits, and waits where there is a gate.
    fn done(&self, changes: Vec<Change>) -> StoreFuture<'static, Outcome> {
        match self.faults.gate(&Operation::Commit(&changes)) {
            None => self.store.commit(changes),
            Some((Holds::Work, gate)) => {
                let store = Arc::clone(&self.store);
                Box::pin(async move {
                    gate.pass().await;
                    store.commit(changes).await
                })
            }
            Some((Holds::Answer, gate)) => {
                let committed = self.store.commit(changes);
                Box::pin(async move {
                    let outcome = committed.await;
                    gate.pass().await;
                    outcome
                })
            }
        }
    }

    fn read<'a, T: Send + 'a>(
        &'a self,
        method: &'static str,
        read: impl FnOnce(&'a dyn Store) -> StoreFuture<'a, T> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        let operation = Operation::Read(method);
        if let Some(strike) = self.faults.strike(&operation) {
            return Box::pin(ready(Err(strike.error())));
        }
        match self.faults.gate(&operation) {
            None => read(&*self.store),
            Some((_, gate)) => Box::pin(async move {
                gate.pass().await;
                read(&*self.store).await
            }),
        }
    }
}

impl fmt::Debug for FailingStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FailingStore").field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl Store for FailingStore {
    fn commit(&self, changes: Vec<Change>) -> StoreFuture<'static, Outcome> {
        match self.faults.strike(&Operation::Commit(&changes)) {
            None => self.done(changes),
            Some(strike) => {
                let committed = strike.takes_effect.then(|| self.store.commit(changes));
                Box::pin(async move {
                    if let Some(committed) = committed {
                        committed.await?;
                    }
                    if let Some(gate) = &strike.gate {
                        gate.pass().await;
                    }
                    Err(strike.error())
                })
            }
        }
    }

    fn directory(&self) -> StoreFuture<'_, DirectoryRows> {
        self.read("directory", |store| store.directory())
    }

    fn directory_without_users(&self) -> StoreFuture<'_, DirectoryRows> {
        self.read("directory_without_users", |store| store.directory_without_users())
    }

    fn every_user(&self, after: Option<UserId>, limit: usize) -> StoreFuture<'_, Vec<User>> {
        self.read("every_user", move |store| store.every_user(after, limit))
    }

    fn account(&self, id: AccountId) -> StoreFuture<'_, Option<AccountRows>> {
        self.read("account", move |store| store.account(id))
    }

    fn user(&self, id: UserId) -> StoreFuture<'_, Option<User>> {
        self.read("user", move |store| store.user(id))
    }

    fn changes(&self, after: Sequence) -> StoreFuture<'_, DirectoryChanges> {
        self.read("changes", move |store| store.changes(after))
    }

    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<StoredSession>> {
        self.read("session", move |store| store.session(id))
    }

    fn sessions(&self, after: Option<SessionNumber>, limit: usize) -> StoreFuture<'_, Vec<StoredSession>> {
        self.read("sessions", move |store| store.sessions(after, limit))
    }

    fn sessions_of_user(&self, account: AccountId, user: UserId) -> StoreFuture<'_, UserSessions> {
        self.read("sessions_of_user", move |store| store.sessions_of_user(account, user))
    }

    fn federated_sessions(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<StoredSession>> {
        self.read("federated_sessions", move |store| store.federated_sessions(logins, after, limit))
    }

    fn federated_session_numbers(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<SessionNumber>> {
        self.read("federated_session_numbers", move |store| {
            store.federated_session_numbers(logins, after, limit)
        })
    }

    fn federated_connections(&self) -> StoreFuture<'_, Vec<ConnectionId>> {
        self.read("federated_connections", |store| store.federated_connections())
    }

    fn is_consumed(&self, value: [u8; 32]) -> StoreFuture<'_, bool> {
        self.read("is_consumed", move |store| store.is_consumed(value))
    }

    fn has_session_ids_of_first_form(&self) -> StoreFuture<'_, bool> {
        self.read("has_session_ids_of_first_form", |store| store.has_session_ids_of_first_form())
    }

    fn deleted(&self, parts: Vec<Part>) -> StoreFuture<'_, Vec<Part>> {
        self.read("deleted", move |store| store.deleted(parts))
    }

    fn last_logins(&self, account: AccountId, users: Vec<UserId>) -> StoreFuture<'_, Vec<(UserId, Millis)>> {
        self.read("last_logins", move |store| store.last_logins(account, users))
    }

    fn last_uses(&self, account: AccountId) -> StoreFuture<'_, Vec<(Application, Millis)>> {
        self.read("last_uses", move |store| store.last_uses(account))
    }

    fn application_tokens(&self, account: AccountId) -> StoreFuture<'_, Vec<ApplicationToken>> {
        self.read("application_tokens", move |store| store.application_tokens(account))
    }

    fn audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditPage> {
        let limit = query.limit.min(self.faults.audit_page());
        self.read("audit", move |store| store.audit(AuditQuery { limit, ..query }))
    }

    fn count_audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditCount> {
        self.read("count_audit", move |store| store.count_audit(query))
    }

    fn administrators(&self) -> StoreFuture<'_, Vec<Administrator>> {
        self.read("administrators", |store| store.administrators())
    }

    fn administration_tokens(&self) -> StoreFuture<'_, Vec<AdministrationToken>> {
        self.read("administration_tokens", |store| store.administration_tokens())
    }

    fn administration_token(&self, secret: SecretDigest) -> StoreFuture<'_, Option<AdministrationToken>> {
        self.read("administration_token", move |store| store.administration_token(secret))
    }

    fn answer(&self, key: SecretDigest) -> StoreFuture<'_, Option<RememberedAnswer>> {
        self.read("answer", move |store| store.answer(key))
    }

    fn oldest_answer(&self) -> StoreFuture<'_, Option<Millis>> {
        self.read("oldest_answer", |store| store.oldest_answer())
    }

    fn unwitnessed(&self) -> Option<String> {
        match self.faults.strike(&Operation::Witness) {
            Some(_) => Some("the test wants this to fail".to_owned()),
            None => self.store.unwitnessed(),
        }
    }

    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>> {
        self.read("signing_keys", |store| store.signing_keys())
    }

    fn refresh_token_use(&self, session: SessionId) -> StoreFuture<'_, Option<RefreshTokenUse>> {
        self.read("refresh_token_use", move |store| store.refresh_token_use(session))
    }

    fn traffic(&self, query: TrafficQuery) -> StoreFuture<'_, Vec<TrafficRow>> {
        self.read("traffic", move |store| store.traffic(query))
    }

    fn traffic_overview(&self, account: Option<AccountId>) -> StoreFuture<'_, TrafficOverview> {
        self.read("traffic_overview", move |store| store.traffic_overview(account))
    }

    fn master_keys(&self) -> StoreFuture<'_, Vec<MasterKeyRecord>> {
        self.read("master_keys", |store| store.master_keys())
    }

    fn remains(&self, generation: Generation, now: Millis) -> StoreFuture<'_, Remains> {
        self.read("remains", move |store| store.remains(generation, now))
    }
}

#[cfg(test)]
mod tests {
    use vestibule_crypto::{MasterKey, OsRng};
    use vestibule_store::MemoryStore;

    use super::*;
    use crate::AccountFixture;

    fn store() -> (FailingStore, Arc<Faults>) {
        let faults = Arc::new(Faults::default());
        (FailingStore::new(Arc::new(MemoryStore::new()), Arc::clone(&faults)), faults)
    }

    fn end() -> Vec<Change> {
        vec![Change::EndSession(SessionId([1; 16]))]
    }

    #[tokio::test]
    async fn works_until_told_to_fail_and_again_when_healed() {
        let (store, faults) = store();
        assert!(store.commit(end()).await.is_ok());
        faults.fail(Fault::commits());
        assert!(store.commit(end()).await.is_err());
        assert!(store.directory().await.is_ok());
        faults.heal();
        assert!(store.commit(end()).await.is_ok());
        assert_eq!(faults.failed(), 1);
    }

    #[tokio::test]
    async fn fails_what_is_meant_so_often_and_after_so_many() {
        let (store, faults) = store();
        faults
            .fail(Fault::commits_with(|change| matches!(change, Change::EndSession(_))).sparing(1).times(2));
        let mut outcomes = Vec::new();
        for _ in 0..4 {
            outcomes.push(store.commit(end()).await.is_ok());
            assert!(store.commit(Vec::new()).await.is_ok());
        }
        assert_eq!(outcomes, [true, false, false, true]);
    }

    #[tokio::test]
    async fn a_lost_answer_may_belong_to_a_commit_that_took_effect() {
        let (store, faults) = store();
        let account = AccountFixture::new(&MasterKey::generate(&OsRng), Millis::EPOCH);
        faults.fail(Fault::commits().taking_effect());
        assert!(store.commit(account.changes()).await.is_err());
        assert_eq!(store.directory().await.unwrap().accounts.len(), 1);
    }
}
