//! The keys that tokens are signed with, as owners rotate them.

use vestibule_model::{SigningKey, SigningKeyId};
use vestibule_store::Change;

use super::audited_write::{AuditDetails, AuditedWrite};
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::signing_keys::expected_master_key;

/// A key that tokens are signed with, for operators.
#[derive(Clone, Debug)]
pub struct ListedSigningKey {
    /// What is known of it.
    pub key: SigningKey,
    /// Whether it signs now.
    pub signs: bool,
}

impl Administration<'_> {
    /// Every key that is published, by id.
    pub async fn signing_keys(&self, caller: &Caller) -> Result<Vec<ListedSigningKey>, AdministrationError> {
        caller.require(Scope::ReadInstallation)?;
        // At the first start it may not be there yet.
        self.auth.signing_keys.ensure(caller.now).await?;
        let keys = self.auth.store.signing_keys().await?;
        let signing = SigningKey::signing(&keys, caller.now).map(|key| key.id);
        let listed = |key: SigningKey| ListedSigningKey { signs: Some(key.id) == signing, key };
        Ok(keys.into_iter().map(listed).collect())
    }

    /// Makes the next key: published at once, and used in an hour, when whoever keeps the key set has seen it. The key before it
    /// is published until the last token that it signed is over.
    pub async fn rotate_signing_key(
        &self,
        caller: &Caller,
        idempotency: Idempotency<'_, ListedSigningKey>,
    ) -> Result<ListedSigningKey, AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        let now = caller.now;
        self.auth.signing_keys.ensure(now).await?;
        let key = self.auth.signing_keys.make_next(now).await?;
        let mut written =
            AuditedWrite::one(Change::PutSigningKey(key.clone().into()), AuditDetails::made(&key));
        written.changes.splice(0..0, expected_master_key(&key));
        let made = ListedSigningKey { key, signs: false };
        let written = written.remembered_under(self, caller, &idempotency, &made);
        self.write(caller, written).await?;
        self.auth.signing_keys.follow().await?;
        Ok(made)
    }

    /// Deletes a key that somebody else may have: its tokens are refused by whoever reads the key set from here on. The last one
    /// stays; of two the other signs at once.
    pub async fn delete_signing_key(
        &self,
        caller: &Caller,
        id: SigningKeyId,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        let keys = self.auth.store.signing_keys().await?;
        let key = keys.iter().find(|key| key.id == id);
        let key = key.ok_or(AdministrationError::NotFound("signing key"))?;
        self.write(caller, AuditedWrite::one(Change::DeleteSigningKey(id), AuditDetails::deleted(key)))
            .await?;
        Ok(self.auth.signing_keys.follow().await?)
    }
}
