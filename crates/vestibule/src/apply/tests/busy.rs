//! A store that somebody else changes at the same time.

use std::sync::atomic::{AtomicBool, Ordering};

use vestibule_model::{
    AdministrationToken, Administrator, Application, ApplicationToken, Generation, MasterKeyRecord, Millis,
    RememberedAnswer, SecretDigest, Session, SessionId, User, UserId,
};
use vestibule_store::{AuditPage, AuditQuery, DirectoryChanges, Remains, Sequence, StoreFuture, UserQuery};

use super::*;

/// A store that somebody else changes before the first commit.
struct Busy {
    store: SqliteStore,
    moved: AtomicBool,
}

impl Store for Busy {
    fn commit(&self, changes: Vec<Change>) -> StoreFuture<'static, vestibule_store::Outcome> {
        if self.moved.swap(true, Ordering::Relaxed) {
            return self.store.commit(changes);
        }
        Box::pin(async { Err(StoreError::DirectoryMoved) })
    }

    fn directory(&self) -> StoreFuture<'_, DirectoryRows> {
        self.store.directory()
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

    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<Session>> {
        self.store.session(id)
    }

    fn sessions(&self, after: Option<SessionId>, limit: usize) -> StoreFuture<'_, Vec<Session>> {
        self.store.sessions(after, limit)
    }

    fn users(&self, query: UserQuery) -> StoreFuture<'_, Vec<User>> {
        self.store.users(query)
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

    fn master_keys(&self) -> StoreFuture<'_, Vec<MasterKeyRecord>> {
        self.store.master_keys()
    }

    fn remains(&self, generation: Generation, now: Millis) -> StoreFuture<'_, Remains> {
        self.store.remains(generation, now)
    }
}

#[test]
fn is_tried_again_when_somebody_else_was_faster() {
    let World { _folder, store, mut tools } = World::new();
    let busy = Busy { store, moved: AtomicBool::new(false) };
    let declared = Declared::read(Path::new("a.toml"), "[[account]]\nid = \"1\"\n").unwrap();
    let plan = block_on(apply(&busy, &mut tools, &declared, "a.toml")).unwrap();
    assert_eq!(plan.lines, ["+ account 1"]);
    assert_eq!(block_on(busy.directory()).unwrap().accounts.len(), 1);
}
