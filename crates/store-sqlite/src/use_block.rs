//! The form of a block of last uses: those of a thousand sessions whose numbers follow one another, in one value that fits a page.
//!
//! The first byte is the form, the second how many bytes an offset takes (1 to 8), eight more the earliest time (milliseconds,
//! little-endian, as all numbers here). Then, *dense*: for each of the thousand the offset from the earliest time plus one, and 0
//! for none; or *sparse*, if that is shorter: pairs of the place (2 bytes) and the same, in the order of the places. Times within
//! 4.6 hours of each other take three bytes, within 49 days four.

use std::ops::Range;

use vestibule_model::Millis;
use vestibule_store::BLOCK;

/// How many sessions a block has.
const PLACES: usize = 1_000;

const _: () = assert!(PLACES as u64 == BLOCK, "a block has as many places as the contract says");

const DENSE: u8 = 0;
const SPARSE: u8 = 1;

/// Form, bytes of an offset, earliest time.
const HEADER: usize = 10;

/// The bytes of a place.
const PLACE: usize = 2;

/// No last use is known.
const NONE: i64 = i64::MIN;

/// The last uses of a block, each with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UseBlock {
    times: Box<[i64]>,
}

impl Default for UseBlock {
    fn default() -> Self {
        Self { times: vec![NONE; PLACES].into() }
    }
}

impl UseBlock {
    /// What was written.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Damaged> {
        let form = Form::read(bytes)?;
        let mut block = Self::default();
        for item in 0..form.items {
            let place = form.place(bytes, item)?;
            *block.times.get_mut(place).ok_or(Damaged)? = form.time(bytes, item)?.unwrap_or(NONE);
        }
        Ok(block)
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let known = || self.times.iter().filter(|at| **at != NONE);
        let earliest = known().min().copied().unwrap_or(0);
        let offset = |at: i64| match at {
            NONE => 0,
            at => at.wrapping_sub(earliest).cast_unsigned().saturating_add(1),
        };
        let longest = known().map(|at| offset(*at)).max().unwrap_or(0);
        let width = (u64::BITS - longest.leading_zeros()).div_ceil(8).max(1) as usize;
        let is_sparse = known().count() * (PLACE + width) < PLACES * width;

        let mut bytes = vec![if is_sparse { SPARSE } else { DENSE }, u8::try_from(width).unwrap_or(8)];
        bytes.extend(earliest.to_le_bytes());
        for (place, at) in (0_u16..).zip(&self.times) {
            if is_sparse && *at == NONE {
                continue;
            }
            if is_sparse {
                bytes.extend(place.to_le_bytes());
            }
            bytes.extend(&offset(*at).to_le_bytes()[..width]);
        }
        bytes
    }

    /// Moves the last use at a place forward.
    pub(crate) fn note(&mut self, place: usize, at: Millis) {
        if let Some(time) = self.times.get_mut(place) {
            *time = (*time).max(at.as_unix());
        }
    }

    /// The latest of all.
    pub(crate) fn newest(&self) -> Option<Millis> {
        self.times.iter().copied().filter(|at| *at != NONE).max().map(Millis::from_unix)
    }

    /// Forgets the last uses at all places but these, which are in rising order.
    pub(crate) fn retain(&mut self, places: &[usize]) {
        let mut stay = places.iter().copied().peekable();
        for (place, at) in self.times.iter_mut().enumerate() {
            if stay.next_if_eq(&place).is_none() {
                *at = NONE;
            }
        }
    }

    /// How many last uses are at `since` or later.
    pub(crate) fn count_since(&self, since: Millis) -> usize {
        self.times.iter().filter(|at| **at != NONE && **at >= since.as_unix()).count()
    }

    /// Whether no last use is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.times.iter().all(|at| *at == NONE)
    }
}

/// The last use at a place of a block as it is written, without a look at the others; None: none is known.
pub(crate) fn last_use(bytes: &[u8], place: usize) -> Result<Option<Millis>, Damaged> {
    let form = Form::read(bytes)?;
    let item = if form.is_sparse { form.item_of(bytes, place)? } else { Some(place) };
    let Some(item) = item else { return Ok(None) };
    Ok(form.time(bytes, item)?.map(Millis::from_unix))
}

/// A block that this program has not written.
#[derive(Debug, thiserror::Error)]
#[error("a block of last uses of sessions is damaged")]
pub(crate) struct Damaged;

/// How a block is written.
struct Form {
    is_sparse: bool,
    width: usize,
    earliest: i64,
    items: usize,
}

impl Form {
    fn read(bytes: &[u8]) -> Result<Self, Damaged> {
        let (header, items) = bytes.split_at_checked(HEADER).ok_or(Damaged)?;
        let (is_sparse, width) = (header[0] == SPARSE, usize::from(header[1]));
        let earliest = i64::from_le_bytes(header[2..].try_into().map_err(|_| Damaged)?);
        let each = width + if is_sparse { PLACE } else { 0 };
        let is_sound = header[0] <= SPARSE
            && (1..=8).contains(&width)
            && items.len() % each == 0
            && (is_sparse || items.len() == PLACES * width);
        if is_sound {
            Ok(Self { is_sparse, width, earliest, items: items.len() / each })
        } else {
            Err(Damaged)
        }
    }

    /// Where an item is: its place, if that is written, and its offset.
    fn range(&self, item: usize) -> Range<usize> {
        let each = self.width + if self.is_sparse { PLACE } else { 0 };
        HEADER + item * each..HEADER + (item + 1) * each
    }

    fn place(&self, bytes: &[u8], item: usize) -> Result<usize, Damaged> {
        if !self.is_sparse {
            return Ok(item);
        }
        let place = bytes.get(self.range(item)).and_then(<[u8]>::first_chunk).ok_or(Damaged)?;
        Ok(usize::from(u16::from_le_bytes(*place)))
    }

    /// None: no last use is known.
    fn time(&self, bytes: &[u8], item: usize) -> Result<Option<i64>, Damaged> {
        let written = bytes.get(self.range(item)).ok_or(Damaged)?;
        let mut offset = [0; 8];
        offset[..self.width].copy_from_slice(&written[written.len() - self.width..]);
        let behind = u64::from_le_bytes(offset).checked_sub(1);
        Ok(behind.map(|behind| self.earliest.wrapping_add(behind.cast_signed())))
    }

    /// The item of a place among pairs, by bisection.
    fn item_of(&self, bytes: &[u8], place: usize) -> Result<Option<usize>, Damaged> {
        let (mut first, mut behind) = (0, self.items);
        while first < behind {
            let middle = first.midpoint(behind);
            let found = self.place(bytes, middle)?;
            if found == place {
                return Ok(Some(middle));
            }
            if found < place { first = middle + 1 } else { behind = middle }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    fn block(uses: impl IntoIterator<Item = (usize, i64)>) -> UseBlock {
        let mut block = UseBlock::default();
        uses.into_iter().for_each(|(place, at)| block.note(place, Millis::from_unix(at)));
        block
    }

    /// Some, many or all places; times close together, as they are, or anywhere.
    fn uses() -> impl Strategy<Value = std::collections::BTreeMap<usize, i64>> {
        let time = prop_oneof![
            1_790_000_000_000..1_790_010_000_000_i64,
            1_790_000_000_000..1_800_000_000_000_i64,
            NONE + 1..=i64::MAX
        ];
        prop_oneof![btree_map(0..PLACES, time.clone(), 0..9), btree_map(0..PLACES, time, 0..PLACES)]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(uses in uses()) {
            let block = block(uses.clone());
            let written = block.write();
            prop_assert_eq!(UseBlock::read(&written).unwrap(), block);
            for place in 0..PLACES {
                let expected = uses.get(&place).copied().map(Millis::from_unix);
                prop_assert_eq!(last_use(&written, place).unwrap(), expected);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), place in 0..2 * PLACES) {
            let _ = (UseBlock::read(&bytes), last_use(&bytes, place));
        }
    }

    #[test]
    fn a_thousand_uses_of_four_hours_fit_a_page_and_so_do_those_of_a_month() {
        let spread = |step| {
            block((0..PLACES).map(|place| (place, step * i64::try_from(place).unwrap()))).write().len()
        };
        assert_eq!((spread(14_400), spread(2_592_000)), (3_010, 4_010));
    }

    #[test]
    fn ten_uses_take_sixty_bytes() {
        assert_eq!(block((0..10).map(|place| (97 * place, 4_000_000_000))).write().len(), HEADER + 10 * 3);
        assert_eq!(
            block((0..10).map(|place| (97 * place, i64::try_from(place).unwrap() * 1_000_000_000)))
                .write()
                .len(),
            HEADER + 10 * 7
        );
    }

    #[test]
    fn a_use_moves_forward_only() {
        let mut block = block([(3, 7)]);
        block.note(3, Millis::from_unix(5));
        block.note(PLACES, Millis::from_unix(9));
        assert_eq!(block.newest(), Some(Millis::from_unix(7)));
    }

    #[test]
    fn what_does_not_stay_is_forgotten() {
        let mut left = block([(1, 1), (2, 2), (3, 3)]);
        left.retain(&[0, 2]);
        assert_eq!(left, block([(2, 2)]));
        left.retain(&[]);
        assert!(left.is_empty() && left.newest().is_none());
    }

    #[test]
    fn a_block_that_is_cut_off_or_of_another_form_is_damaged() {
        let written = block((0..PLACES).map(|place| (place, 9))).write();
        assert!(UseBlock::read(&written[..written.len() - 1]).is_err());
        assert!(last_use(&[&[2], &written[1..]].concat(), 0).is_err());
        let pairs = block([(5, 9), (6, 9)]).write();
        assert!(UseBlock::read(&pairs[..pairs.len() - 1]).is_err());
    }
}
