//! Secrets of API keys, sealed anew under the active generation of the master key, in the background.
//!
//! A step is one account's keys in one commit, which names each seal as it was read: a key that somebody changes in between
//! keeps what they made it. What is left is found by looking, so that a step that failed or a restart loses nothing.

use std::sync::Arc;

use vestibule_model::{AccountId, ApiKey, ApplicationId, sealed_under};
use vestibule_store::{Change, StoreError};

use crate::directory::{AccountEntry, Resealed, resealed};
use crate::service::Auth;

/// How many API keys are sealed anew between two looks at the rest of the background's work.
const STEP: usize = 200;

impl Auth {
    /// Seals some of the outdated secrets anew; answers how many API keys still have one.
    pub async fn reseal(&self) -> Result<usize, StoreError> {
        let mut done = 0;
        for (entry, keys) in self.outdated_keys() {
            if done >= STEP {
                break;
            }
            let turn = self.follower.turn().await;
            let changes: Vec<Change> =
                keys.iter().flat_map(|key| self.resealing(entry.account.id, key)).collect();
            if !changes.is_empty() {
                match self.store.commit(changes).await {
                    Ok(_) => {
                        let pending = self.follow_in(&turn).await?;
                        drop(turn);
                        pending.end_all().await?;
                    }
                    // Another process has rotated the key: it is followed first.
                    Err(StoreError::DirectoryMoved) => break,
                    Err(error) => return Err(error),
                }
            }
            done += keys.len();
        }
        Ok(self.outdated_seals())
    }

    /// What seals the secrets of a key anew.
    fn resealing(&self, account: AccountId, key: &ApiKey) -> Vec<Change> {
        let id: ApplicationId = key.id;
        let sealed = resealed(self.keys.sealer(), &*self.rng, key);
        match sealed {
            Ok(sealed) => {
                let changes = |Resealed { old, new }| {
                    let expected = sealed_under(&new).map(Change::ExpectMasterKey);
                    expected.into_iter().chain([Change::Reseal { account, key: id, old, new }])
                };
                sealed.into_iter().flat_map(changes).collect()
            }
            Err(error) => {
                tracing::error!(%account, key = %id, %error, "the secrets of an API key cannot be sealed anew");
                Vec::new()
            }
        }
    }

    /// The API keys with an outdated secret, by account.
    pub(crate) fn outdated_keys(&self) -> impl Iterator<Item = (Arc<AccountEntry>, Vec<ApiKey>)> {
        let accounts = self.directory.account_ids().into_iter();
        let entries = accounts.filter_map(|account| self.directory.account(account));
        entries.filter_map(|entry| {
            let is_outdated =
                |key: &&ApiKey| key.seals().any(|sealed| self.keys.sealer().is_outdated(sealed));
            let keys: Vec<ApiKey> = entry.api_keys().into_iter().filter(is_outdated).cloned().collect();
            (!keys.is_empty()).then_some((entry, keys))
        })
    }
}
