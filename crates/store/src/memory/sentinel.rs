//! What the sentinel keeps: the keys that it signs with, and how often refresh tokens were used.

use std::collections::BTreeMap;

use vestibule_model::{SessionId, SigningKey, SigningKeyId};

use super::directory::refuse;
use crate::{RefreshTokenUse, StoreError};

#[derive(Clone, Debug, Default)]
pub(super) struct Sentinel {
    pub(super) keys: BTreeMap<SigningKeyId, SigningKey>,
    rotations: BTreeMap<SessionId, RefreshTokenUse>,
}

impl Sentinel {
    pub(super) fn put_key(&mut self, key: SigningKey) -> Result<(), StoreError> {
        if self.keys.contains_key(&key.id) {
            return refuse("the id of the signing key is taken");
        }
        self.keys.insert(key.id, key);
        Ok(())
    }

    pub(super) fn delete_key(&mut self, key: SigningKeyId) -> Result<(), StoreError> {
        if self.keys.remove(&key).is_some() && self.keys.is_empty() {
            return refuse("there would be no signing key left: make another one first");
        }
        Ok(())
    }

    pub(super) fn reseal(&mut self, key: SigningKeyId, old: &[u8], new: Vec<u8>) {
        if let Some(key) = self.keys.get_mut(&key).filter(|key| key.sealed == old) {
            key.sealed = new;
        }
    }

    pub(super) fn rotation(&self, session: SessionId) -> Option<RefreshTokenUse> {
        self.rotations.get(&session).copied()
    }

    pub(super) fn has_rotated(&self, session: SessionId) -> bool {
        self.rotations.contains_key(&session)
    }

    /// The next rotation has to be the one behind the last.
    pub(super) fn rotate(&mut self, session: SessionId, next: RefreshTokenUse) -> Result<(), StoreError> {
        let count = self.rotations.get(&session).map_or(0, |last| last.count);
        if count.checked_add(1) != Some(next.count) {
            return Err(StoreError::AlreadyConsumed);
        }
        self.rotations.insert(session, next);
        Ok(())
    }

    pub(super) fn forget(&mut self, session: SessionId) {
        self.rotations.remove(&session);
    }
}
