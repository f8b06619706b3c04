//! An account and what belongs to it besides its users.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use vestibule_crypto::{SealError, Sealer};
use vestibule_model::{
    Account, ApiKey, Application, ApplicationId, ApplicationToken, ConnectionId, Group, Millis, OauthClient,
    Profile, Rank, RoleType, SecretDigest, Skill, Superseded, User,
};
use vestibule_store::{AccountRows, Part, PartRow, Sequence};

use super::connections::UsableConnection;
use super::costs::Costs;
use super::grants::{Grants, KnownGrants};
use super::keys::UsableApiKey;

/// An account and what belongs to it besides its users. Never changes: a change puts others in their place, which share
/// with these what did not change.
pub struct AccountFacts {
    replaced: AtomicBool,
    /// The account itself.
    pub account: Account,
    /// Grows with every change of what is here, and with some changes of users.
    pub revision: Sequence,
    /// By id, ascending.
    groups: Arc<Vec<Group>>,
    /// By id, ascending.
    skills: Arc<Vec<Skill>>,
    profiles: Arc<HashMap<i64, Profile>>,
    /// By app key.
    api_keys: Arc<HashMap<String, Arc<UsableApiKey>>>,
    /// By client id.
    oauth_clients: Arc<HashMap<String, OauthClient>>,
    application_tokens: Arc<ApplicationTokens>,
    /// By name.
    connections: Arc<HashMap<String, Arc<UsableConnection>>>,
    /// The overlaps of secrets that are not erased yet.
    pub(super) overlaps: Vec<Superseded<()>>,
    /// By the profiles that give them: many users have the same.
    grants: Arc<Mutex<KnownGrants>>,
    /// Those of the installation.
    pub(super) costs: Arc<Costs>,
}

#[derive(Clone, Default)]
struct ApplicationTokens {
    by_id: HashMap<ApplicationId, ApplicationToken>,
    /// By their digests, and by those of the ones before them.
    by_digest: HashMap<SecretDigest, ApplicationId>,
}

impl ApplicationTokens {
    fn remove(&mut self, id: ApplicationId) {
        if let Some(before) = self.by_id.remove(&id) {
            for digest in digests(&before) {
                // It may be another's by now: texts change hands in an order that is not seen here.
                if self.by_digest.get(&digest) == Some(&id) {
                    self.by_digest.remove(&digest);
                }
            }
        }
    }

    fn put(&mut self, token: ApplicationToken) {
        self.remove(token.id);
        self.by_digest.extend(digests(&token).map(|digest| (digest, token.id)));
        self.by_id.insert(token.id, token);
    }
}

/// What a token is found by.
fn digests(token: &ApplicationToken) -> impl Iterator<Item = SecretDigest> + use<> {
    let before = token.superseded.map(|before| before.values);
    [Some(token.token), before].into_iter().flatten()
}

impl AccountFacts {
    /// Opens the sealed secrets of API keys and connections. The users of `rows` are not looked at.
    pub(super) fn build(
        rows: &mut AccountRows,
        revision: Sequence,
        sealer: &Sealer,
        costs: &Arc<Costs>,
    ) -> Result<Self, SealError> {
        let mut api_keys = HashMap::with_capacity(rows.api_keys.len());
        for key in std::mem::take(&mut rows.api_keys) {
            api_keys.insert(key.app_key.clone(), Arc::new(UsableApiKey::open(key, sealer)?));
        }
        let clients = std::mem::take(&mut rows.oauth_clients).into_iter();
        let mut tokens = ApplicationTokens::default();
        for token in std::mem::take(&mut rows.application_tokens) {
            tokens.put(token);
        }
        let mut connections = HashMap::with_capacity(rows.connections.len());
        for connection in std::mem::take(&mut rows.connections) {
            let name = connection.name.clone();
            connections.insert(name, Arc::new(UsableConnection::open(rows.account.id, connection, sealer)?));
        }
        let profiles = std::mem::take(&mut rows.profiles).into_iter();
        let mut facts = Self {
            replaced: AtomicBool::new(false),
            account: rows.account.clone(),
            revision,
            groups: Arc::new(std::mem::take(&mut rows.groups)),
            skills: Arc::new(std::mem::take(&mut rows.skills)),
            profiles: Arc::new(profiles.map(|profile| (profile.id, profile)).collect()),
            api_keys: Arc::new(api_keys),
            oauth_clients: Arc::new(clients.map(|client| (client.client_id.clone(), client)).collect()),
            application_tokens: Arc::new(tokens),
            connections: Arc::new(connections),
            overlaps: Vec::new(),
            grants: Arc::default(),
            costs: Arc::clone(costs),
        };
        facts.overlaps = facts.all_overlaps();
        Ok(facts)
    }

    /// The same with these parts as they are now; None: the part is not there any more. Users are not looked at.
    pub(super) fn with(
        &self,
        parts: Vec<(Part, Option<PartRow>)>,
        revision: Sequence,
        sealer: &Sealer,
    ) -> Result<Self, SealError> {
        let mut facts = Self {
            replaced: AtomicBool::new(false),
            account: self.account.clone(),
            revision,
            groups: Arc::clone(&self.groups),
            skills: Arc::clone(&self.skills),
            profiles: Arc::clone(&self.profiles),
            api_keys: Arc::clone(&self.api_keys),
            oauth_clients: Arc::clone(&self.oauth_clients),
            application_tokens: Arc::clone(&self.application_tokens),
            connections: Arc::clone(&self.connections),
            overlaps: Vec::new(),
            grants: Arc::clone(&self.grants),
            costs: Arc::clone(&self.costs),
        };
        for (part, row) in parts {
            facts.change(part, row, sealer)?;
        }
        facts.overlaps = facts.all_overlaps();
        Ok(facts)
    }

    fn change(&mut self, part: Part, row: Option<PartRow>, sealer: &Sealer) -> Result<(), SealError> {
        self.take_out(part);
        match row {
            // Users and rules of the gate stand elsewhere.
            None | Some(PartRow::User(_) | PartRow::GatewayRules(_)) => {}
            Some(PartRow::Account(account)) => self.account = *account,
            Some(PartRow::Profile(profile)) => {
                drop(Arc::make_mut(&mut self.profiles).insert(profile.id, profile));
            }
            Some(PartRow::Group(group)) => insert(Arc::make_mut(&mut self.groups), group, |group| group.id),
            Some(PartRow::Skill(skill)) => insert(Arc::make_mut(&mut self.skills), skill, |skill| skill.id),
            Some(PartRow::ApiKey(key)) => {
                let usable = UsableApiKey::open(*key, sealer)?;
                Arc::make_mut(&mut self.api_keys).insert(usable.key.app_key.clone(), Arc::new(usable));
            }
            Some(PartRow::OauthClient(client)) => {
                Arc::make_mut(&mut self.oauth_clients).insert(client.client_id.clone(), *client);
            }
            Some(PartRow::ApplicationToken(token)) => Arc::make_mut(&mut self.application_tokens).put(*token),
            Some(PartRow::Connection(connection)) => {
                let usable = UsableConnection::open(self.account.id, *connection, sealer)?;
                let name = usable.connection.name.clone();
                Arc::make_mut(&mut self.connections).insert(name, Arc::new(usable));
            }
        }
        Ok(())
    }

    fn take_out(&mut self, part: Part) {
        match part {
            Part::Everything | Part::Account | Part::User(_) | Part::Credentials(_) => {}
            Part::Profile(id) => {
                Arc::make_mut(&mut self.profiles).remove(&id);
                // What they give may be another thing now.
                self.grants = Arc::default();
            }
            Part::Group(id) => Arc::make_mut(&mut self.groups).retain(|group| group.id != id),
            Part::Skill(id) => Arc::make_mut(&mut self.skills).retain(|skill| skill.id != id),
            Part::ApiKey(id) => Arc::make_mut(&mut self.api_keys).retain(|_, usable| usable.key.id != id),
            Part::OauthClient(id) => {
                Arc::make_mut(&mut self.oauth_clients).retain(|_, client| client.id != id);
            }
            Part::ApplicationToken(id) => Arc::make_mut(&mut self.application_tokens).remove(id),
            Part::Connection(id) => {
                Arc::make_mut(&mut self.connections).retain(|_, usable| usable.connection.id != id);
            }
        }
    }

    /// Whether others have taken their place: what these say may not be true any more.
    pub(crate) fn is_replaced(&self) -> bool {
        self.replaced.load(Ordering::Acquire)
    }

    /// To be called when what takes their place can be found.
    pub(super) fn replace(&self) {
        self.replaced.store(true, Ordering::Release);
    }

    /// The account's groups, in the order of their ids.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group of this id.
    pub(crate) fn group(&self, id: i64) -> Option<&Group> {
        by_id(&self.groups, id, |group| group.id)
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
        by_id(&self.skills, id, |skill| skill.id)
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

    /// In no order.
    pub(super) fn all_api_keys(&self) -> impl Iterator<Item = &ApiKey> {
        self.api_keys.values().map(|usable| &usable.key)
    }

    /// The consumer keys of its API keys, in no order.
    pub(super) fn consumer_keys(&self) -> impl Iterator<Item = &str> {
        self.api_keys.keys().map(String::as_str)
    }

    /// The ids of its OAuth clients, in no order.
    pub(super) fn client_ids(&self) -> impl Iterator<Item = &str> {
        self.oauth_clients.keys().map(String::as_str)
    }

    /// In no order.
    pub(super) fn all_oauth_clients(&self) -> impl Iterator<Item = &OauthClient> {
        self.oauth_clients.values()
    }

    /// In no order.
    pub(super) fn all_application_tokens(&self) -> impl Iterator<Item = &ApplicationToken> {
        self.application_tokens.by_id.values()
    }

    /// The account's API keys, in the order of their ids.
    pub(crate) fn api_keys(&self) -> Vec<&ApiKey> {
        let mut all: Vec<&ApiKey> = self.all_api_keys().collect();
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
        let mut all: Vec<&ApplicationToken> = self.application_tokens.by_id.values().collect();
        all.sort_unstable_by_key(|token| token.id);
        all
    }

    /// The account's connections, in the order of their ids.
    pub fn connections(&self) -> Vec<&Arc<UsableConnection>> {
        let mut all: Vec<_> = self.connections.values().collect();
        all.sort_unstable_by_key(|usable| usable.connection.id);
        all
    }

    /// The connection of this name, letter by letter, enabled or not.
    pub fn connection_named(&self, name: &str) -> Option<&Arc<UsableConnection>> {
        self.connections.get(name)
    }

    /// The connection of this id, enabled or not.
    pub fn connection(&self, id: ConnectionId) -> Option<&Arc<UsableConnection>> {
        self.connections.values().find(|usable| usable.connection.id == id)
    }

    pub(crate) fn api_key(&self, app_key: &str) -> Option<&UsableApiKey> {
        self.api_keys.get(app_key).map(Arc::as_ref)
    }

    /// The application token with this digest, or with this one before its present one.
    pub(crate) fn application_token(&self, digest: &SecretDigest) -> Option<&ApplicationToken> {
        self.application_token_of_id(*self.application_tokens.by_digest.get(digest)?)
    }

    /// The application token of this id.
    pub(crate) fn application_token_of_id(&self, id: ApplicationId) -> Option<&ApplicationToken> {
        self.application_tokens.by_id.get(&id)
    }

    /// The OAuth client of this id.
    pub(crate) fn oauth_client_of_id(&self, id: ApplicationId) -> Option<&OauthClient> {
        self.all_oauth_clients().find(|client| client.id == id)
    }

    /// The applications with this id; nothing says that no two kinds share one.
    pub(crate) fn applications_of_id(&self, id: ApplicationId) -> Vec<Application> {
        let keys = self.api_keys.values().map(|usable| Application::ApiKey(usable.key.id));
        let clients = self.oauth_clients.values().map(|client| Application::OauthClient(client.id));
        let tokens = self.application_tokens.by_id.values().map(|token| Application::Token(token.id));
        let of_id = |application: &Application| {
            [Application::ApiKey(id), Application::OauthClient(id), Application::Token(id)]
                .contains(application)
        };
        keys.chain(clients).chain(tokens).filter(of_id).collect()
    }

    /// Whether this is an application of the account.
    pub(crate) fn has(&self, application: Application) -> bool {
        match application {
            Application::None => false,
            Application::ApiKey(id) => self.all_api_keys().any(|key| key.id == id),
            Application::OauthClient(id) => self.all_oauth_clients().any(|client| client.id == id),
            Application::Token(id) => self.application_token_of_id(id).is_some(),
        }
    }

    pub(crate) fn oauth_client(&self, client_id: &str) -> Option<&OauthClient> {
        self.oauth_clients.get(client_id)
    }
}

/// The one of this id among things that are in the order of their ids.
fn by_id<T>(all: &[T], id: i64, id_of: impl Fn(&T) -> i64) -> Option<&T> {
    all.binary_search_by_key(&id, id_of).ok().map(|index| &all[index])
}

/// Puts something that is not there where it belongs among things that are in the order of their ids.
fn insert<T>(all: &mut Vec<T>, thing: T, id_of: impl Fn(&T) -> i64) {
    let index = all.partition_point(|other| id_of(other) < id_of(&thing));
    all.insert(index, thing);
}
