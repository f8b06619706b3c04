//! Deleting what is in the directory. Ids of users, applications and connections are never given again.

use std::collections::BTreeMap;

use vestibule_model::{AccountId, ApplicationId, ConnectionId, UserId};

use super::directory::{Directory, Retired};

impl Directory {
    /// Answers whether it was there, and its users.
    pub(super) fn delete_account(&mut self, account: AccountId) -> Option<Vec<UserId>> {
        self.accounts.remove(&account)?;
        self.profiles.retain(|(owner, _), _| *owner != account);
        self.groups.retain(|(owner, _), _| *owner != account);
        self.skills.retain(|(owner, _), _| *owner != account);
        let users: Vec<UserId> =
            self.users.values().filter(|user| user.account == account).map(|user| user.id).collect();
        for user in &users {
            self.delete_user(*user);
        }
        take_owned(&mut self.api_keys, account, &mut self.retired.api_keys);
        take_owned(&mut self.oauth_clients, account, &mut self.retired.oauth_clients);
        take_owned(&mut self.application_tokens, account, &mut self.retired.application_tokens);
        take_owned(&mut self.connections, account, &mut self.retired.connections);
        Some(users)
    }

    /// Answers the user's account.
    pub(super) fn delete_user(&mut self, user: UserId) -> Option<AccountId> {
        let user = self.users.remove(&user)?;
        self.retired.users.insert(user.id);
        Some(user.account)
    }

    /// Answers whether it was there; so do those that follow.
    pub(super) fn delete_profile(&mut self, account: AccountId, id: i64) -> bool {
        self.profiles.remove(&(account, id)).is_some()
    }

    pub(super) fn delete_group(&mut self, account: AccountId, id: i64) -> bool {
        self.groups.remove(&(account, id)).is_some()
    }

    pub(super) fn delete_skill(&mut self, account: AccountId, id: i64) -> bool {
        self.skills.remove(&(account, id)).is_some()
    }

    pub(super) fn delete_api_key(&mut self, account: AccountId, id: ApplicationId) -> bool {
        take_one(&mut self.api_keys, account, id, &mut self.retired.api_keys)
    }

    pub(super) fn delete_oauth_client(&mut self, account: AccountId, id: ApplicationId) -> bool {
        take_one(&mut self.oauth_clients, account, id, &mut self.retired.oauth_clients)
    }

    pub(super) fn delete_application_token(&mut self, account: AccountId, id: ApplicationId) -> bool {
        take_one(&mut self.application_tokens, account, id, &mut self.retired.application_tokens)
    }

    pub(super) fn delete_connection(&mut self, account: AccountId, id: ConnectionId) -> bool {
        take_one(&mut self.connections, account, id, &mut self.retired.connections)
    }
}

type Owned<K, T> = BTreeMap<K, (AccountId, T)>;

fn take_one<K: Ord + Copy, T>(
    rows: &mut Owned<K, T>,
    account: AccountId,
    id: K,
    retired: &mut Retired<K>,
) -> bool {
    let is_there = rows.get(&id).is_some_and(|(owner, _)| *owner == account);
    if is_there {
        rows.remove(&id);
        retired.insert(id);
    }
    is_there
}

fn take_owned<K: Ord + Copy, T>(rows: &mut Owned<K, T>, account: AccountId, retired: &mut Retired<K>) {
    rows.retain(|id, (owner, _)| {
        let stays = *owner != account;
        if !stays {
            retired.insert(*id);
        }
        stays
    });
}
