//! Remembered answers.

use std::collections::BTreeMap;

use vestibule_model::{Generation, Millis, RememberedAnswer, SecretDigest, sealed_under};

use super::directory::refuse;
use crate::StoreError;

#[derive(Clone, Debug, Default)]
pub(super) struct Answers(BTreeMap<[u8; 32], RememberedAnswer>);

impl Answers {
    pub(super) fn get(&self, key: SecretDigest) -> Option<RememberedAnswer> {
        self.0.get(&key.tag).cloned()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &RememberedAnswer> {
        self.0.values()
    }

    pub(super) fn oldest(&self) -> Option<Millis> {
        self.0.values().map(|answer| answer.at).min()
    }

    pub(super) fn remember(
        &mut self,
        answer: RememberedAnswer,
        replaces_before: Millis,
    ) -> Result<(), StoreError> {
        if self.0.get(&answer.key.tag).is_some_and(|present| present.at >= replaces_before) {
            return refuse("there is an answer under this key already");
        }
        self.0.insert(answer.key.tag, answer);
        Ok(())
    }

    pub(super) fn forget_under(&mut self, generation: Generation) {
        self.0.retain(|_, answer| sealed_under(&answer.sealed) != Some(generation));
    }

    pub(super) fn forget(&mut self, before: Millis, limit: usize) {
        let old = self.0.values().filter(|answer| answer.at < before);
        let mut old: Vec<_> = old.map(|answer| (answer.at, answer.key.tag)).collect();
        old.sort_unstable();
        for (_, key) in old.into_iter().take(limit) {
            self.0.remove(&key);
        }
    }
}
