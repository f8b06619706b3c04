//! The form of counts of requests in a row: series after series, none of them longer than what it counts.
//!
//! The first byte is the form. Of each series: the number of its family, the kind of user (0 for nobody who is known, else its number
//! plus one) and the outcome, a bit for each slot that is not zero, and the counts of those. All numbers are of variable length: seven
//! bits a byte, the lowest first, the highest bit set in all bytes but the last (LEB128).

use vestibule_model::{TrafficOutcome, UserKind};
use vestibule_store::TRAFFIC_SLOTS;

use crate::columns::Word;

const FORM: u8 = 1;

/// A series, its family told by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberedSeries {
    pub(crate) family: i64,
    pub(crate) user_kind: Option<UserKind>,
    pub(crate) outcome: TrafficOutcome,
    pub(crate) slots: [u64; TRAFFIC_SLOTS],
}

/// Bytes that are no counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no counts of requests that this version knows")]
pub(crate) struct NoCounts;

/// As it is kept.
pub(crate) fn write(series: impl IntoIterator<Item = NumberedSeries>) -> Vec<u8> {
    let mut bytes = vec![FORM];
    for one in series {
        let set = one.slots.iter().enumerate().filter(|(_, count)| **count > 0);
        let set = set.fold(0, |set, (slot, _)| set | 1_u64 << slot);
        put(&mut bytes, one.family.cast_unsigned());
        put(&mut bytes, one.user_kind.map_or(0, |kind| kind.number().cast_unsigned() + 1));
        put(&mut bytes, one.outcome.number().cast_unsigned());
        put(&mut bytes, set);
        one.slots.into_iter().filter(|count| *count > 0).for_each(|count| put(&mut bytes, count));
    }
    bytes
}

/// What is kept.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<NumberedSeries>, NoCounts> {
    let (form, mut rest) = bytes.split_first().ok_or(NoCounts)?;
    if *form != FORM {
        return Err(NoCounts);
    }
    let mut all = Vec::new();
    while !rest.is_empty() {
        all.push(series(&mut rest)?);
    }
    Ok(all)
}

fn series(rest: &mut &[u8]) -> Result<NumberedSeries, NoCounts> {
    let family = take(rest)?.cast_signed();
    let user_kind = match take(rest)?.checked_sub(1) {
        None => None,
        Some(number) => Some(word(number)?),
    };
    let outcome = word(take(rest)?)?;
    let set = take(rest)?;
    if set >> TRAFFIC_SLOTS != 0 {
        return Err(NoCounts);
    }
    let mut slots = [0; TRAFFIC_SLOTS];
    for (slot, count) in slots.iter_mut().enumerate() {
        if set & 1 << slot != 0 {
            *count = take(rest)?;
        }
    }
    Ok(NumberedSeries { family, user_kind, outcome, slots })
}

fn word<T: Word>(number: u64) -> Result<T, NoCounts> {
    i64::try_from(number).ok().and_then(T::from_number).ok_or(NoCounts)
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn take(rest: &mut &[u8]) -> Result<u64, NoCounts> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, behind) = rest.split_first().ok_or(NoCounts)?;
        *rest = behind;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            return Err(NoCounts);
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(NoCounts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn a_series() -> impl Strategy<Value = NumberedSeries> {
        let kind = prop::sample::select(vec![None, Some(UserKind::System), Some(UserKind::Bot)]);
        let outcome = prop::sample::select(&TrafficOutcome::ALL[..]);
        let counts = prop::collection::vec((0..TRAFFIC_SLOTS, prop_oneof![0..300_u64, any::<u64>()]), 0..9);
        (any::<i64>(), kind, outcome, counts).prop_map(|(family, user_kind, outcome, counts)| {
            let mut slots = [0; TRAFFIC_SLOTS];
            for (slot, count) in counts {
                slots[slot] = count;
            }
            NumberedSeries { family, user_kind, outcome, slots }
        })
    }

    proptest! {
        #[test]
        fn counts_are_read_as_they_are_written(series in prop::collection::vec(a_series(), 0..5)) {
            prop_assert_eq!(read(&write(series.clone())), Ok(series));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = read(&[&[FORM], &bytes[..]].concat());
        }
    }

    #[test]
    fn a_day_of_a_thousand_requests_an_hour_takes_54_bytes() {
        let mut slots = [0; TRAFFIC_SLOTS];
        slots[..24].fill(1_000);
        let (user_kind, outcome) = (Some(UserKind::Human), TrafficOutcome::Allowed);
        let written = write([NumberedSeries { family: 200, user_kind, outcome, slots }]);
        assert_eq!(written.len(), 1 + 2 + 1 + 1 + 4 + 24 * 2);
    }

    #[test]
    fn what_is_cut_off_is_no_counts() {
        let mut slots = [0; TRAFFIC_SLOTS];
        slots[30] = 700;
        let one = NumberedSeries { family: 1, user_kind: None, outcome: TrafficOutcome::Allowed, slots };
        let bytes = write([one]);
        for length in (0..bytes.len()).filter(|length| *length != 1) {
            assert_eq!(read(&bytes[..length]), Err(NoCounts), "{length}");
        }
    }
}
