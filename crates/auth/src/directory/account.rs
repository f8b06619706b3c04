//! One account with all that belongs to it, ready for lookups.

use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use foldhash::fast::RandomState;
use vestibule_crypto::{SealError, Sealer};
use vestibule_model::{
    Account, ApiKey, Application, ApplicationId, ApplicationToken, Group, Millis, OauthClient, Population,
    Profile, Rank, RoleType, SecretDigest, Skill, Superseded, User, UserId,
};
use vestibule_store::{AccountRows, Sequence};

use super::costs::Costs;
use super::keys::UsableApiKey;
use super::overlaps::overlaps;
use super::user::{Grants, UserEntry};

/// Fewer grants than this are never tidied up.
const FEWEST_GRANTS: usize = 64;

/// An account and its users.
pub struct AccountEntry {
    facts: Arc<AccountFacts>,
    users: RwLock<Users>,
}

/// An account and what belongs to it besides its users. Never changes: a change puts another in its place.
pub struct AccountFacts {
    /// The account itself.
    pub account: Account,
    /// Grows with every change of what is here, and with some changes of users.
    pub revision: Sequence,
    groups: Vec<Group>,
    skills: Vec<Skill>,
    profiles: HashMap<i64, Profile>,
    api_keys: HashMap<String, UsableApiKey>,
    oauth_clients: HashMap<String, OauthClient>,
    application_tokens: HashMap<ApplicationId, ApplicationToken>,
    /// By their digests, and by those of the ones before them.
    tokens_by_digest: HashMap<SecretDigest, ApplicationId>,
    /// The overlaps of secrets that are not erased yet.
    pub(super) overlaps: Vec<Superseded<()>>,
    /// By the profiles that give them: many users have the same.
    grants: Mutex<KnownGrants>,
    /// Those of the installation.
    pub(super) costs: Arc<Costs>,
}

/// Grants that users hold, found again by their profiles.
#[derive(Default)]
struct KnownGrants {
    by_profiles: HashMap<Vec<i64>, Weak<Grants>>,
    /// Those that nobody holds any more are forgotten when there are as many as this.
    tidy_at: usize,
}

impl KnownGrants {
    fn get(&self, profiles: &[i64]) -> Option<Arc<Grants>> {
        self.by_profiles.get(profiles)?.upgrade()
    }

    fn insert(&mut self, profiles: Vec<i64>, grants: &Arc<Grants>) {
        if self.by_profiles.len() >= self.tidy_at {
            self.by_profiles.retain(|_, grants| grants.strong_count() > 0);
            self.tidy_at = FEWEST_GRANTS.max(2 * self.by_profiles.len());
        }
        self.by_profiles.insert(profiles, Arc::downgrade(grants));
    }
}

#[derive(Default)]
struct Users {
    by_id: HashMap<UserId, Arc<UserEntry>, RandomState>,
    by_name: HashMap<Population, HashMap<String, UserId>>,
}

impl AccountEntry {
    /// Builds the lookups; opens the sealed secrets of the API keys.
    pub(crate) fn build(
        rows: AccountRows,
        revision: Sequence,
        (sealer, costs): (&Sealer, &Arc<Costs>),
    ) -> Result<Self, SealError> {
        let overlaps = overlaps(&rows);
        let mut api_keys = HashMap::with_capacity(rows.api_keys.len());
        for key in rows.api_keys {
            api_keys.insert(key.app_key.clone(), UsableApiKey::open(key, sealer)?);
        }
        let clients = rows.oauth_clients.into_iter().map(|client| (client.client_id.clone(), client));
        let tokens_by_digest = rows.application_tokens.iter().flat_map(|token| {
            let before = token.superseded.map(|before| before.values);
            [Some(token.token), before].into_iter().flatten().map(|digest| (digest, token.id))
        });
        let tokens_by_digest = tokens_by_digest.collect();
        let tokens = rows.application_tokens.into_iter().map(|token| (token.id, token));
        let facts = Arc::new(AccountFacts {
            account: rows.account,
            revision,
            groups: rows.groups,
            skills: rows.skills,
            profiles: rows.profiles.into_iter().map(|profile| (profile.id, profile)).collect(),
            api_keys,
            oauth_clients: clients.collect(),
            application_tokens: tokens.collect(),
            tokens_by_digest,
            overlaps,
            grants: Mutex::default(),
            costs: Arc::clone(costs),
        });
        let mut users = Users::default();
        for user in rows.users {
            users.put(UserEntry::new(&facts, user));
        }
        Ok(Self { facts, users: RwLock::new(users) })
    }

    /// The user of this login name, in one population or, without one, among the users first and then the agents.
    pub(crate) fn user_named(
        &self,
        population: Option<Population>,
        login_name: &str,
    ) -> Option<Arc<UserEntry>> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        match population {
            Some(population) => users.named(population, login_name),
            None => users
                .named(Population::User, login_name)
                .or_else(|| users.named(Population::Agent, login_name)),
        }
    }

    /// The user of this id.
    pub(crate) fn user(&self, id: UserId) -> Option<Arc<UserEntry>> {
        self.users.read().unwrap_or_else(PoisonError::into_inner).by_id.get(&id).cloned()
    }

    /// The highest user number; None: there is no user.
    pub(crate) fn highest_user_number(&self) -> Option<i32> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.by_id.values().map(|user| user.number).max()
    }

    /// Every user, in no order.
    pub(crate) fn users(&self) -> Vec<Arc<UserEntry>> {
        self.users.read().unwrap_or_else(PoisonError::into_inner).by_id.values().cloned().collect()
    }

    /// Users who share their login name with another and do not have it: found by their own spelling alone.
    pub(crate) fn without_their_name(&self) -> Vec<Arc<UserEntry>> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        let has_it = |user: &UserEntry| {
            let names = users.by_name.get(&user.population);
            names.and_then(|names| names.get(&keys(user).0)) == Some(&user.id)
        };
        users.by_id.values().filter(|user| !has_it(user)).cloned().collect()
    }

    /// Changes one user in place, unless it is gone.
    pub(crate) fn update_user(&self, id: UserId, change: impl FnOnce(&mut User)) {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = users.by_id.get_mut(&id) else { return };
        let mut user = User::clone(entry);
        change(&mut user);
        let before = std::mem::replace(entry, Arc::new(UserEntry::new(&self.facts, user)));
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

    /// Another account's entry has taken the place of this one.
    pub(super) fn replace_users(&self) {
        for user in self.users() {
            user.replace();
        }
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

impl AccountFacts {
    /// The account's groups, in the order of their ids.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group of this id.
    pub(crate) fn group(&self, id: i64) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// The account's skills, in the order of their ids.
    pub(crate) fn skills(&self) -> &[Skill] {
        &self.skills
    }

    /// The account's profiles, in the order of their ids.
    pub(crate) fn profiles(&self) -> Vec<&Profile> {
        let mut all: Vec<&Profile> = self.profiles.values().collect();
        all.sort_unstable_by_key(|profile| profile.id);
        all
    }

    /// The skill of this id.
    pub(crate) fn skill(&self, id: i64) -> Option<&Skill> {
        self.skills.iter().find(|skill| skill.id == id)
    }

    /// The profile of this id.
    pub(crate) fn profile(&self, id: i64) -> Option<&Profile> {
        self.profiles.get(&id)
    }

    /// Whether one of the user's profiles has this role.
    pub fn has_role(&self, user: &User, role: RoleType) -> bool {
        self.profiles_of(user).any(|profile| profile.role == role)
    }

    /// When the user's password expires; None: never, or there is none.
    pub fn password_expires_at(&self, user: &User) -> Option<Millis> {
        let changed_at = user.password.as_ref()?.changed_at;
        self.account.password_policy.expires_at(changed_at)
    }

    /// What the user's profiles give together.
    pub(super) fn grants(&self, user: &User) -> Arc<Grants> {
        let mut known = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(grants) = known.get(&user.profiles) {
            return grants;
        }
        let union: BTreeSet<i32> =
            self.profiles_of(user).flat_map(|profile| profile.permissions.iter().copied()).collect();
        let privileges: Vec<i32> = union.into_iter().collect();
        let texts: Vec<String> = privileges.iter().map(ToString::to_string).collect();
        let grants = Arc::new(Grants {
            rank: self.profiles_of(user).map(Profile::rank).max().unwrap_or(Rank::Agent),
            privileges,
            privileges_text: texts.join(","),
        });
        known.insert(user.profiles.clone(), &grants);
        grants
    }

    fn profiles_of<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a Profile> {
        user.profiles.iter().filter_map(|id| self.profiles.get(id))
    }

    /// The account's API keys, in the order of their ids.
    pub(crate) fn api_keys(&self) -> Vec<&ApiKey> {
        let mut all: Vec<&ApiKey> = self.api_keys.values().map(|usable| &usable.key).collect();
        all.sort_unstable_by_key(|key| key.id);
        all
    }

    /// The account's OAuth clients, in the order of their ids.
    pub(crate) fn oauth_clients(&self) -> Vec<&OauthClient> {
        let mut all: Vec<&OauthClient> = self.oauth_clients.values().collect();
        all.sort_unstable_by_key(|client| client.id);
        all
    }

    /// The account's application tokens, in the order of their ids. What is counted for them is as old as this.
    pub(crate) fn application_tokens(&self) -> Vec<&ApplicationToken> {
        let mut all: Vec<&ApplicationToken> = self.application_tokens.values().collect();
        all.sort_unstable_by_key(|token| token.id);
        all
    }

    pub(crate) fn api_key(&self, app_key: &str) -> Option<&UsableApiKey> {
        self.api_keys.get(app_key)
    }

    /// The application token with this digest, or with this one before its present one.
    pub(crate) fn application_token(&self, digest: &SecretDigest) -> Option<&ApplicationToken> {
        self.application_token_of_id(*self.tokens_by_digest.get(digest)?)
    }

    /// The application token of this id.
    pub(crate) fn application_token_of_id(&self, id: ApplicationId) -> Option<&ApplicationToken> {
        self.application_tokens.get(&id)
    }

    /// The applications with this id; nothing says that no two kinds share one.
    pub(crate) fn applications_of_id(&self, id: ApplicationId) -> Vec<Application> {
        let keys = self.api_keys.values().map(|usable| Application::ApiKey(usable.key.id));
        let clients = self.oauth_clients.values().map(|client| Application::OauthClient(client.id));
        let tokens = self.application_tokens.values().map(|token| Application::Token(token.id));
        let of_id = |application: &Application| {
            [Application::ApiKey(id), Application::OauthClient(id), Application::Token(id)]
                .contains(application)
        };
        keys.chain(clients).chain(tokens).filter(of_id).collect()
    }

    pub(crate) fn oauth_client(&self, client_id: &str) -> Option<&OauthClient> {
        self.oauth_clients.get(client_id)
    }
}

impl Users {
    /// Of users whose names are one by a rule that is younger than they are, whoever spells it so has the name, or who has
    /// the lowest id; the others are found by their own spelling.
    fn put(&mut self, user: UserEntry) {
        let (population, id) = (user.population, user.id);
        let (key, spelling) = keys(&user);
        let names = self.by_name.entry(population).or_default();
        let holder = names.get(&key).copied().filter(|holder| *holder != id);
        let holder = holder.and_then(|holder| self.by_id.get(&holder));
        let other = holder.map(|holder| (holder.id, population.spelling(&holder.login_name)));
        match other {
            None => drop(names.insert(key, id)),
            Some((holder, of_holder)) if spelling == key || of_holder != key && id < holder => {
                names.insert(of_holder, holder);
                names.insert(key, id);
            }
            Some(_) => drop(names.insert(spelling, id)),
        }
        self.by_id.insert(id, Arc::new(user));
    }

    fn take(&mut self, id: UserId) -> Option<Arc<UserEntry>> {
        let user = self.by_id.remove(&id)?;
        let (key, spelling) = keys(&user);
        let names = self.by_name.entry(user.population).or_default();
        for name in [key, spelling] {
            // The name may be somebody else's by now: names change hands in an order that is not seen here.
            if names.get(&name) == Some(&id) {
                names.remove(&name);
            }
        }
        Some(user)
    }

    fn named(&self, population: Population, login_name: &str) -> Option<Arc<UserEntry>> {
        let names = self.by_name.get(&population)?;
        let spelt = names.get(&population.spelling(login_name));
        self.by_id.get(spelt.or_else(|| names.get(&population.name_key(login_name)))?).cloned()
    }
}

/// The form in which a user's name is unique, and their own spelling of it.
fn keys(user: &User) -> (String, String) {
    (user.population.name_key(&user.login_name), user.population.spelling(&user.login_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_that_nobody_holds_are_forgotten() {
        let grants =
            || Arc::new(Grants { rank: Rank::Agent, privileges: Vec::new(), privileges_text: String::new() });
        let mut known = KnownGrants::default();
        let held = grants();
        known.insert(vec![0], &held);
        (1..10_000).for_each(|id| known.insert(vec![id], &grants()));
        assert!(known.by_profiles.len() <= FEWEST_GRANTS, "{}", known.by_profiles.len());
        assert!(known.get(&[0]).is_some_and(|found| Arc::ptr_eq(&found, &held)));
    }
}
