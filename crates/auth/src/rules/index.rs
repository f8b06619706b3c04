//! What is there, as rows of the store: for whoever judges many things of an account, or of many accounts, at once.

use std::collections::{HashMap, HashSet};

use vestibule_model::{AccountId, Application, Identity, Population, UserId};
use vestibule_store::AccountRows;

use super::neighbours::{Installation, Neighbours, Reference, Referring, ResourceKind};

/// An account with everything in it, found by what the rules ask for.
pub struct AccountIndex {
    present: HashSet<Reference>,
    parents: HashMap<i64, Option<i64>>,
    users: HashMap<(Population, String), Vec<UserId>>,
    named: HashMap<(ResourceKind, String), Vec<i64>>,
    ids: HashMap<ResourceKind, HashSet<i64>>,
    applications: HashMap<String, Vec<(ResourceKind, i64)>>,
    identities: HashMap<Identity, Vec<UserId>>,
    referring: HashMap<Reference, Referring>,
}

impl AccountIndex {
    /// Of an account as it is, or as it will be.
    pub fn of(rows: &AccountRows) -> Self {
        let mut index = Self {
            present: HashSet::new(),
            parents: rows.groups.iter().map(|group| (group.id, group.parent)).collect(),
            users: HashMap::with_capacity(rows.users.len()),
            named: HashMap::new(),
            ids: HashMap::new(),
            applications: HashMap::new(),
            identities: HashMap::new(),
            referring: HashMap::new(),
        };
        index.present.extend(rows.profiles.iter().map(|profile| Reference::Profile(profile.id)));
        index.present.extend(rows.groups.iter().map(|group| Reference::Group(group.id)));
        index.present.extend(rows.skills.iter().map(|skill| Reference::Skill(skill.id)));
        index.present.extend(rows.connections.iter().map(|own| Reference::Connection(own.id.0)));
        index.add_names(rows);
        index.add_applications(rows);
        index.add_users(rows);
        index
    }

    fn add_names(&mut self, rows: &AccountRows) {
        let profiles = rows.profiles.iter().map(|profile| (ResourceKind::Profile, profile.id, &profile.name));
        let groups = rows.groups.iter().map(|group| (ResourceKind::Group, group.id, &group.name));
        let skills = rows.skills.iter().map(|skill| (ResourceKind::Skill, skill.id, &skill.name));
        let keys = rows.api_keys.iter().map(|key| (ResourceKind::ApiKey, key.id.0, &key.name));
        let clients = rows.oauth_clients.iter();
        let clients = clients.map(|client| (ResourceKind::OauthClient, client.id.0, &client.name));
        let tokens = rows.application_tokens.iter();
        let tokens = tokens.map(|token| (ResourceKind::ApplicationToken, token.id.0, &token.name));
        let connections = rows.connections.iter();
        let connections = connections.map(|own| (ResourceKind::Connection, own.id.0, &own.name));
        let all = profiles.chain(groups).chain(skills).chain(keys).chain(clients).chain(tokens);
        let all = all.chain(connections);
        for (kind, id, name) in all {
            self.named.entry((kind, name.clone())).or_default().push(id);
            self.ids.entry(kind).or_default().insert(id);
        }
    }

    fn add_applications(&mut self, rows: &AccountRows) {
        let keys = rows.api_keys.iter().map(|key| (&key.app_key, (ResourceKind::ApiKey, key.id.0)));
        let clients = rows.oauth_clients.iter();
        let clients = clients.map(|client| (&client.client_id, (ResourceKind::OauthClient, client.id.0)));
        for (public_id, holder) in keys.chain(clients) {
            self.applications.entry(public_id.clone()).or_default().push(holder);
        }
    }

    fn add_users(&mut self, rows: &AccountRows) {
        for user in &rows.users {
            let name = user.population.name_key(&user.login_name);
            self.users.entry((user.population, name)).or_default().push(user.id);
            // Whoever is in a group and manages it refers to it once.
            let groups: HashSet<i64> = user.member_of.iter().chain(&user.manager_of).copied().collect();
            let profiles = user.profiles.iter().copied().map(Reference::Profile);
            let skills = user.skills.iter().copied().map(Reference::Skill);
            let connections: HashSet<i64> = user.identities.iter().map(|own| own.connection.0).collect();
            for identity in &user.identities {
                self.identities.entry(identity.clone()).or_default().push(user.id);
            }
            let connections = connections.into_iter().map(Reference::Connection);
            let groups = groups.into_iter().map(Reference::Group);
            for to in profiles.chain(skills).chain(groups).chain(connections) {
                self.referring.entry(to).or_default().users += 1;
            }
        }
        for parent in rows.groups.iter().filter_map(|group| group.parent) {
            self.referring.entry(Reference::Group(parent)).or_default().groups += 1;
        }
    }
}

impl Neighbours for AccountIndex {
    fn has(&self, reference: Reference) -> bool {
        self.present.contains(&reference)
    }

    fn parent(&self, group: i64) -> Option<i64> {
        self.parents.get(&group).copied().flatten()
    }

    fn group_count(&self) -> usize {
        self.parents.len()
    }

    fn has_other_user(&self, id: UserId, population: Population, login_name: &str) -> bool {
        let holders = self.users.get(&(population, population.name_key(login_name)));
        holders.is_some_and(|holders| holders.iter().any(|holder| *holder != id))
    }

    fn has_other_named(&self, kind: ResourceKind, id: i64, name: &str) -> bool {
        let holders = self.named.get(&(kind, name.to_owned()));
        holders.is_some_and(|holders| holders.iter().any(|holder| *holder != id))
    }

    fn others(&self, kind: ResourceKind, id: i64) -> usize {
        self.ids.get(&kind).map_or(0, |ids| ids.len() - usize::from(ids.contains(&id)))
    }

    fn has_application(&self, public_id: &str) -> bool {
        self.applications.contains_key(public_id)
    }

    fn has_other_application(&self, kind: ResourceKind, id: i64, public_id: &str) -> bool {
        let holders = self.applications.get(public_id);
        holders.is_some_and(|holders| holders.iter().any(|holder| *holder != (kind, id)))
    }

    fn has_other_identity(&self, id: UserId, identity: &Identity) -> bool {
        let holders = self.identities.get(identity);
        holders.is_some_and(|holders| holders.iter().any(|holder| *holder != id))
    }

    fn referring(&self, to: Reference) -> Referring {
        self.referring.get(&to).copied().unwrap_or_default()
    }
}

/// The accounts of an installation, found by id, code and number, and the ids of their OAuth clients.
pub struct InstallationIndex<'a> {
    ids: HashSet<&'a str>,
    clients: HashSet<&'a str>,
    applications: HashSet<Application>,
    codes: HashMap<&'a str, Vec<AccountId>>,
    numbers: HashMap<i32, Vec<AccountId>>,
}

impl<'a> InstallationIndex<'a> {
    /// Of accounts as they are, or as they will be.
    pub fn of(accounts: impl IntoIterator<Item = &'a AccountRows>) -> Self {
        let mut index = Self {
            ids: HashSet::new(),
            clients: HashSet::new(),
            applications: [Application::None].into(),
            codes: HashMap::new(),
            numbers: HashMap::new(),
        };
        for AccountRows { account, api_keys, oauth_clients, application_tokens, .. } in accounts {
            index.applications.extend(api_keys.iter().map(|key| Application::ApiKey(key.id)));
            index.applications.extend(oauth_clients.iter().map(|own| Application::OauthClient(own.id)));
            index.applications.extend(application_tokens.iter().map(|token| Application::Token(token.id)));
            index.clients.extend(oauth_clients.iter().map(|client| client.client_id.as_str()));
            index.ids.insert(account.id.as_str());
            index.codes.entry(&account.code).or_default().push(account.id);
            index.numbers.entry(account.number).or_default().push(account.id);
        }
        index
    }
}

impl Installation for InstallationIndex<'_> {
    fn has_account(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    fn has_client(&self, client_id: &str) -> bool {
        self.clients.contains(client_id)
    }

    fn has_application(&self, application: Application) -> bool {
        self.applications.contains(&application)
    }

    fn has_other_code(&self, account: AccountId, code: &str) -> bool {
        self.codes.get(code).is_some_and(|holders| holders.iter().any(|holder| *holder != account))
    }

    fn has_other_number(&self, account: AccountId, number: i32) -> bool {
        self.numbers.get(&number).is_some_and(|holders| holders.iter().any(|holder| *holder != account))
    }
}
