//! Places in a block: which of its 1,024 entries.

use crate::audit_index;

/// How many entries a block has.
const ENTRIES: usize = 1 << audit_index::BITS;

/// How many words of 64 places.
const WORDS: usize = ENTRIES / 64;

/// So many places and more are stored as bits, fewer one by one.
pub(super) const MANY: usize = 64;

/// How many bytes all places take as bits.
pub(super) const PLACES_BYTES: usize = ENTRIES / 8;

/// A set of places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places([u64; WORDS]);

impl Places {
    pub(crate) const ALL: Self = Self([u64::MAX; WORDS]);

    pub(crate) fn put(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        let (mut both, Self(other)) = (self, other);
        both.0.iter_mut().zip(other).for_each(|(word, other)| *word &= other);
        both
    }

    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        let (mut either, Self(other)) = (self, other);
        either.0.iter_mut().zip(other).for_each(|(word, other)| *word |= other);
        either
    }

    /// Those that are not in it.
    #[must_use]
    pub(crate) fn others(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// Those from one place through another.
    #[must_use]
    pub(crate) fn between(self, from: usize, through: usize) -> Self {
        let mut within = Self::default();
        (from..=through.min(ENTRIES - 1)).for_each(|place| within.put(place));
        self.and(within)
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The places in their order.
    pub(crate) fn iter(self) -> impl DoubleEndedIterator<Item = usize> {
        (0..ENTRIES).filter(move |place| self.0[place / 64] & (1 << (place % 64)) != 0)
    }

    /// The first and the last of them; None: there is none.
    pub(crate) fn ends(self) -> Option<(usize, usize)> {
        let mut places = self.iter();
        let first = places.next()?;
        Some((first, places.next_back().unwrap_or(first)))
    }

    /// As bits.
    pub(super) fn to_bytes(self) -> [u8; PLACES_BYTES] {
        let mut bytes = [0; PLACES_BYTES];
        for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *bytes = word.to_le_bytes();
        }
        bytes
    }

    /// As they were stored as bits; None: these are no places.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (words, []) = bytes.as_chunks::<8>() else { return None };
        let words: [[u8; 8]; WORDS] = words.try_into().ok()?;
        Some(Self(words.map(u64::from_le_bytes)))
    }

    /// As they were stored one by one; None: these are no places.
    pub(super) fn from_list(bytes: &[u8]) -> Option<Self> {
        let (pairs, []) = bytes.as_chunks::<2>() else { return None };
        let mut places = Self::default();
        for pair in pairs {
            let place = usize::from(u16::from_le_bytes(*pair));
            if place >= ENTRIES {
                return None;
            }
            places.put(place);
        }
        Some(places)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(places: &[usize]) -> Places {
        let mut set = Places::default();
        for place in places {
            set.put(*place);
        }
        set
    }

    proptest! {
        #[test]
        fn places_are_read_as_they_were_written(places in prop::collection::btree_set(0..ENTRIES, 0..200)) {
            let places: Vec<usize> = places.into_iter().collect();
            let set = of(&places);
            prop_assert_eq!(Places::from_bytes(&set.to_bytes()), Some(set));
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), places.clone());
            prop_assert_eq!(set.count() as usize, places.len());
            prop_assert_eq!(set.ends(), places.first().copied().zip(places.last().copied()));
        }
    }

    #[test]
    fn sets_are_cut_joined_and_limited() {
        let (one, other) = (of(&[1, 64, 1_023]), of(&[2, 64]));
        assert_eq!(one.and(other), of(&[64]));
        assert_eq!(one.or(other), of(&[1, 2, 64, 1_023]));
        assert_eq!(one.between(2, 1_022), of(&[64]));
        assert_eq!(one.between(1, 1_023), one);
        assert_eq!((Places::ALL.count(), one.others().count()), (1_024, 1_021));
        assert!(one.between(2, 3).is_empty());
    }
}
