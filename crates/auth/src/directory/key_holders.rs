//! Which accounts have an API key of a consumer key: signed requests name nothing else, and consumer keys are unique within an
//! account alone.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use foldhash::fast::RandomState;
use vestibule_model::AccountId;

use super::facts::AccountFacts;

/// By consumer key.
#[derive(Default)]
pub(super) struct KeyHolders(RwLock<HashMap<String, Vec<AccountId>, RandomState>>);

impl KeyHolders {
    /// The accounts that have one.
    pub(super) fn of(&self, consumer_key: &str) -> Vec<AccountId> {
        let holders = self.0.read().unwrap_or_else(PoisonError::into_inner);
        holders.get(consumer_key).cloned().unwrap_or_default()
    }

    /// An account has other facts, or is new or gone.
    pub(super) fn note(&self, id: AccountId, before: Option<&AccountFacts>, after: Option<&AccountFacts>) {
        if let (Some(before), Some(after)) = (before, after)
            && before.shares_api_keys(after)
        {
            return;
        }
        let has = |facts: Option<&AccountFacts>, key: &str| facts.is_some_and(|it| it.api_key(key).is_some());
        let keys = |facts: Option<&AccountFacts>| -> Vec<String> {
            facts.into_iter().flat_map(|it| it.all_api_keys().map(|key| key.app_key.clone())).collect()
        };
        let gone: Vec<String> = keys(before).into_iter().filter(|key| !has(after, key)).collect();
        let new: Vec<String> = keys(after).into_iter().filter(|key| !has(before, key)).collect();
        let mut holders = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for key in gone {
            if let Some(of_key) = holders.get_mut(&key) {
                of_key.retain(|holder| *holder != id);
                if of_key.is_empty() {
                    holders.remove(&key);
                }
            }
        }
        for key in new {
            holders.entry(key).or_default().push(id);
        }
    }
}
