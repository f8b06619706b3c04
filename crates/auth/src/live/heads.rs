//! The first session of each list of one kind: four bytes for each list, the key is read from the session itself.

use std::hash::{BuildHasher as _, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::entry::Entry;
use super::slab::{Slab, Slot};

pub(crate) struct Heads<H, K> {
    first: HashTable<Slot>,
    key: fn(&Entry<H>) -> K,
    hasher: RandomState,
}

impl<H, K: Hash + Eq> Heads<H, K> {
    /// Of lists whose sessions have the same `key`.
    pub(crate) fn by(key: fn(&Entry<H>) -> K) -> Self {
        Self { first: HashTable::new(), key, hasher: RandomState::default() }
    }

    /// The first session of the list of this key.
    pub(crate) fn first(&self, sessions: &Slab<Entry<H>>, key: &K) -> Option<Slot> {
        let same = |slot: &Slot| sessions.get(*slot).is_some_and(|entry| (self.key)(entry) == *key);
        self.first.find(self.hasher.hash_one(key), same).copied()
    }

    /// From now on this is the first of its list.
    pub(crate) fn set(&mut self, sessions: &Slab<Entry<H>>, slot: Slot) {
        let Some(key) = sessions.get(slot).map(self.key) else { return };
        let hash = self.hasher.hash_one(&key);
        let same = |slot: &Slot| sessions.get(*slot).is_some_and(|entry| (self.key)(entry) == key);
        if let Some(first) = self.first.find_mut(hash, same) {
            *first = slot;
            return;
        }
        let hash_of =
            |slot: &Slot| sessions.get(*slot).map_or(0, |entry| self.hasher.hash_one((self.key)(entry)));
        self.first.insert_unique(hash, slot, hash_of);
    }

    /// This one is about to leave; `next` is the first of its list afterwards, if it was the first and there is another.
    pub(crate) fn leave(&mut self, sessions: &Slab<Entry<H>>, slot: Slot, next: Option<Slot>) {
        let Some(hash) = sessions.get(slot).map(|entry| self.hasher.hash_one((self.key)(entry))) else {
            return;
        };
        let Ok(mut found) = self.first.find_entry(hash, |first| *first == slot) else { return };
        match next {
            Some(next) => *found.get_mut() = next,
            None => drop(found.remove()),
        }
    }
}
