//! Sealed secrets, sealed anew under the active generation of the master key, in the background.
//!
//! A step is one account's secrets in one commit, which names each seal as it was read: a secret that somebody changes in
//! between keeps what they made it. What is left is found by looking, so that a step that failed or a restart loses nothing.

use vestibule_model::sealed_under;
use vestibule_store::{Change, StoreError};

use crate::directory::{AccountEntry, SealedSecret, secrets_of_api_key, secrets_of_connection};
use crate::service::Auth;

/// How many holders' secrets are sealed anew between two looks at the rest of the background's work.
const STEP: usize = 200;

impl Auth {
    /// Seals some of the outdated secrets anew; answers how many holders still have one.
    pub async fn reseal(&self) -> Result<usize, StoreError> {
        let mut done = 0;
        for outdated in self.outdated_secrets() {
            if done >= STEP {
                break;
            }
            let turn = self.follower.turn().await;
            let changes: Vec<Change> = outdated.iter().flat_map(|secret| self.resealing(secret)).collect();
            if !changes.is_empty() {
                match self.store.commit(changes).await {
                    Ok(_) => {
                        let pending = self.follow_in(&turn).await?;
                        drop(turn);
                        self.signing_keys.follow().await?;
                        pending.end_all().await?;
                    }
                    // Another process has rotated the key: it is followed first.
                    Err(StoreError::DirectoryMoved) => break,
                    Err(error) => return Err(error),
                }
            }
            done += holders(&outdated);
        }
        Ok(self.outdated_seals())
    }

    /// What seals a secret anew.
    fn resealing(&self, secret: &SealedSecret) -> Vec<Change> {
        let SealedSecret { holder, column, sealed } = secret;
        match secret.sealed_anew(self.keys.sealer(), &*self.rng) {
            Ok(new) => {
                let expected = sealed_under(&new).map(Change::ExpectMasterKey);
                let reseal = Change::Reseal { holder: *holder, old: sealed.clone(), new };
                expected.into_iter().chain([reseal]).collect()
            }
            Err(error) => {
                tracing::error!(?holder, column, %error, "a secret cannot be sealed anew");
                Vec::new()
            }
        }
    }

    /// How many have a secret that is sealed under another generation than the active one, as far as is known here.
    pub fn outdated_seals(&self) -> usize {
        self.outdated_secrets().map(|secrets| holders(&secrets)).sum()
    }

    /// The outdated secrets, those of an account together; those of a holder stand beside each other.
    fn outdated_secrets(&self) -> impl Iterator<Item = Vec<SealedSecret>> {
        let accounts = self.directory.account_ids().into_iter();
        let entries = accounts.filter_map(|account| self.directory.account(account));
        let in_accounts = entries.map(|entry| self.outdated_in(&entry));
        let keys = self.signing_keys.secrets().into_iter();
        let keys = keys.filter(|secret| self.keys.sealer().is_outdated(&secret.sealed)).collect();
        in_accounts.chain([keys]).filter(|outdated| !outdated.is_empty())
    }

    fn outdated_in(&self, entry: &AccountEntry) -> Vec<SealedSecret> {
        let keys = entry.api_keys().into_iter();
        let of_keys = keys.flat_map(|key| secrets_of_api_key(entry.account.id, key));
        let connections = entry.connections().into_iter();
        let of_connections =
            connections.flat_map(|usable| secrets_of_connection(entry.account.id, &usable.connection));
        let of_users = entry.second_factors().into_iter();
        of_keys
            .chain(of_connections)
            .chain(of_users)
            .filter(|secret| self.keys.sealer().is_outdated(&secret.sealed))
            .collect()
    }
}

fn holders(secrets: &[SealedSecret]) -> usize {
    secrets.chunk_by(|one, next| one.holder == next.holder).count()
}
