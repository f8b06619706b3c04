//! A store that fails on command: a real one, in front of which a test says what fails, how often, and for how long.

use std::error::Error;
use std::fmt;
use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use vestibule_model::{
    AccountId, AdministrationToken, Administrator, Application, ApplicationToken, Generation,
    MasterKeyRecord, Millis, RememberedAnswer, SecretDigest, SessionId, User, UserId,
};
use vestibule_store::{
    AccountRows, AuditPage, AuditQuery, Change, DirectoryChanges, DirectoryRows, Outcome, Part, Remains,
    Sequence, SessionNumber, Store, StoreError, StoreFuture, StoredSession, UserQuery, UserSessions,
};

/// Something that is asked of a store.
#[derive(Debug)]
pub enum Operation<'a> {
    /// [`Store::commit`] of these changes.
    Commit(&'a [Change]),
    /// A read, by the name of its method.
    Read(&'static str),
    /// [`Store::unwitnessed`].
    Witness,
}

/// Which operations fail, and how many of them.
pub struct Fault {
    fails: Box<dyn Fn(&Operation<'_>) -> bool + Send + Sync>,
    spared: usize,
    times: usize,
    takes_effect: bool,
    misfits: bool,
    gate: Option<Arc<Gate>>,
}

impl Fault {
    /// Whatever `fails` says, until the store is healed.
    pub fn of(fails: impl Fn(&Operation<'_>) -> bool + Send + Sync + 'static) -> Self {
        let (takes_effect, misfits, gate) = (false, false, None);
        Self { fails: Box::new(fails), spared: 0, times: usize::MAX, takes_effect, misfits, gate }
    }

    /// Every commit, as on a full disk.
    pub fn commits() -> Self {
        Self::of(|operation| matches!(operation, Operation::Commit(_)))
    }

    /// Commits that have a change like this.
    pub fn commits_with(is_meant: impl Fn(&Change) -> bool + Send + Sync + 'static) -> Self {
        Self::of(
            move |operation| matches!(operation, Operation::Commit(changes) if changes.iter().any(&is_meant)),
        )
    }

    /// Every read.
    pub fn reads() -> Self {
        Self::of(|operation| matches!(operation, Operation::Read(_)))
    }

    /// Reads by one method of [`Store`].
    pub fn reads_by(method: &'static str) -> Self {
        Self::of(move |operation| matches!(operation, Operation::Read(name) if *name == method))
    }

    /// Nothing that is committed can be witnessed.
    pub fn witness() -> Self {
        Self::of(|operation| matches!(operation, Operation::Witness))
    }

    /// The first so many do not fail.
    #[must_use]
    pub fn sparing(self, spared: usize) -> Self {
        Self { spared, ..self }
    }

    /// At most so many fail.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// What is committed takes effect all the same: only the answer is lost.
    #[must_use]
    pub fn taking_effect(self) -> Self {
        Self { takes_effect: true, ..self }
    }

    /// It is refused as one that does not fit, which is a fault of whoever asks, and passes by no waiting.
    #[must_use]
    pub fn as_a_misfit(self) -> Self {
        Self { misfits: true, ..self }
    }

    /// A commit that fails does so once the gate is opened.
    #[must_use]
    pub fn held_at(self, gate: &Arc<Gate>) -> Self {
        Self { gate: Some(Arc::clone(gate)), ..self }
    }

    fn strikes(&mut self, operation: &Operation<'_>) -> bool {
        if self.times == 0 || !(self.fails)(operation) {
            return false;
        }
        if self.spared > 0 {
            self.spared -= 1;
            return false;
        }
        self.times = self.times.saturating_sub(usize::from(self.times != usize::MAX));
        true
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { spared, times, takes_effect, .. } = self;
        out.debug_struct("Fault")
            .field("spared", spared)
            .field("times", times)
            .field("takes_effect", takes_effect)
            .finish_non_exhaustive()
    }
}

/// The faults of a store; outlives restarts of the engine over it.
#[derive(Debug, Default)]
pub struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    failed: usize,
    gates: Vec<(OperationFilter, Holds, Arc<Gate>)>,
}

/// Which operations wait at a gate.
struct OperationFilter(Box<dyn Fn(&Operation<'_>) -> bool + Send + Sync>);

/// Where an operation waits at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// Before it is done.
    Work,
    /// When it is done, before it is answered.
    Answer,
}

impl fmt::Debug for OperationFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OperationFilter").finish_non_exhaustive()
    }
}

/// Where operations wait, before they are done or before they are answered.
#[derive(Debug)]
pub struct Gate {
    reached: Semaphore,
    opened: Semaphore,
}

impl Gate {
    /// A gate that nothing passes.
    pub fn closed() -> Arc<Self> {
        Arc::new(Self { reached: Semaphore::new(0), opened: Semaphore::new(0) })
    }

    /// Waits until an operation waits here; each is waited for once.
    pub async fn reached(&self) {
        self.reached.acquire().await.expect("never closed").forget();
    }

    /// Whatever waits is answered, and whatever comes later at once.
    pub fn open(&self) {
        self.opened.close();
    }

    async fn pass(&self) {
        self.reached.add_permits(1);
        // An error: it was opened.
        let _ = self.opened.acquire().await;
    }
}

impl Faults {
    /// From now on this fails too.
    pub fn fail(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Commits that have a change like this are done, and answered once the gate is opened.
    pub fn hold(&self, is_meant: impl Fn(&Change) -> bool + Send + Sync + 'static) -> Arc<Gate> {
        self.add_gate(commits_with(is_meant), Holds::Answer)
    }

    /// Commits that have a change like this are done once the gate is opened, and those behind them before.
    pub fn delay(&self, is_meant: impl Fn(&Change) -> bool + Send + Sync + 'static) -> Arc<Gate> {
        self.add_gate(commits_with(is_meant), Holds::Work)
    }

    /// Reads by one method of [`Store`] are begun once the gate is opened.
    pub fn delay_reads_by(&self, method: &'static str) -> Arc<Gate> {
        let is_meant =
            move |operation: &Operation<'_>| matches!(operation, Operation::Read(name) if *name == method);
        self.add_gate(OperationFilter(Box::new(is_meant)), Holds::Work)
    }

    fn add_gate(&self, is_meant: OperationFilter, holds: Holds) -> Arc<Gate> {
        let gate = Gate::closed();
        self.state().gates.push((is_meant, holds, Arc::clone(&gate)));
        gate
    }

    fn gate(&self, operation: &Operation<'_>) -> Option<(Holds, Arc<Gate>)> {
        let state = self.state();
        let gate = state.gates.iter().find(|(is_meant, ..)| is_meant.0(operation));
        gate.map(|(_, holds, gate)| (*holds, Arc::clone(gate)))
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// How many operations have failed.
    pub fn failed(&self) -> usize {
        self.state().failed
    }

    /// None: it does not fail.
    fn strike(&self, operation: &Operation<'_>) -> Option<Strike> {
        let mut state = self.state();
        let strike = state.faults.iter_mut().find_map(|fault| {
            let Fault { takes_effect, misfits, .. } = *fault;
            let strike = Strike { takes_effect, misfits, gate: fault.gate.clone() };
            fault.strikes(operation).then_some(strike)
        });
        state.failed += usize::from(strike.is_some());
        strike
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn commits_with(is_meant: impl Fn(&Change) -> bool + Send + Sync + 'static) -> OperationFilter {
    let has_one = move |operation: &Operation<'_>| matches!(operation, Operation::Commit(changes) if changes.iter().any(&is_meant));
    OperationFilter(Box::new(has_one))
}

/// How an operation fails.
#[derive(Clone, Debug)]
struct Strike {
    takes_effect: bool,
    misfits: bool,
    gate: Option<Arc<Gate>>,
}

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

impl Strike {
    fn error(&self) -> StoreError {
        if self.misfits {
            return StoreError::Constraint("the test wants this to misfit".into());
        }
        let cause: Box<dyn Error + Send + Sync> = Box::new(io::Error::other("the test wants this to fail"));
        StoreError::Unavailable(cause)
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

    fn has_session_ids_of_first_form(&self) -> StoreFuture<'_, bool> {
        self.read("has_session_ids_of_first_form", |store| store.has_session_ids_of_first_form())
    }

    fn deleted(&self, parts: Vec<Part>) -> StoreFuture<'_, Vec<Part>> {
        self.read("deleted", move |store| store.deleted(parts))
    }

    fn users(&self, query: UserQuery) -> StoreFuture<'_, Vec<User>> {
        self.read("users", move |store| store.users(query))
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
        self.read("audit", move |store| store.audit(query))
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
