//! The model of a store: ordered maps under a mutex. What it answers is what every backend must answer.
//!
//! Nothing here survives the process. Tests use it as a store, and the conformance suite was written against it.

mod administration;
mod answers;
mod audit;
mod consumed;
mod credentials;
mod deletion;
mod directory;
mod ends;
mod federated_logins;
mod master_keys;
mod sentinel;
mod session_versions;
mod traffic;
mod transaction;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::ready;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vestibule_model::{
    AccountId, AdministrationToken, Administrator, Application, ApplicationToken, ConnectionId, Generation,
    MasterKeyRecord, Millis, RememberedAnswer, SecretDigest, Session, SessionId, SigningKey, User, UserId,
};

use self::administration::Administration;
use self::answers::Answers;
use self::audit::Audit;
use self::consumed::Consumed;
use self::directory::Directory;
use self::federated_logins::Logins;
use self::master_keys::MasterKeys;
use self::sentinel::Sentinel;
use self::session_versions::SessionVersions;
use self::traffic::Traffic;
use self::transaction::Transaction;
use crate::{
    AccountRows, AuditCount, AuditPage, AuditQuery, Change, Changed, ChangedPart, DirectoryChanges,
    DirectoryRows, FederatedLogins, Outcome, Part, RefreshTokenUse, Remains, Sequence, SessionNumber, Store,
    StoreFuture, StoredSession, TrafficOverview, TrafficQuery, TrafficRow, UserSessions,
};

/// A store in memory, empty at first.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

/// Everything that is stored.
#[derive(Debug, Default)]
struct Tables {
    /// Shared, as are the next ten, so that a transaction keeps the state before it for the price of a pointer.
    directory: Arc<Directory>,
    administration: Arc<Administration>,
    audit: Arc<Audit>,
    answers: Arc<Answers>,
    consumed: Arc<Consumed>,
    federated_logins: Arc<Logins>,
    sentinel: Arc<Sentinel>,
    uses: Arc<Uses>,
    master_keys: Arc<MasterKeys>,
    session_versions: Arc<SessionVersions>,
    traffic: Arc<Traffic>,
    sessions: BTreeMap<SessionNumber, Session>,
    numbers: HashMap<SessionId, SessionNumber>,
    /// The highest number that was given.
    highest_number: u64,
    /// The changes of the directory that are not forgotten.
    changes: Vec<Changed>,
    /// How many were forgotten: the first of `changes` has the next number.
    trimmed: usize,
}

/// When something was last used. What was deleted is not asked for, and its id is never given again.
#[derive(Clone, Debug, Default)]
struct Uses {
    logins: BTreeMap<UserId, Millis>,
    applications: HashMap<Application, Millis>,
}

impl Uses {
    fn note(&mut self, session: &Session) {
        let forward = |last: &mut Millis| *last = (*last).max(session.created);
        self.logins.entry(session.user).and_modify(forward).or_insert(session.created);
        if matches!(session.application, Application::ApiKey(_) | Application::OauthClient(_)) {
            self.applications.entry(session.application).and_modify(forward).or_insert(session.created);
        }
    }
}

impl Tables {
    fn session(&self, id: SessionId) -> Option<StoredSession> {
        let number = *self.numbers.get(&id)?;
        Some(StoredSession { number, session: self.sessions.get(&number)?.clone() })
    }

    fn federated_sessions(
        &self,
        logins: &FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> Vec<StoredSession> {
        let found = self.federated_logins.sessions(logins).into_iter();
        let mut found: Vec<StoredSession> = found.filter_map(|id| self.session(id)).collect();
        found.sort_by_key(|stored| stored.number);
        found.retain(|stored| after.is_none_or(|after| stored.number > after));
        found.truncate(limit);
        found
    }

    /// Puts a session in its place, or takes it away.
    fn put_session(&mut self, number: SessionNumber, session: Option<Session>) -> Option<Session> {
        if let Some(session) = session {
            self.numbers.insert(session.id, number);
            return self.sessions.insert(number, session);
        }
        let session = self.sessions.remove(&number)?;
        self.numbers.remove(&session.id);
        Some(session)
    }

    fn sequence(&self) -> Sequence {
        Sequence(i64::try_from(self.trimmed + self.changes.len()).unwrap_or(i64::MAX))
    }

    fn trim(&mut self, keep: u64, limit: u64) {
        let over = self.changes.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
        let forgotten = over.min(usize::try_from(limit).unwrap_or(usize::MAX));
        self.changes.drain(..forgotten);
        self.trimmed += forgotten;
    }

    /// Whether it is not known what changed after this.
    fn is_trimmed(&self, after: Sequence) -> bool {
        let known = self.trimmed..=self.trimmed + self.changes.len();
        !usize::try_from(after.0).is_ok_and(|after| known.contains(&after))
    }

    fn changed_after(&self, sequence: Sequence) -> &[Changed] {
        let number = usize::try_from(sequence.0).unwrap_or(0);
        self.changes.get(number.saturating_sub(self.trimmed)..).unwrap_or_default()
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn commit(&self, changes: Vec<Change>) -> StoreFuture<'static, Outcome> {
        let mut tables = self.tables();
        Box::pin(ready(Transaction::begin(&mut tables).run(changes)))
    }

    fn directory(&self) -> StoreFuture<'_, DirectoryRows> {
        let tables = self.tables();
        let accounts = tables.directory.accounts.keys().filter_map(|id| tables.directory.rows(*id)).collect();
        Box::pin(ready(Ok(DirectoryRows {
            accounts,
            gateway_rules: tables.directory.rules(),
            sequence: tables.sequence(),
        })))
    }

    fn directory_without_users(&self) -> StoreFuture<'_, DirectoryRows> {
        let tables = self.tables();
        let rows = |id: &AccountId| tables.directory.rows_without_users(*id);
        let accounts = tables.directory.accounts.keys().filter_map(rows).collect();
        Box::pin(ready(Ok(DirectoryRows {
            accounts,
            gateway_rules: tables.directory.rules(),
            sequence: tables.sequence(),
        })))
    }

    fn every_user(&self, after: Option<UserId>, limit: usize) -> StoreFuture<'_, Vec<User>> {
        let tables = self.tables();
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let page = tables.directory.users.range((behind, Bound::Unbounded)).take(limit);
        Box::pin(ready(Ok(page.map(|(_, user)| user.clone()).collect())))
    }

    fn account(&self, id: AccountId) -> StoreFuture<'_, Option<AccountRows>> {
        Box::pin(ready(Ok(self.tables().directory.rows(id))))
    }

    fn user(&self, id: UserId) -> StoreFuture<'_, Option<User>> {
        Box::pin(ready(Ok(self.tables().directory.user(id).cloned())))
    }

    fn changes(&self, after: Sequence) -> StoreFuture<'_, DirectoryChanges> {
        let tables = self.tables();
        let is_trimmed = tables.is_trimmed(after);
        let changed = if is_trimmed { &[] } else { tables.changed_after(after) };
        let changed = Changed::condensed(&changed.iter().copied().collect());
        let as_it_is = |changed| ChangedPart { changed, row: tables.directory.part(changed) };
        let changed = changed.into_iter().map(as_it_is).collect();
        Box::pin(ready(Ok(DirectoryChanges { changed, is_trimmed, sequence: tables.sequence() })))
    }

    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<StoredSession>> {
        Box::pin(ready(Ok(self.tables().session(id))))
    }

    fn sessions(&self, after: Option<SessionNumber>, limit: usize) -> StoreFuture<'_, Vec<StoredSession>> {
        let tables = self.tables();
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let page = tables.sessions.range((behind, Bound::Unbounded)).take(limit);
        let stored =
            page.map(|(number, session)| StoredSession { number: *number, session: session.clone() });
        Box::pin(ready(Ok(stored.collect())))
    }

    fn sessions_of_user(&self, account: AccountId, user: UserId) -> StoreFuture<'_, UserSessions> {
        let tables = self.tables();
        let of_user =
            tables.sessions.iter().filter(|(_, session)| (session.account, session.user) == (account, user));
        let sessions = of_user
            .map(|(number, session)| StoredSession { number: *number, session: session.clone() })
            .collect();
        let version = tables.session_versions.of(account, user);
        Box::pin(ready(Ok(UserSessions { sessions, version })))
    }

    fn federated_sessions(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<StoredSession>> {
        Box::pin(ready(Ok(self.tables().federated_sessions(&logins, after, limit))))
    }

    fn federated_session_numbers(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<SessionNumber>> {
        let found = self.tables().federated_sessions(&logins, after, limit);
        Box::pin(ready(Ok(found.into_iter().map(|stored| stored.number).collect())))
    }

    fn federated_connections(&self) -> StoreFuture<'_, Vec<ConnectionId>> {
        Box::pin(ready(Ok(self.tables().federated_logins.connections().into_iter().collect())))
    }

    fn is_consumed(&self, value: [u8; 32]) -> StoreFuture<'_, bool> {
        Box::pin(ready(Ok(self.tables().consumed.has(&value))))
    }

    fn has_session_ids_of_first_form(&self) -> StoreFuture<'_, bool> {
        let has = self.tables().numbers.keys().any(|id| id.is_of_first_form());
        Box::pin(ready(Ok(has)))
    }

    fn deleted(&self, parts: Vec<Part>) -> StoreFuture<'_, Vec<Part>> {
        let tables = self.tables();
        let deleted = parts.into_iter().filter(|part| tables.directory.retired.contains(*part));
        Box::pin(ready(Ok(deleted.collect())))
    }

    fn last_logins(&self, account: AccountId, users: Vec<UserId>) -> StoreFuture<'_, Vec<(UserId, Millis)>> {
        let tables = self.tables();
        let users: BTreeSet<UserId> = users.into_iter().collect();
        let is_here =
            |user: &UserId| tables.directory.user(*user).is_some_and(|user| user.account == account);
        let here = users.into_iter().filter(is_here);
        let last = here.filter_map(|user| Some((user, *tables.uses.logins.get(&user)?))).collect();
        Box::pin(ready(Ok(last)))
    }

    fn last_uses(&self, account: AccountId) -> StoreFuture<'_, Vec<(Application, Millis)>> {
        let tables = self.tables();
        let all = tables.directory.keys_and_clients(account).into_iter();
        let last =
            all.filter_map(|application| Some((application, *tables.uses.applications.get(&application)?)));
        Box::pin(ready(Ok(last.collect())))
    }

    fn application_tokens(&self, account: AccountId) -> StoreFuture<'_, Vec<ApplicationToken>> {
        Box::pin(ready(Ok(self.tables().directory.tokens(account))))
    }

    fn audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditPage> {
        Box::pin(ready(Ok(self.tables().audit.page(&query))))
    }

    fn count_audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditCount> {
        Box::pin(ready(Ok(self.tables().audit.count(&query))))
    }

    fn administrators(&self) -> StoreFuture<'_, Vec<Administrator>> {
        Box::pin(ready(Ok(self.tables().administration.administrators())))
    }

    fn administration_tokens(&self) -> StoreFuture<'_, Vec<AdministrationToken>> {
        Box::pin(ready(Ok(self.tables().administration.tokens())))
    }

    fn administration_token(&self, secret: SecretDigest) -> StoreFuture<'_, Option<AdministrationToken>> {
        Box::pin(ready(Ok(self.tables().administration.token(secret))))
    }

    fn answer(&self, key: SecretDigest) -> StoreFuture<'_, Option<RememberedAnswer>> {
        Box::pin(ready(Ok(self.tables().answers.get(key))))
    }

    fn oldest_answer(&self) -> StoreFuture<'_, Option<Millis>> {
        Box::pin(ready(Ok(self.tables().answers.oldest())))
    }

    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>> {
        Box::pin(ready(Ok(self.tables().sentinel.keys.values().cloned().collect())))
    }

    fn refresh_token_use(&self, session: SessionId) -> StoreFuture<'_, Option<RefreshTokenUse>> {
        Box::pin(ready(Ok(self.tables().sentinel.rotation(session))))
    }

    fn traffic(&self, query: TrafficQuery) -> StoreFuture<'_, Vec<TrafficRow>> {
        Box::pin(ready(Ok(self.tables().traffic.page(&query))))
    }

    fn traffic_overview(&self, account: Option<AccountId>) -> StoreFuture<'_, TrafficOverview> {
        Box::pin(ready(Ok(self.tables().traffic.overview(account))))
    }

    fn master_keys(&self) -> StoreFuture<'_, Vec<MasterKeyRecord>> {
        Box::pin(ready(Ok(self.tables().master_keys.records())))
    }

    fn remains(&self, generation: Generation, now: Millis) -> StoreFuture<'_, Remains> {
        Box::pin(ready(Ok(self.tables().remains(generation, now))))
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, MemoryStore};

    fn empty_store() -> Arc<MemoryStore> {
        Arc::default()
    }

    crate::conformance_suite!(empty_store);
}
