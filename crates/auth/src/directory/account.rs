//! One account with all that belongs to it, ready for lookups.

use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use vestibule_crypto::{SealError, Sealer};
use vestibule_model::{Identity, Population, User, UserId};
use vestibule_store::{AccountRows, Part, PartRow, SealHolder, Sequence};

use super::costs::Costs;
use super::facts::AccountFacts;
use super::sealed::{SECOND_FACTOR_COLUMN, SealedSecret};
use super::user::UserEntry;
use super::users::Users;

/// An account and its users. A change of a user is made in it; a change of anything else puts another in its place, which has
/// the same users.
///
/// A user's entry rests on the facts of the account, of which there are others after such a change. It is made anew when it
/// is looked for: what a change costs does not depend on how many users there are. Whoever holds the account as it was before
/// leaves an entry that rests on later facts, and may make one upon theirs only while there is none: those facts say that they
/// are replaced, so the entry is made anew once more by the next who looks.
pub struct AccountEntry {
    facts: Arc<AccountFacts>,
    users: Arc<RwLock<Users>>,
}

impl AccountEntry {
    /// Builds the lookups; opens the sealed secrets of API keys and connections.
    pub(crate) fn build(
        mut rows: AccountRows,
        revision: Sequence,
        sealer: &Sealer,
        costs: &Arc<Costs>,
    ) -> Result<Self, SealError> {
        let facts = Arc::new(AccountFacts::build(&mut rows, revision, sealer, costs)?);
        let mut users = Users::default();
        for user in rows.users {
            users.put(UserEntry::new(&facts, user));
        }
        Ok(Self { facts, users: Arc::new(RwLock::new(users)) })
    }

    /// The same account with the same users and these parts as they are now; None: the part is not there any more.
    pub(crate) fn with(
        &self,
        parts: Vec<(Part, Option<PartRow>)>,
        revision: Sequence,
        sealer: &Sealer,
    ) -> Result<Self, SealError> {
        let facts = Arc::new(self.facts.with(parts, revision, sealer)?);
        Ok(Self { facts, users: Arc::clone(&self.users) })
    }

    /// The user of this login name, in one population or, without one, among the users first and then the agents.
    pub(crate) fn user_named(
        &self,
        population: Option<Population>,
        login_name: &str,
    ) -> Option<Arc<UserEntry>> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        let found = match population {
            Some(population) => users.named(population, login_name),
            None => users
                .named(Population::User, login_name)
                .or_else(|| users.named(Population::Agent, login_name)),
        };
        drop(users);
        self.present(found?)
    }

    /// The user whom an identity provider knows so.
    pub fn user_known_as(&self, identity: &Identity) -> Option<Arc<UserEntry>> {
        let found = self.users.read().unwrap_or_else(PoisonError::into_inner).known_as(identity);
        self.present(found?)
    }

    /// The sealed secrets of second factors.
    pub(crate) fn second_factors(&self) -> Vec<SealedSecret> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        let secret = |user: &Arc<UserEntry>| {
            let factor = user.second_factor.as_ref()?;
            let holder = SealHolder::User(user.account, user.id);
            Some(SealedSecret { holder, column: SECOND_FACTOR_COLUMN, sealed: factor.sealed.clone() })
        };
        users.with_second_factor().filter_map(secret).collect()
    }

    /// The user of this id.
    pub(crate) fn user(&self, id: UserId) -> Option<Arc<UserEntry>> {
        let found = self.users.read().unwrap_or_else(PoisonError::into_inner).by_id.get(&id).cloned();
        self.present(found?)
    }

    /// The entry of a user who was found, made anew if it rests on facts of before.
    fn present(&self, found: Arc<UserEntry>) -> Option<Arc<UserEntry>> {
        if !self.is_newer(&found) {
            return Some(found);
        }
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        let entry = users.by_id.get_mut(&found.id)?;
        if !self.is_newer(entry) {
            return Some(Arc::clone(entry));
        }
        let present = Arc::new(UserEntry::new(&self.facts, User::clone(entry)));
        let before = std::mem::replace(entry, Arc::clone(&present));
        drop(users);
        before.replace();
        Some(present)
    }

    /// Whether these facts took the place of those that the entry rests on.
    fn is_newer(&self, entry: &UserEntry) -> bool {
        let of_entry = entry.shared_account();
        !Arc::ptr_eq(of_entry, &self.facts) && of_entry.revision <= self.facts.revision
    }

    /// The later of the facts here and those that the entry rests on.
    fn latest<'a>(&'a self, entry: &'a UserEntry) -> &'a Arc<AccountFacts> {
        if self.is_newer(entry) { &self.facts } else { entry.shared_account() }
    }

    /// The highest user number; None: there is no user.
    pub(crate) fn highest_user_number(&self) -> Option<i32> {
        self.users.read().unwrap_or_else(PoisonError::into_inner).highest_number()
    }

    /// Every user, in no order. What follows from the account may be as it was before.
    pub(crate) fn users(&self) -> Vec<Arc<UserEntry>> {
        self.users.read().unwrap_or_else(PoisonError::into_inner).by_id.values().cloned().collect()
    }

    /// The facts, were these parts so; None: the part were not there. For whoever asks what would follow from a change.
    pub(crate) fn facts_as(
        &self,
        parts: Vec<(Part, Option<PartRow>)>,
        sealer: &Sealer,
    ) -> Result<Arc<AccountFacts>, SealError> {
        self.facts.with(parts, self.facts.revision, sealer).map(Arc::new)
    }

    /// The users who are so.
    pub(crate) fn users_who(&self, are: impl Fn(&User) -> bool) -> Vec<Arc<UserEntry>> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.by_id.values().filter(|user| are(user)).cloned().collect()
    }

    /// How many users are so.
    pub(crate) fn count_users(&self, are: impl Fn(&User) -> bool) -> usize {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.by_id.values().filter(|user| are(user)).count()
    }

    /// Users who share their login name with another and do not have it: found by their own spelling alone.
    pub(crate) fn without_their_name(&self) -> Vec<Arc<UserEntry>> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.by_id.values().filter(|user| !users.has_its_name(user)).cloned().collect()
    }

    /// Changes one user in place, unless it is gone.
    pub(crate) fn update_user(&self, id: UserId, change: impl FnOnce(&mut User)) {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = users.by_id.get_mut(&id) else { return };
        let mut user = User::clone(entry);
        change(&mut user);
        let present = Arc::new(UserEntry::new(self.latest(entry), user));
        let before = std::mem::replace(entry, present);
        drop(users);
        replaced(Some(before));
    }

    /// Puts a user in the place of the one with the same id, who is given back.
    pub(crate) fn put_user(&self, user: User) -> Option<Arc<UserEntry>> {
        let entry = UserEntry::new(&self.facts, user);
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        let before = users.take(entry.id);
        users.put(entry);
        drop(users);
        replaced(before)
    }

    /// Takes a user out of the account, who is given back.
    pub(crate) fn remove_user(&self, id: UserId) -> Option<Arc<UserEntry>> {
        let before = self.users.write().unwrap_or_else(PoisonError::into_inner).take(id);
        replaced(before)
    }

    /// Another account's entry has taken the place of this one, with users of its own, or the account is gone.
    pub(super) fn replace_users(&self) {
        for user in self.users() {
            user.replace();
        }
    }

    /// Another account's entry has taken the place of this one, with the same users.
    pub(super) fn replace_facts(&self) {
        self.facts.replace();
    }
}

/// Now that whoever asks finds what took its place.
fn replaced(before: Option<Arc<UserEntry>>) -> Option<Arc<UserEntry>> {
    if let Some(before) = &before {
        before.replace();
    }
    before
}

impl Deref for AccountEntry {
    type Target = AccountFacts;

    fn deref(&self) -> &AccountFacts {
        &self.facts
    }
}
