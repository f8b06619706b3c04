//! From a name to the place of a session: sharded, eight bytes for each name.
//!
//! An item holds the place and some bits of the name's hash; whether the session there has the name is asked of the
//! session itself. Names are hashed under a key of this process.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use super::slab::Slot;
use super::{SHARD_BITS, SHARDS, SlotAddress, lock};
use crate::sync::Mutex;

/// Names are 16 bytes: ids and LiveVox lookups.
pub(crate) type Name = [u8; 16];

/// The bits of a hash that an item keeps.
const TAG_BITS: u32 = 64 - SHARD_BITS - Slot::BITS;

/// For an item whose tag alone is wanted.
const NOWHERE: SlotAddress = SlotAddress { shard: 0, slot: 0 };

/// An index of one kind of name.
pub(crate) struct Index {
    shards: Box<[Mutex<HashTable<Item>>]>,
    hasher: RandomState,
}

/// Tag, shard and slot, from the highest bit to the lowest.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Item(u64);

impl Item {
    fn new(hash: u64, place: SlotAddress) -> Self {
        let tag = hash >> (u64::BITS - TAG_BITS);
        let shard = u64::from(place.shard) << Slot::BITS;
        Self(tag << (SHARD_BITS + Slot::BITS) | shard | u64::from(place.slot))
    }

    fn tag(self) -> u64 {
        self.0 >> (SHARD_BITS + Slot::BITS)
    }

    fn place(self) -> SlotAddress {
        let shard = (self.0 >> Slot::BITS) & (u64::from(SHARDS) - 1);
        SlotAddress {
            shard: u16::try_from(shard).unwrap_or_default(),
            slot: Slot::try_from(self.0 & u64::from(Slot::MAX)).unwrap_or_default(),
        }
    }

    /// A hash for the shard's own table, which looks at the lowest bits and at the seven highest.
    fn hash(self) -> u64 {
        self.tag() << (u64::BITS - TAG_BITS) | self.tag()
    }
}

impl Index {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(HashTable::new())).collect();
        Self { shards, hasher: RandomState::default() }
    }

    pub(crate) fn insert(&self, name: &Name, place: SlotAddress) {
        self.insert_unless(name, |_| false, || place);
    }

    /// Inserts the place that `make` answers, unless `is_named` says of a place that it has the name. The shard of the
    /// index is locked all the while. Answers whether it was inserted.
    pub(crate) fn insert_unless(
        &self,
        name: &Name,
        mut is_named: impl FnMut(SlotAddress) -> bool,
        make: impl FnOnce() -> SlotAddress,
    ) -> bool {
        let (shard, hash) = self.shard(name);
        let sought = Item::new(hash, NOWHERE);
        let mut table = lock(shard);
        let same = |item: &Item| item.tag() == sought.tag() && is_named(item.place());
        if table.find(sought.hash(), same).is_some() {
            return false;
        }
        let item = Item::new(hash, make());
        table.insert_unique(item.hash(), item, |item| item.hash());
        true
    }

    pub(crate) fn remove(&self, name: &Name, place: SlotAddress) {
        let (shard, hash) = self.shard(name);
        let item = Item::new(hash, place);
        let mut table = lock(shard);
        if let Ok(found) = table.find_entry(item.hash(), |other| *other == item) {
            found.remove();
        }
    }

    /// Asks `is_named` of every place that may be meant, until it says that one is. Meanwhile the shard of the index is
    /// locked, so a session under this name neither comes nor is forgotten.
    pub(crate) fn find(&self, name: &Name, mut is_named: impl FnMut(SlotAddress) -> bool) {
        let (shard, hash) = self.shard(name);
        let sought = Item::new(hash, NOWHERE);
        let same = |item: &Item| item.tag() == sought.tag() && is_named(item.place());
        let _ = lock(shard).find(sought.hash(), same);
    }

    fn shard(&self, name: &Name) -> (&Mutex<HashTable<Item>>, u64) {
        let hash = self.hasher.hash_one(name);
        (&self.shards[shard_of(hash)], hash)
    }
}

/// Which shard, by bits that the tag does not have. The first shards get three quarters of the mean, the last ones one and a
/// half: tables that grow by doubling do not all double at the same number of sessions, so that at none are all of them half
/// empty, or all of them moved.
fn shard_of(hash: u64) -> usize {
    const ONE: u64 = 1 << 30;
    let even = hash % ONE;
    // x (4 - x) / 3, which has a slope of 4/3 at 0 and of 2/3 at 1.
    let uneven = even * (4 * ONE - even) / (3 * ONE);
    usize::try_from(uneven >> (30 - SHARD_BITS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_shard_has_twice_what_the_emptiest_has() {
        let mut counts = vec![0_u32; usize::from(SHARDS)];
        let hashes = 1 << 22;
        for even in 0..hashes {
            // The shard looks at the lowest 30 bits.
            counts[shard_of(even * ((1 << 30) / hashes))] += 1;
        }
        let mean = u32::try_from(hashes).unwrap() / u32::from(SHARDS);
        assert!(counts.iter().all(|count| (mean * 74 / 100..mean * 152 / 100).contains(count)));
        assert!(counts[0] < mean * 76 / 100 && counts[1_023] > mean * 148 / 100);
    }

    #[test]
    fn every_hash_has_a_shard() {
        assert_eq!([0, u64::MAX].map(shard_of), [0, usize::from(SHARDS) - 1]);
    }
}
