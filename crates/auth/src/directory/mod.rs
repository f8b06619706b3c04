//! The directory in memory: every account, found by id without the store.
//!
//! A change of a user is made inside the account's entry; of anything else, it puts another entry in its place, with the same
//! users. Whoever keeps a user's entry, as sessions do, is told by the entry itself that it has been replaced.

mod account;
mod connections;
mod costs;
mod facts;
mod grants;
mod holders;
mod keys;
mod names;
mod overlaps;
mod sealed;
mod standing;
mod user;
mod users;

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::RandomState;
use vestibule_model::{AccountId, GatewayRule, Millis, UserId};

pub use account::AccountEntry;
pub(crate) use connections::secrets_of_connection;
pub use connections::{
    ServiceAddresses, UsableConnection, UsableOidc, check_connection, open_connection_secret, renew_own_key,
    seal_connection_secret,
};
pub(crate) use costs::{Cost, Costs};
pub use facts::AccountFacts;
pub use grants::Grants;
pub use keys::{KnownValues, NamedValues, check_api_key, open_api_key, seal_api_key};
pub(crate) use keys::{UsableApiKey, secrets_of_api_key};
pub(crate) use sealed::{SECOND_FACTOR_COLUMN, SealedSecret, USERS_TABLE};
pub use user::UserEntry;

use crate::gateway::Rules;
use holders::Holders;

/// A user of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountUser {
    /// In which account.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
}

/// Every account, and the rules of the gate.
#[derive(Default)]
pub struct Directory {
    accounts: RwLock<HashMap<AccountId, Arc<AccountEntry>, RandomState>>,
    by_code: RwLock<HashMap<String, AccountId, RandomState>>,
    by_consumer_key: Holders,
    by_client_id: Holders,
    rules: RwLock<Rules>,
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

    /// The id of the account with this client number.
    pub(crate) fn account_with_number(&self, number: i32) -> Option<AccountId> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().find(|entry| entry.account.number == number).map(|entry| entry.account.id)
    }

    /// Whether an account has an OAuth client of this id.
    pub(crate) fn has_oauth_client(&self, client_id: &str) -> bool {
        !self.accounts_with_oauth_client(client_id).is_empty()
    }

    /// The accounts that have an OAuth client of this id, which is unique within an account alone; in the order of their ids.
    pub(crate) fn accounts_with_oauth_client(&self, client_id: &str) -> Vec<AccountId> {
        self.by_client_id.of(client_id)
    }

    /// The highest client number; None: there is no account.
    pub(crate) fn highest_number(&self) -> Option<i32> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().map(|entry| entry.account.number).max()
    }

    /// The ids of all accounts, in no order.
    pub(crate) fn account_ids(&self) -> Vec<AccountId> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// The accounts in which an overlap of secrets is over at `now`, in no order.
    pub(crate) fn with_ended_overlap(&self, now: Millis) -> Vec<AccountId> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        let is_over = |entry: &&Arc<AccountEntry>| entry.overlaps.iter().any(|overlap| overlap.is_over(now));
        accounts.values().filter(is_over).map(|entry| entry.account.id).collect()
    }

    /// What `work` makes of the rules of the gate.
    pub(crate) fn with_rules<R>(&self, work: impl FnOnce(&Rules) -> R) -> R {
        work(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts these in the place of all rules of the gate.
    pub(crate) fn put_rules(&self, rules: Vec<GatewayRule>) {
        // Compiled before anybody waits, and those of before dropped after.
        let rules = Rules::new(rules);
        let before = mem::replace(&mut *self.rules.write().unwrap_or_else(PoisonError::into_inner), rules);
        drop(before);
    }

    /// Puts an account in the place of what was there, which is given back. The entries of its users are replaced.
    pub(crate) fn put(&self, entry: AccountEntry) -> Option<Arc<AccountEntry>> {
        let before = self.insert(entry);
        // Now that whoever asks finds the new ones. The facts too: whoever holds the account as it was may be making a user's
        // entry anew upon them at this moment.
        if let Some(before) = &before {
            before.replace_facts();
            before.replace_users();
        }
        before
    }

    /// Puts an account in the place of what was there, with the same users.
    pub(crate) fn put_facts(&self, entry: AccountEntry) {
        if let Some(before) = self.insert(entry) {
            before.replace_facts();
        }
    }

    fn insert(&self, entry: AccountEntry) -> Option<Arc<AccountEntry>> {
        let (id, code) = (entry.account.id, entry.account.code.clone());
        let mut by_code = self.by_code.write().unwrap_or_else(PoisonError::into_inner);
        if by_code.get(&code) != Some(&id) {
            by_code.retain(|_, other| *other != id);
            by_code.insert(code, id);
        }
        drop(by_code);
        self.by_consumer_key.put(id, entry.consumer_keys());
        self.by_client_id.put(id, entry.client_ids());
        self.accounts.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(entry))
    }

    /// Takes an account out of the directory, which is given back.
    pub(crate) fn remove(&self, id: AccountId) -> Option<Arc<AccountEntry>> {
        self.by_code.write().unwrap_or_else(PoisonError::into_inner).retain(|_, other| *other != id);
        self.by_consumer_key.put(id, std::iter::empty());
        self.by_client_id.put(id, std::iter::empty());
        let before = self.accounts.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let Some(before) = &before {
            before.replace_facts();
            before.replace_users();
        }
        before
    }

    /// The accounts that have an API key of this consumer key, in the order of their ids.
    pub(crate) fn with_api_key(&self, consumer_key: &str) -> Vec<Arc<AccountEntry>> {
        let holders = self.by_consumer_key.of(consumer_key);
        let found = holders.into_iter().filter_map(|id| self.account(id));
        found.filter(|entry| entry.api_key(consumer_key).is_some()).collect()
    }
}

#[cfg(test)]
mod tests {
    use vestibule_crypto::{KeyRing, OsRng};
    use vestibule_model::{Connection, ConnectionId, Identity};
    use vestibule_store::{AccountRows, Part, PartRow, Sequence};

    use super::*;

    fn tools() -> (vestibule_crypto::Sealer, Arc<Costs>) {
        let text = format!("1:{}", "0f".repeat(32));
        let ring = KeyRing::new(&vestibule_crypto::MasterKeys::from_text(&text).unwrap());
        (vestibule_crypto::Sealer::derive(&ring), Arc::new(Costs::new(Arc::new(OsRng))))
    }

    fn rows() -> AccountRows {
        let id: AccountId = "a".parse().unwrap();
        let mut rows = AccountRows::empty(crate::new_account(id, None));
        let mut user = crate::new_user(UserId(7), id, uuid::Uuid::nil());
        user.login_name = "u".into();
        rows.users.push(user);
        rows
    }

    /// A directory whose account has changed since its user's entry was made.
    fn changed() -> Directory {
        let (sealer, costs) = tools();
        let directory = Directory::default();
        directory.put(AccountEntry::build(rows(), Sequence(1), &sealer, &costs).unwrap());
        let before = directory.account("a".parse().unwrap()).unwrap();
        let account = Box::new(rows().account);
        let after = before
            .with(vec![(Part::Account, Some(PartRow::Account(account)))], Sequence(2), &sealer)
            .unwrap();
        directory.put_facts(after);
        directory
    }

    #[test]
    fn whoever_held_the_account_while_it_was_read_as_a_whole_is_told() {
        let directory = changed();
        let held = directory.account("a".parse().unwrap()).unwrap();
        let (sealer, costs) = tools();
        directory.put(AccountEntry::build(rows(), Sequence(3), &sealer, &costs).unwrap());
        assert!(held.user(UserId(7)).unwrap().is_replaced());
    }

    #[test]
    fn whoever_held_the_account_while_it_was_deleted_is_told() {
        let directory = changed();
        let held = directory.account("a".parse().unwrap()).unwrap();
        directory.remove("a".parse().unwrap());
        assert!(held.user(UserId(7)).unwrap().is_replaced());
    }

    #[test]
    fn a_number_that_changes_hands_is_still_known() {
        let (sealer, costs) = tools();
        let mut all = rows();
        all.users[0].id = UserId(9);
        all.users[0].number = 5;
        let entry = AccountEntry::build(all, Sequence(1), &sealer, &costs).unwrap();
        let mut other = crate::new_user(UserId(3), "a".parse().unwrap(), uuid::Uuid::nil());
        other.login_name = "v".into();
        other.number = 5;
        entry.put_user(other);
        entry.remove_user(UserId(9));
        assert_eq!(entry.highest_user_number(), Some(5));
    }

    #[test]
    fn an_identity_that_changes_hands_is_found() {
        let known = |subject: &str| Identity { connection: ConnectionId(1), subject: subject.into() };
        let (sealer, costs) = tools();
        let mut all = rows();
        all.users[0].identities = vec![known("p"), known("q")];
        let entry = AccountEntry::build(all, Sequence(1), &sealer, &costs).unwrap();
        let mut other = crate::new_user(UserId(3), "a".parse().unwrap(), uuid::Uuid::nil());
        (other.login_name, other.number) = ("v".into(), 5);
        other.identities = vec![known("q")];
        entry.put_user(other);
        let mut first = rows().users.remove(0);
        first.identities = vec![known("p")];
        entry.put_user(first);
        let found = ["p", "q", "r"].map(|subject| entry.user_known_as(&known(subject)).map(|user| user.id.0));
        assert_eq!(found, [Some(7), Some(3), None]);
        entry.remove_user(UserId(7));
        assert!(entry.user_known_as(&known("p")).is_none());
    }

    /// A connection that speaks OpenID Connect, with a client secret.
    fn connection(sealer: &vestibule_crypto::Sealer) -> Connection {
        let mut connection = vestibule_store::conformance::samples::oidc_connection(5);
        for (which, sealed) in connection.seals_mut() {
            *sealed = seal_connection_secret(sealer, &OsRng, ConnectionId(5), which, b"s3cret");
        }
        connection
    }

    #[test]
    fn a_connection_is_found_by_name_with_its_secret_opened() {
        let (sealer, costs) = tools();
        let mut all = rows();
        all.connections.push(connection(&sealer));
        let entry = AccountEntry::build(all, Sequence(1), &sealer, &costs).unwrap();
        let usable = entry.connection_named("okta-5").unwrap();
        let shown = usable.oidc().unwrap().authentication();
        assert!(matches!(shown, vestibule_oidc::ClientAuthentication::Post("s3cret")));
        let named = Connection { name: "other".into(), ..connection(&sealer) };
        let parts = vec![(Part::Connection(ConnectionId(5)), Some(PartRow::Connection(named.into())))];
        let after = entry.with(parts, Sequence(2), &sealer).unwrap();
        assert!(after.connection_named("okta-5").is_none() && after.connection_named("other").is_some());
        let after =
            after.with(vec![(Part::Connection(ConnectionId(5)), None)], Sequence(3), &sealer).unwrap();
        assert!(after.connections().is_empty());
    }

    #[test]
    fn a_secret_of_a_connection_opens_in_its_place_alone() {
        let (sealer, costs) = tools();
        let mut all = rows();
        all.connections.push(Connection { id: ConnectionId(6), ..connection(&sealer) });
        assert!(AccountEntry::build(all, Sequence(1), &sealer, &costs).is_err());
    }

    fn token(id: i64, tag: u8) -> vestibule_model::ApplicationToken {
        vestibule_model::ApplicationToken {
            id: vestibule_model::ApplicationId(id),
            name: format!("t{id}"),
            token: vestibule_model::SecretDigest {
                generation: vestibule_model::Generation::new(1).unwrap(),
                tag: [tag; 32],
            },
            secret_version: vestibule_model::SecretVersion::default(),
            superseded: None,
            enabled: true,
            last_used: None,
            requests: 0,
        }
    }

    #[test]
    fn a_token_that_changes_hands_is_found() {
        let (sealer, costs) = tools();
        let mut all = rows();
        all.application_tokens.push(token(9, 1));
        let entry = AccountEntry::build(all, Sequence(1), &sealer, &costs).unwrap();
        let (old, new) = (token(9, 1), token(3, 1));
        let parts = vec![
            (Part::ApplicationToken(new.id), Some(PartRow::ApplicationToken(new.clone().into()))),
            (Part::ApplicationToken(old.id), None),
        ];
        let after = entry.with(parts, Sequence(2), &sealer).unwrap();
        assert!(after.application_token(&new.token).is_some());
    }

    #[test]
    fn a_user_who_is_looked_up_has_their_present_rank() {
        use vestibule_model::{Profile, Rank, RoleType};
        let (sealer, costs) = tools();
        let mut all = rows();
        let profile =
            |rank| Profile { id: 1, name: "p".into(), role: RoleType::Agent, rank, permissions: vec![] };
        all.profiles.push(profile(Some(Rank::Agent)));
        all.users[0].profiles = vec![1];
        let entry = AccountEntry::build(all, Sequence(1), &sealer, &costs).unwrap();
        let parts = vec![(Part::Profile(1), Some(PartRow::Profile(profile(Some(Rank::SysAdmin)))))];
        let after = entry.with(parts, Sequence(2), &sealer).unwrap();
        assert_eq!(after.user(UserId(7)).unwrap().grants().rank, Rank::SysAdmin);
    }
}
