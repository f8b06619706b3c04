//! Digests of secrets, made anew under the active generation of the master key when the secret is shown: nothing else has it.
//!
//! This comes after the answer and may fail: the old digest works until its generation is retired, which waits for it.

use std::collections::HashSet;
use std::error::Error as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::Instrument;
use vestibule_model::SecretDigest;
use vestibule_store::{Change, DigestHolder, DigestKind, StoreError};

use crate::service::Auth;

/// The digests that are being made anew: a token that is shown a thousand times a second is so once.
#[derive(Default)]
pub(crate) struct UnderRedoing(Mutex<HashSet<SecretDigest>>);

impl UnderRedoing {
    fn digests(&self) -> MutexGuard<'_, HashSet<SecretDigest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Auth {
    /// The secret of `old` was shown by its holder: its digest is made anew if it is outdated.
    pub(crate) fn redo_digest(
        self: &Arc<Self>,
        kind: DigestKind,
        id: i64,
        account: Option<vestibule_model::AccountId>,
        old: SecretDigest,
        secret: &[u8],
    ) {
        if !self.keys.secrets().is_outdated(&old) || !self.keys.redoing.digests().insert(old) {
            return;
        }
        let holder = DigestHolder { kind, id, account, name: String::new() };
        let (auth, new) = (Arc::clone(self), self.keys.secrets().digest(secret));
        let redone = async move {
            if let Err(error) = auth.store_digest(holder, old, new).await {
                let cause = error.source().map(tracing::field::display);
                tracing::warn!(%error, cause, "the digest of a secret is not made anew yet: it is at its next use");
            }
            auth.keys.redoing.digests().remove(&old);
        };
        tokio::spawn(redone.in_current_span());
    }

    /// In its turn, so that nobody who read the old digest writes it back.
    async fn store_digest(
        &self,
        holder: DigestHolder,
        old: SecretDigest,
        new: SecretDigest,
    ) -> Result<(), StoreError> {
        let is_in_directory = holder.account.is_some();
        // Nothing is made under a generation that another process has replaced meanwhile.
        let change = vec![Change::ExpectMasterKey(new.generation), Change::RedoDigest { holder, old, new }];
        if is_in_directory {
            let pending = {
                let turn = self.follower.turn().await;
                self.store.commit(change).await?;
                self.follow_in(&turn).await?
            };
            return pending.end_all().await;
        }
        let _turn = self.administration.lock_administrators().await;
        self.store.commit(change).await.map(drop)
    }
}
