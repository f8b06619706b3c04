//! Values that count once, and were consumed.

use std::collections::BTreeMap;

use vestibule_model::Millis;

use crate::StoreError;

/// When each expires.
#[derive(Clone, Debug, Default)]
pub(super) struct Consumed(BTreeMap<[u8; 32], Millis>);

impl Consumed {
    pub(super) fn consume(&mut self, value: [u8; 32], expires: Millis) -> Result<(), StoreError> {
        if self.has(&value) {
            return Err(StoreError::AlreadyConsumed);
        }
        self.0.insert(value, expires);
        Ok(())
    }

    pub(super) fn has(&self, value: &[u8; 32]) -> bool {
        self.0.contains_key(value)
    }

    pub(super) fn forget(&mut self, before: Millis, limit: usize) {
        let mut expired: Vec<(Millis, [u8; 32])> = self.0.iter().map(|(value, at)| (*at, *value)).collect();
        expired.retain(|(at, _)| *at < before);
        expired.sort_unstable();
        for (_, value) in expired.into_iter().take(limit) {
            self.0.remove(&value);
        }
    }
}
