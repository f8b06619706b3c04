//! The follower of the directory: what this process or another changed in the store is read, and put in its place in memory.
//!
//! Owns how far the directory in memory has come, and the turn of whoever changes it. Ends no session: whoever follows is told
//! what sessions may have rested on.
//!
//! What a change costs is what it changed: one part of an account is read, not the account, and no user's entry is made anew
//! until somebody looks for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::{Mutex, MutexGuard};
use vestibule_crypto::Sealer;
use vestibule_model::{AccountId, UserId};
use vestibule_store::{
    AccountRows, Change, Changed, ChangedPart, DirectoryChanges, Part, PartRow, Sequence, Store, StoreError,
};

use crate::deferred_writes::DeferredWrites;
use crate::directory::{AccountEntry, Costs, Directory, UserEntry};
use crate::feed::{Feed, GatewayEvent};
use crate::login_guard::LoginGuard;
use crate::service::StartError;

/// How many changes of the directory are kept for those who follow it: whoever is further behind reads it whole.
const KEPT_CHANGES: u64 = 100_000;

/// How many more there may be before any are forgotten; twice as many are forgotten at most in one commit.
const MORE_CHANGES: u64 = 10_000;

/// How many users are read from the store at once at the start: 1 to 2 MB.
const PAGE_OF_USERS: usize = 2_000;

/// Parts of an account, as they are now.
type Parts = Vec<(Part, Option<PartRow>)>;

/// The follower.
pub(crate) struct DirectoryFollower {
    store: Arc<dyn Store>,
    directory: Arc<Directory>,
    sealer: Sealer,
    costs: Arc<Costs>,
    /// Locks that were lifted are forgotten there.
    login_guard: Arc<LoginGuard>,
    /// Has locks that the store does not have yet.
    deferred: Arc<DeferredWrites>,
    /// Is told what changed when it stands in its place.
    feed: Arc<Feed>,
    turn: Mutex<()>,
    /// What has been followed.
    sequence: AtomicI64,
    /// The sequence at which changes were forgotten last; 0: not since the start.
    trimmed_at: AtomicI64,
}

/// The turn of whoever changes the directory in the store, or follows it: one at a time.
pub(crate) struct DirectoryTurn<'a> {
    follower: &'a DirectoryFollower,
    _locked: MutexGuard<'a, ()>,
}

/// What sessions may rest on, and is not there any more as it was.
pub(crate) enum Superseded<'a> {
    /// Parts of an account that are no users, in the account as it was.
    Parts { before: &'a AccountEntry, parts: &'a [Part] },
    /// A user, as they were if that is still known.
    User { account: AccountId, user: UserId, before: Option<Arc<UserEntry>> },
    /// All users of an account, as they were.
    Users { account: AccountId, before: Vec<Arc<UserEntry>> },
}

/// What the follower works with.
pub(crate) struct Collaborators {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) sealer: Sealer,
    pub(crate) costs: Arc<Costs>,
    pub(crate) login_guard: Arc<LoginGuard>,
    pub(crate) deferred: Arc<DeferredWrites>,
    pub(crate) feed: Arc<Feed>,
}

impl DirectoryFollower {
    pub(crate) fn new(with: Collaborators) -> Self {
        let Collaborators { store, directory, sealer, costs, login_guard, deferred, feed } = with;
        Self {
            store,
            directory,
            sealer,
            costs,
            login_guard,
            deferred,
            feed,
            turn: Mutex::default(),
            sequence: AtomicI64::default(),
            trimmed_at: AtomicI64::default(),
        }
    }

    /// Reads the whole directory, at the start. The rows of all users at once would take as much memory as what is made of
    /// them, so users come in pages. What has changed since the accounts were read is followed at the end: a name that has
    /// changed hands between two pages is that of two users until then.
    pub(crate) async fn load(&self) -> Result<(), StartError> {
        let rows = self.store.directory_without_users().await?;
        let mut accounts = HashMap::with_capacity(rows.accounts.len());
        for account in rows.accounts {
            let id = account.account.id;
            let entry = AccountEntry::build(account, rows.sequence, &self.sealer, &self.costs)
                .map_err(|source| StartError::Sealed { account: id.to_string(), source })?;
            accounts.insert(id, entry);
        }
        self.load_users(&accounts).await?;
        for entry in accounts.into_values() {
            self.directory.put(entry);
        }
        self.directory.put_rules(rows.gateway_rules);
        self.set_sequence(rows.sequence);
        // No session is in memory yet that would end of it.
        self.follow(&mut |_| {}).await?;
        self.warn_of_shared_names();
        Ok(())
    }

    fn warn_of_shared_names(&self) {
        let accounts = self.directory.account_ids().into_iter().filter_map(|id| self.directory.account(id));
        for entry in accounts {
            for user in entry.without_their_name() {
                tracing::warn!(
                    account = %entry.account.id, user = %user.id,
                    "two login names differ only in how Unicode composes them: this user logs in with the exact spelling \
                     alone; give one of the two another name"
                );
            }
        }
    }

    async fn load_users(&self, accounts: &HashMap<AccountId, AccountEntry>) -> Result<(), StoreError> {
        let mut asked = self.store.every_user(None, PAGE_OF_USERS);
        loop {
            let page = asked.await?;
            let last = page.last().map(|user| user.id).filter(|_| page.len() == PAGE_OF_USERS);
            // Asked for before this page is put in: the store reads meanwhile.
            let next = last.map(|last| self.store.every_user(Some(last), PAGE_OF_USERS));
            for user in page {
                if let Some(entry) = accounts.get(&user.account) {
                    entry.put_user(user);
                }
            }
            let Some(next) = next else { return Ok(()) };
            asked = next;
        }
    }

    /// What has been followed: whoever looks at the directory after this finds it there.
    pub(crate) fn sequence(&self) -> Sequence {
        Sequence(self.sequence.load(Ordering::Acquire))
    }

    fn set_sequence(&self, Sequence(sequence): Sequence) {
        self.sequence.store(sequence, Ordering::Release);
    }

    /// Waits for the turn.
    pub(crate) async fn turn(&self) -> DirectoryTurn<'_> {
        DirectoryTurn { follower: self, _locked: self.turn.lock().await }
    }

    /// Forgets the oldest changes of the directory when there are many.
    pub(crate) async fn trim(&self) -> Result<(), StoreError> {
        let newest = self.sequence().0;
        let more = newest.saturating_sub(self.trimmed_at.load(Ordering::Relaxed));
        if more.unsigned_abs() < MORE_CHANGES {
            return Ok(());
        }
        let trim = Change::TrimChanges { keep: KEPT_CHANGES, limit: 2 * MORE_CHANGES };
        self.store.commit(vec![trim]).await?;
        self.trimmed_at.store(newest, Ordering::Relaxed);
        Ok(())
    }

    /// Parts are read in one snapshot with their sequence. An account that is read as a whole may be read later than that: what
    /// changed in between is read once more the next time, and is the same. A change that is decided meanwhile waits for the
    /// turn in this process; one of another process comes next time.
    async fn follow(&self, superseded: &mut impl FnMut(Superseded<'_>)) -> Result<(), StoreError> {
        let DirectoryChanges { changed, is_trimmed, sequence } = self.store.changes(self.sequence()).await?;
        if is_trimmed {
            return self.read_anew(superseded).await;
        }
        // One that fails keeps none of the others.
        let (mut changed, mut followed) = (changed.into_iter().peekable(), Ok(()));
        while let Some(ChangedPart { changed: first, row }) = changed.next() {
            let Changed::OfAccount { account, part } = first else {
                self.put_rules(row);
                continue;
            };
            let mut parts = vec![(part, row)];
            while let Some(next) = changed.next_if(|next| next.changed.in_account() == Some(account)) {
                parts.extend(of_account(next));
            }
            let is_whole = matches!(parts[0], (Part::Everything, _) | (Part::Account, None));
            let one = match self.directory.account(account) {
                Some(entry) if !is_whole => self.follow_parts(&entry, parts, sequence, superseded),
                _ => self.reload(account, sequence, superseded).await,
            };
            followed = one.and(followed);
        }
        followed?;
        self.set_sequence(sequence);
        Ok(())
    }

    /// Reads the whole directory: what changed is not known.
    async fn read_anew(&self, superseded: &mut impl FnMut(Superseded<'_>)) -> Result<(), StoreError> {
        let rows = self.store.directory().await?;
        let (mut gone, mut followed) = (self.directory.account_ids(), Ok(()));
        for account in rows.accounts {
            gone.retain(|id| *id != account.account.id);
            followed = self.put_whole(account, rows.sequence, superseded).and(followed);
        }
        for account in gone {
            self.forget(account, superseded);
        }
        self.directory.put_rules(rows.gateway_rules);
        self.feed.publish(&[GatewayEvent::Reset]);
        followed?;
        self.set_sequence(rows.sequence);
        Ok(())
    }

    /// No session rests on a rule of the gate: each check asks the rule that is there.
    fn put_rules(&self, row: Option<PartRow>) {
        if let Some(PartRow::GatewayRules(rules)) = row {
            self.directory.put_rules(rules);
            self.feed.publish(&[GatewayEvent::RulesChanged]);
        }
    }

    /// Puts parts of an account in their place, and then tells what was there: what one transaction changed is looked at
    /// together. What cannot be opened keeps none of the users.
    fn follow_parts(
        &self,
        before: &AccountEntry,
        parts: Parts,
        sequence: Sequence,
        superseded: &mut impl FnMut(Superseded<'_>),
    ) -> Result<(), StoreError> {
        let (mut users, mut facts, mut followed) = (BTreeMap::new(), Parts::new(), Ok(()));
        for (part, row) in parts {
            match part {
                Part::User(id) | Part::Credentials(id) => drop(users.insert(id, row)),
                _ => facts.push((part, row)),
            }
        }
        let named: Vec<Part> = facts.iter().map(|(part, _)| *part).collect();
        if !facts.is_empty() {
            match before.with(facts, sequence, &self.sealer) {
                Ok(after) => self.directory.put_facts(after),
                Err(error) => followed = Err(StoreError::Unavailable(Box::new(error))),
            }
        }
        let account = before.account.id;
        let Some(present) = self.directory.account(account) else { return followed };
        let put = |(id, row)| (id, self.put_user(&present, id, row));
        let changed: Vec<(UserId, Option<Arc<UserEntry>>)> = users.into_iter().map(put).collect();
        let users: Vec<UserId> = changed.iter().map(|(user, _)| *user).collect();
        self.feed.parts_changed(account, &named, &users);
        if followed.is_ok() && !named.is_empty() {
            superseded(Superseded::Parts { before, parts: &named });
        }
        for (user, before) in changed {
            superseded(Superseded::User { account, user, before });
        }
        followed
    }

    /// Puts a user in the place of the one before, who is given back; without a row the user is gone.
    fn put_user(&self, entry: &AccountEntry, id: UserId, row: Option<PartRow>) -> Option<Arc<UserEntry>> {
        let before = match row {
            Some(PartRow::User(user)) => entry.put_user(*user),
            _ => entry.remove_user(id),
        };
        self.deferred.put_locks_over(entry);
        let is_locked = entry.user(id).is_some_and(|user| user.locked_at.is_some());
        if before.as_ref().is_some_and(|before| before.locked_at.is_some()) && !is_locked {
            self.login_guard.forget_failures(id);
        }
        before
    }

    async fn reload(
        &self,
        id: AccountId,
        sequence: Sequence,
        superseded: &mut impl FnMut(Superseded<'_>),
    ) -> Result<(), StoreError> {
        let reloaded = if let Some(rows) = self.store.account(id).await? {
            self.put_whole(rows, sequence, superseded)
        } else {
            self.forget(id, superseded);
            Ok(())
        };
        self.feed.parts_changed(id, &[Part::Everything], &[]);
        reloaded
    }

    fn put_whole(
        &self,
        rows: AccountRows,
        sequence: Sequence,
        superseded: &mut impl FnMut(Superseded<'_>),
    ) -> Result<(), StoreError> {
        let account = rows.account.id;
        let entry = AccountEntry::build(rows, sequence, &self.sealer, &self.costs)
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let before = self.directory.put(entry);
        let Some(after) = self.directory.account(account) else { return Ok(()) };
        self.deferred.put_locks_over(&after);
        let Some(before) = before else { return Ok(()) };
        let before = before.users();
        for user in before.iter().filter(|user| user.locked_at.is_some()) {
            if after.user(user.id).is_some_and(|user| user.locked_at.is_none()) {
                self.login_guard.forget_failures(user.id);
            }
        }
        superseded(Superseded::Users { account, before });
        Ok(())
    }

    /// An account was deleted.
    fn forget(&self, account: AccountId, superseded: &mut impl FnMut(Superseded<'_>)) {
        if let Some(before) = self.directory.remove(account) {
            superseded(Superseded::Users { account, before: before.users() });
        }
    }
}

impl DirectoryTurn<'_> {
    /// What has been followed.
    pub(crate) fn sequence(&self) -> Sequence {
        self.follower.sequence()
    }

    /// Reads what changed in the store, and tells what of it sessions may rest on, each when the new stands in its place.
    pub(crate) async fn follow(&self, mut superseded: impl FnMut(Superseded<'_>)) -> Result<(), StoreError> {
        self.follower.follow(&mut superseded).await
    }
}

fn of_account(ChangedPart { changed, row }: ChangedPart) -> Option<(Part, Option<PartRow>)> {
    match changed {
        Changed::OfAccount { part, .. } => Some((part, row)),
        Changed::GatewayRules => None,
    }
}
