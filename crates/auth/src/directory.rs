//! The directory in memory: every account, found by id without the store.
//!
//! An account's entry is replaced as a whole when its rows change; a single user can be replaced inside it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::RandomState;
use vestibule_crypto::{SealContext, SealError, Sealer, constant_time_eq};
use vestibule_model::{
    Account, AccountId, ApiKey, ApplicationId, ApplicationToken, Group, Millis, OauthClient, Population,
    Profile, Rank, Rng, RoleType, SecretDigest, User, UserId,
};
use vestibule_store::{AccountRows, Sequence};
use zeroize::Zeroizing;

/// Every account.
#[derive(Default)]
pub struct Directory {
    accounts: RwLock<HashMap<AccountId, Arc<AccountEntry>, RandomState>>,
    by_code: RwLock<HashMap<String, AccountId, RandomState>>,
}

impl Directory {
    /// The account of this id.
    pub fn account(&self, id: AccountId) -> Option<Arc<AccountEntry>> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// The id of the account with this client code, case-sensitive.
    pub fn account_with_code(&self, code: &str) -> Option<AccountId> {
        self.by_code.read().unwrap_or_else(PoisonError::into_inner).get(code).copied()
    }

    /// Puts an account in the place of what was there, which is given back.
    pub(crate) fn put(&self, entry: AccountEntry) -> Option<Arc<AccountEntry>> {
        let id = entry.account.id;
        let mut by_code = self.by_code.write().unwrap_or_else(PoisonError::into_inner);
        by_code.retain(|_, other| *other != id);
        by_code.insert(entry.account.code.clone(), id);
        drop(by_code);
        self.accounts.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(entry))
    }
}

/// One account with all that belongs to it, ready for lookups.
pub struct AccountEntry {
    /// The account itself.
    pub account: Account,
    /// Grows with every change of the account's directory.
    pub revision: Sequence,
    groups: Vec<Group>,
    profiles: HashMap<i64, Profile>,
    api_keys: HashMap<String, UsableApiKey>,
    oauth_clients: HashMap<String, OauthClient>,
    application_tokens: HashMap<SecretDigest, ApplicationToken>,
    users: RwLock<Users>,
}

#[derive(Default)]
struct Users {
    by_id: HashMap<UserId, Arc<User>, RandomState>,
    by_name: HashMap<Population, HashMap<String, UserId>>,
}

/// An API key with its secrets opened, as comparing them needs.
pub(crate) struct UsableApiKey {
    pub(crate) key: ApiKey,
    pub(crate) secret: Zeroizing<Vec<u8>>,
    pub(crate) access_token_secret: Zeroizing<Vec<u8>>,
}

impl AccountEntry {
    /// Builds the lookups; opens the sealed secrets of the API keys.
    pub(crate) fn build(rows: AccountRows, revision: Sequence, sealer: &Sealer) -> Result<Self, SealError> {
        let mut users = Users::default();
        for user in rows.users {
            users.put(user);
        }
        let mut api_keys = HashMap::with_capacity(rows.api_keys.len());
        for key in rows.api_keys {
            api_keys.insert(key.app_key.clone(), UsableApiKey::open(key, sealer)?);
        }
        Ok(Self {
            account: rows.account,
            revision,
            groups: rows.groups,
            profiles: rows.profiles.into_iter().map(|profile| (profile.id, profile)).collect(),
            api_keys,
            oauth_clients: rows
                .oauth_clients
                .into_iter()
                .map(|client| (client.client_id.clone(), client))
                .collect(),
            application_tokens: rows
                .application_tokens
                .into_iter()
                .map(|token| (token.token, token))
                .collect(),
            users: RwLock::new(users),
        })
    }

    /// The account's groups, in the order of their ids.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Whether one of the user's profiles has this role.
    pub fn has_role(&self, user: &User, role: RoleType) -> bool {
        self.profiles_of(user).any(|profile| profile.role == role)
    }

    /// The highest rank that one of the user's profiles gives; without any, the lowest there is.
    pub fn rank(&self, user: &User) -> Rank {
        self.profiles_of(user).map(Profile::rank).max().unwrap_or(Rank::Agent)
    }

    /// When the user's password expires; None: never, or there is none.
    pub fn password_expires_at(&self, user: &User) -> Option<Millis> {
        let changed_at = user.password.as_ref()?.changed_at;
        self.account.password_policy.expires_at(changed_at)
    }

    /// The union of the permissions of the user's profiles, ascending.
    pub fn privileges(&self, user: &User) -> Vec<i32> {
        let union: BTreeSet<i32> =
            self.profiles_of(user).flat_map(|profile| profile.permissions.iter().copied()).collect();
        union.into_iter().collect()
    }

    fn profiles_of<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a Profile> {
        user.profiles.iter().filter_map(|id| self.profiles.get(id))
    }

    /// The user of this login name, in one population or, without one, among the users first and then the agents.
    pub(crate) fn user_named(&self, population: Option<Population>, login_name: &str) -> Option<Arc<User>> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        match population {
            Some(population) => users.named(population, login_name),
            None => users
                .named(Population::User, login_name)
                .or_else(|| users.named(Population::Agent, login_name)),
        }
    }

    /// The user of this id.
    pub(crate) fn user(&self, id: UserId) -> Option<Arc<User>> {
        self.users.read().unwrap_or_else(PoisonError::into_inner).by_id.get(&id).cloned()
    }

    /// Every user, in no order.
    pub(crate) fn users(&self) -> Vec<Arc<User>> {
        self.users.read().unwrap_or_else(PoisonError::into_inner).by_id.values().cloned().collect()
    }

    /// Changes one user in place, unless it is gone.
    pub(crate) fn update_user(&self, id: UserId, change: impl FnOnce(&mut User)) {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(user) = users.by_id.get_mut(&id) {
            change(Arc::make_mut(user));
        }
    }

    pub(crate) fn api_key(&self, app_key: &str) -> Option<&UsableApiKey> {
        self.api_keys.get(app_key)
    }

    /// The application token with this digest.
    pub(crate) fn application_token(&self, digest: &SecretDigest) -> Option<&ApplicationToken> {
        self.application_tokens.get(digest)
    }

    /// Whether the application token of this id may be used.
    pub(crate) fn application_token_is_enabled(&self, id: ApplicationId) -> bool {
        self.application_tokens.values().any(|token| token.id == id && token.enabled)
    }

    pub(crate) fn oauth_client(&self, client_id: &str) -> Option<&OauthClient> {
        self.oauth_clients.get(client_id)
    }
}

impl Users {
    fn put(&mut self, user: User) {
        let key = user.population.name_key(&user.login_name);
        self.by_name.entry(user.population).or_default().insert(key, user.id);
        self.by_id.insert(user.id, Arc::new(user));
    }

    fn named(&self, population: Population, login_name: &str) -> Option<Arc<User>> {
        let id = self.by_name.get(&population)?.get(&population.name_key(login_name))?;
        self.by_id.get(id).cloned()
    }
}

impl UsableApiKey {
    fn open(key: ApiKey, sealer: &Sealer) -> Result<Self, SealError> {
        let row = key.id.0.to_be_bytes();
        let secret = sealer.open(&seal_context("sealed_secret", &row), &key.sealed_secret)?;
        let access_token_secret = sealer
            .open(&seal_context("sealed_access_token_secret", &row), &key.sealed_access_token_secret)?;
        Ok(Self { key, secret, access_token_secret })
    }
}

/// Seals the secrets of an API key for the places where they are kept.
pub fn seal_api_key(sealer: &Sealer, rng: &dyn Rng, key: &mut ApiKey, secret: &str, token_secret: &str) {
    let row = key.id.0.to_be_bytes();
    key.sealed_secret = sealer.seal(rng, &seal_context("sealed_secret", &row), secret.as_bytes());
    key.sealed_access_token_secret =
        sealer.seal(rng, &seal_context("sealed_access_token_secret", &row), token_secret.as_bytes());
}

/// Whether these are the secrets sealed in an API key; one that does not open has other secrets.
pub fn api_key_has_secrets(sealer: &Sealer, key: &ApiKey, secret: &str, token_secret: &str) -> bool {
    UsableApiKey::open(key.clone(), sealer).is_ok_and(|usable| {
        constant_time_eq(&usable.secret, secret.as_bytes())
            & constant_time_eq(&usable.access_token_secret, token_secret.as_bytes())
    })
}

/// What binds a sealed secret of an API key to its place.
fn seal_context<'a>(column: &'a str, row: &'a [u8; 8]) -> SealContext<'a> {
    SealContext { table: "api_keys", column, row }
}
