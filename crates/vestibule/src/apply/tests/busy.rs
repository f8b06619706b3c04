//! A store that somebody else changes at the same time.

use std::sync::Mutex;

use vestibule_model::{
    Account, AdministrationToken, Administrator, Application, ApplicationToken, ConnectionId, Generation,
    MasterKeyRecord, Millis, RememberedAnswer, SecretDigest, SessionId, SigningKey, User, UserId,
};
use vestibule_store::{
    AuditCount, AuditPage, AuditQuery, DirectoryChanges, FederatedLogins, Part, RefreshTokenUse, Remains,
    Sequence, SessionNumber, StoreFuture, StoredSession, TrafficOverview, TrafficQuery, TrafficRow,
    UserSessions,
};

use super::*;

/// A store that somebody else changes before the first commit.
struct Busy {
    store: SqliteStore,
    overtaking: Mutex<Option<Change>>,
}

impl Store for Busy {
    fn commit(&self, changes: Vec<Change>) -> StoreFuture<'static, vestibule_store::Outcome> {
        let overtaking = self.overtaking.lock().unwrap().take();
        let before = overtaking.map(|change| self.store.commit(vec![change]));
        let committed = self.store.commit(changes);
        Box::pin(async move {
            if let Some(before) = before {
                before.await?;
            }
            committed.await
        })
    }

    fn directory(&self) -> StoreFuture<'_, DirectoryRows> {
        self.store.directory()
    }

    fn directory_without_users(&self) -> StoreFuture<'_, DirectoryRows> {
        self.store.directory_without_users()
    }

    fn every_user(&self, after: Option<UserId>, limit: usize) -> StoreFuture<'_, Vec<User>> {
        self.store.every_user(after, limit)
    }

    fn account(&self, id: AccountId) -> StoreFuture<'_, Option<AccountRows>> {
        self.store.account(id)
    }

    fn user(&self, id: UserId) -> StoreFuture<'_, Option<User>> {
        self.store.user(id)
    }

    fn changes(&self, after: Sequence) -> StoreFuture<'_, DirectoryChanges> {
        self.store.changes(after)
    }

    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<StoredSession>> {
        self.store.session(id)
    }

    fn sessions(&self, after: Option<SessionNumber>, limit: usize) -> StoreFuture<'_, Vec<StoredSession>> {
        self.store.sessions(after, limit)
    }

    fn sessions_of_user(&self, account: AccountId, user: UserId) -> StoreFuture<'_, UserSessions> {
        self.store.sessions_of_user(account, user)
    }

    fn federated_sessions(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<StoredSession>> {
        self.store.federated_sessions(logins, after, limit)
    }

    fn federated_session_numbers(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<SessionNumber>> {
        self.store.federated_session_numbers(logins, after, limit)
    }

    fn federated_connections(&self) -> StoreFuture<'_, Vec<ConnectionId>> {
        self.store.federated_connections()
    }

    fn is_consumed(&self, value: [u8; 32]) -> StoreFuture<'_, bool> {
        self.store.is_consumed(value)
    }

    fn has_session_ids_of_first_form(&self) -> StoreFuture<'_, bool> {
        self.store.has_session_ids_of_first_form()
    }

    fn deleted(&self, parts: Vec<Part>) -> StoreFuture<'_, Vec<Part>> {
        self.store.deleted(parts)
    }

    fn last_logins(&self, account: AccountId, users: Vec<UserId>) -> StoreFuture<'_, Vec<(UserId, Millis)>> {
        self.store.last_logins(account, users)
    }

    fn last_uses(&self, account: AccountId) -> StoreFuture<'_, Vec<(Application, Millis)>> {
        self.store.last_uses(account)
    }

    fn application_tokens(&self, account: AccountId) -> StoreFuture<'_, Vec<ApplicationToken>> {
        self.store.application_tokens(account)
    }

    fn audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditPage> {
        self.store.audit(query)
    }

    fn count_audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditCount> {
        self.store.count_audit(query)
    }

    fn administrators(&self) -> StoreFuture<'_, Vec<Administrator>> {
        self.store.administrators()
    }

    fn administration_tokens(&self) -> StoreFuture<'_, Vec<AdministrationToken>> {
        self.store.administration_tokens()
    }

    fn administration_token(&self, secret: SecretDigest) -> StoreFuture<'_, Option<AdministrationToken>> {
        self.store.administration_token(secret)
    }

    fn answer(&self, key: SecretDigest) -> StoreFuture<'_, Option<RememberedAnswer>> {
        self.store.answer(key)
    }

    fn oldest_answer(&self) -> StoreFuture<'_, Option<Millis>> {
        self.store.oldest_answer()
    }

    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>> {
        self.store.signing_keys()
    }

    fn refresh_token_use(&self, session: SessionId) -> StoreFuture<'_, Option<RefreshTokenUse>> {
        self.store.refresh_token_use(session)
    }

    fn traffic(&self, query: TrafficQuery) -> StoreFuture<'_, Vec<TrafficRow>> {
        self.store.traffic(query)
    }

    fn traffic_overview(&self, account: Option<AccountId>) -> StoreFuture<'_, TrafficOverview> {
        self.store.traffic_overview(account)
    }

    fn master_keys(&self) -> StoreFuture<'_, Vec<MasterKeyRecord>> {
        self.store.master_keys()
    }

    fn remains(&self, generation: Generation, now: Millis) -> StoreFuture<'_, Remains> {
        self.store.remains(generation, now)
    }
}

/// What is told of a file that makes account 1, when somebody else made an account while it was planned.
fn overtaken_by(account: Account) -> (Vec<String>, Vec<Account>) {
    let World { _folder, store, mut tools } = World::new();
    let busy = Busy { store, overtaking: Mutex::new(Some(Change::PutAccount(account.into()))) };
    let declared = Declared::read(Path::new("a.toml"), "[[account]]\nid = \"1\"\ncode = \"one\"\n").unwrap();
    let plan = block_on(apply(&busy, &mut tools, &declared, "a.toml")).unwrap();
    let accounts = block_on(busy.directory()).unwrap().accounts;
    (plan.lines, accounts.into_iter().map(|rows| rows.account).collect())
}

fn account(id: &str, code: &str) -> Account {
    Account { code: code.to_owned(), ..vestibule_auth::new_account(id.parse().unwrap(), None) }
}

#[test]
fn what_somebody_else_made_meanwhile_is_changed_and_not_made_again() {
    let (lines, accounts) = overtaken_by(account("1", "other"));
    assert!(lines.iter().all(|line| !line.starts_with('+')), "{lines:?}");
    assert_eq!(accounts.iter().map(|account| &*account.code).collect::<Vec<_>>(), ["one"]);
}

#[test]
fn a_value_that_somebody_else_took_meanwhile_is_another_one() {
    let (_, accounts) = overtaken_by(account("0", "other"));
    let numbers: Vec<i32> = accounts.iter().map(|account| account.number).collect();
    assert_eq!(numbers, [1, 2]);
}
