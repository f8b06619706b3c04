//! What is there, as the directory in memory knows it.

use vestibule_model::{AccountId, Application, ConnectionId, Identity, Population, User, UserId};

use super::neighbours::{Installation, Neighbours, Reference, Referring, ResourceKind};
use crate::directory::{AccountEntry, Directory};

impl Neighbours for AccountEntry {
    fn has(&self, reference: Reference) -> bool {
        match reference {
            Reference::Profile(id) => self.profile(id).is_some(),
            Reference::Group(id) => self.group(id).is_some(),
            Reference::Skill(id) => self.skill(id).is_some(),
            Reference::Connection(id) => self.connection(ConnectionId(id)).is_some(),
        }
    }

    fn parent(&self, group: i64) -> Option<i64> {
        self.group(group)?.parent
    }

    fn group_count(&self) -> usize {
        self.groups().len()
    }

    fn has_other_user(&self, id: UserId, population: Population, login_name: &str) -> bool {
        self.user_named(Some(population), login_name).is_some_and(|other| other.id != id)
    }

    fn has_other_named(&self, kind: ResourceKind, id: i64, name: &str) -> bool {
        names(self, kind).into_iter().any(|(other, other_name)| other != id && other_name == name)
    }

    fn others(&self, kind: ResourceKind, id: i64) -> usize {
        names(self, kind).into_iter().filter(|(other, _)| *other != id).count()
    }

    fn has_application(&self, public_id: &str) -> bool {
        self.api_key(public_id).is_some() || self.oauth_client(public_id).is_some()
    }

    fn has_other_application(&self, kind: ResourceKind, id: i64, public_id: &str) -> bool {
        let key = self.api_key(public_id).map(|usable| (ResourceKind::ApiKey, usable.key.id.0));
        let client = self.oauth_client(public_id).map(|client| (ResourceKind::OauthClient, client.id.0));
        key.into_iter().chain(client).any(|holder| holder != (kind, id))
    }

    fn has_other_identity(&self, id: UserId, identity: &Identity) -> bool {
        self.user_known_as(identity).is_some_and(|other| other.id != id)
    }

    fn referring(&self, to: Reference) -> Referring {
        let users = self.count_users(|user| refers(user, to));
        let Reference::Group(id) = to else { return Referring { users, groups: 0 } };
        let groups = self.groups().iter().filter(|group| group.parent == Some(id)).count();
        Referring { users, groups }
    }
}

/// Whether a user refers to something.
pub(super) fn refers(user: &User, to: Reference) -> bool {
    match to {
        Reference::Profile(id) => user.profiles.contains(&id),
        Reference::Group(id) => user.member_of == Some(id) || user.manager_of.contains(&id),
        Reference::Skill(id) => user.skills.contains(&id),
        Reference::Connection(id) => user.identities.iter().any(|identity| identity.connection.0 == id),
    }
}

/// Ids and names of everything of a kind.
fn names(account: &AccountEntry, kind: ResourceKind) -> Vec<(i64, &str)> {
    match kind {
        ResourceKind::Profile => {
            account.profiles().into_iter().map(|profile| (profile.id, profile.name.as_str())).collect()
        }
        ResourceKind::Group => account.groups().iter().map(|group| (group.id, group.name.as_str())).collect(),
        ResourceKind::Skill => account.skills().iter().map(|skill| (skill.id, skill.name.as_str())).collect(),
        ResourceKind::ApiKey => {
            account.api_keys().into_iter().map(|key| (key.id.0, key.name.as_str())).collect()
        }
        ResourceKind::OauthClient => {
            account.oauth_clients().into_iter().map(|client| (client.id.0, client.name.as_str())).collect()
        }
        ResourceKind::ApplicationToken => {
            account.application_tokens().into_iter().map(|token| (token.id.0, token.name.as_str())).collect()
        }
        ResourceKind::Connection => {
            let all = account.connections().into_iter().map(|usable| &usable.connection);
            all.map(|connection| (connection.id.0, connection.name.as_str())).collect()
        }
    }
}

impl Installation for Directory {
    fn has_account(&self, id: &str) -> bool {
        id.parse().is_ok_and(|id| self.account(id).is_some())
    }

    fn has_client(&self, client_id: &str) -> bool {
        self.has_oauth_client(client_id)
    }

    fn has_application(&self, application: Application) -> bool {
        let mut accounts = self.account_ids().into_iter().filter_map(|id| self.account(id));
        match application {
            Application::None => true,
            Application::ApiKey(id) => {
                accounts.any(|account| account.api_keys().into_iter().any(|key| key.id == id))
            }
            Application::OauthClient(id) => accounts.any(|account| account.oauth_client_of_id(id).is_some()),
            Application::Token(id) => accounts.any(|account| account.application_token_of_id(id).is_some()),
        }
    }

    fn has_other_code(&self, account: AccountId, code: &str) -> bool {
        self.account_with_code(code).is_some_and(|other| other != account)
    }

    fn has_other_number(&self, account: AccountId, number: i32) -> bool {
        self.account_with_number(number).is_some_and(|other| other != account)
    }
}
