//! A row: the values of a kind and a bucket that a block has, each with its places.
//!
//! A value stands as its length, itself, and how many places follow, two bytes each; for many places, none and all of them as bits.

use super::places::{MANY, PLACES_BYTES, Places};

/// Adds a value to a row. `places` are in order, and there are some. A value has at most 255 bytes.
pub(super) fn add(row: &mut Vec<u8>, value: &[u8], places: impl ExactSizeIterator<Item = u16>) {
    row.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
    row.extend_from_slice(value);
    if let Some(count) = u8::try_from(places.len()).ok().filter(|count| usize::from(*count) < MANY) {
        row.push(count);
        places.for_each(|place| row.extend_from_slice(&place.to_le_bytes()));
        return;
    }
    row.push(0);
    let mut set = Places::default();
    places.for_each(|place| set.put(usize::from(place)));
    row.extend_from_slice(&set.to_bytes());
}

/// The places of a value in a row, none if it is not there; it may stand there in pieces. None: this is no row.
pub(super) fn places_of(mut row: &[u8], value: &[u8]) -> Option<Places> {
    let mut found = Places::default();
    while let Some((length, rest)) = row.split_first() {
        let (here, rest) = rest.split_at_checked(usize::from(*length))?;
        let (count, rest) = rest.split_first()?;
        let bytes = if *count == 0 { PLACES_BYTES } else { usize::from(*count) * 2 };
        let (places, rest) = rest.split_at_checked(bytes)?;
        if here == value {
            found =
                found.or(if *count == 0 { Places::from_bytes(places)? } else { Places::from_list(places)? });
        }
        row = rest;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_value_has_the_places_that_it_was_given(
            values in prop::collection::btree_map(
                prop::collection::vec(any::<u8>(), 0..20),
                prop_oneof![
                    prop::collection::btree_set(0_u16..1_024, 1..5),
                    prop::collection::btree_set(0_u16..1_024, 1..300),
                ],
                0..8,
            ),
        ) {
            let values: BTreeMap<Vec<u8>, BTreeSet<u16>> = values;
            let mut row = Vec::new();
            for (value, places) in &values {
                let places: Vec<u16> = places.iter().copied().collect();
                add(&mut row, value, places.into_iter());
            }
            for (value, places) in &values {
                let read: Vec<usize> = places_of(&row, value).unwrap().iter().collect();
                prop_assert_eq!(read, places.iter().map(|place| usize::from(*place)).collect::<Vec<_>>());
            }
            let absent = vec![1; 30];
            prop_assert!(places_of(&row, &absent).unwrap().is_empty());
        }

        #[test]
        fn any_bytes_are_a_row_or_none(row in prop::collection::vec(any::<u8>(), 0..300), value in prop::collection::vec(any::<u8>(), 0..3)) {
            let _ = places_of(&row, &value);
        }
    }

    #[test]
    fn a_value_may_stand_in_pieces() {
        let mut row = Vec::new();
        for (value, place) in [(b"a", 1), (b"b", 2), (b"a", 3)] {
            add(&mut row, value, [place].into_iter());
        }
        assert_eq!(places_of(&row, b"a").unwrap().iter().collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn a_row_that_is_cut_is_none() {
        let mut row = Vec::new();
        add(&mut row, b"abc", [1, 2].into_iter());
        assert_eq!(row, [3, b'a', b'b', b'c', 2, 1, 0, 2, 0]);
        assert!((1..row.len()).all(|length| places_of(&row[..length], b"abc").is_none()));
        assert_eq!(places_of(&[1, b'a', 1, 0xff, 0xff], b"a"), None, "there is no such place");
    }
}
