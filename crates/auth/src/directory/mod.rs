//! The directory in memory: every account, found by id without the store.
//!
//! A change of a user is made inside the account's entry; of anything else, it puts another entry in its place, with the same
//! users. Whoever keeps a user's entry, as sessions do, is told by the entry itself that it has been replaced.

mod account;
mod costs;
mod facts;
mod grants;
mod keys;
mod overlaps;
mod user;
mod users;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::RandomState;
use vestibule_model::{AccountId, Millis};

pub use account::AccountEntry;
pub(crate) use costs::{Cost, Costs};
pub use facts::AccountFacts;
pub use grants::Grants;
pub use keys::{KnownValues, NamedValues, open_api_key, seal_api_key};
pub(crate) use keys::{Resealed, UsableApiKey, resealed};
pub use user::UserEntry;

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

    /// The id of the account with this client number.
    pub(crate) fn account_with_number(&self, number: i32) -> Option<AccountId> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().find(|entry| entry.account.number == number).map(|entry| entry.account.id)
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

    /// Puts an account in the place of what was there, which is given back. The entries of its users are replaced.
    pub(crate) fn put(&self, entry: AccountEntry) -> Option<Arc<AccountEntry>> {
        let before = self.insert(entry);
        // Now that whoever asks finds the new ones.
        if let Some(before) = &before {
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
        self.accounts.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(entry))
    }

    /// Takes an account out of the directory, which is given back.
    pub(crate) fn remove(&self, id: AccountId) -> Option<Arc<AccountEntry>> {
        self.by_code.write().unwrap_or_else(PoisonError::into_inner).retain(|_, other| *other != id);
        let before = self.accounts.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let Some(before) = &before {
            before.replace_users();
        }
        before
    }
}
