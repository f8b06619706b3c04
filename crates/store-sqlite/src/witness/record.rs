//! The form of a testimony: fixed fields, zeros, and a seal over all of it.

use vestibule_model::RecordSeal;

use super::DatabaseId;
use crate::chain::Witness;

/// Bytes of a record: a sector of the disk, which is written whole or not at all.
pub(super) const LENGTH: usize = 512;

/// Bytes before the seal.
const SEALED: usize = LENGTH - 32;

/// The first byte of a record of this form.
const FORM: u8 = 1;

/// A record as it lies on the disk.
pub(super) type Record = [u8; LENGTH];

/// A place without a record.
pub(super) const EMPTY: Record = [0; LENGTH];

/// What was true of the database when this was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Testimony {
    /// Of which database.
    pub(crate) database: DatabaseId,
    /// Its newest entry of the audit.
    pub(crate) newest: Witness,
    /// The newest entry in its own file, its log left aside; 0: nobody has looked.
    pub(crate) folded: i64,
}

/// What a place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// A testimony, and how many were written before it.
    Testimony(Testimony, u64),
    /// Not what was written under this master key: torn, damaged, or changed.
    Damaged,
}

/// The record of a testimony.
pub(super) fn write(testimony: &Testimony, turn: u64, seal: &dyn RecordSeal) -> Record {
    let mut record = EMPTY;
    record[0] = FORM;
    record[1..17].copy_from_slice(&testimony.database.0);
    record[17..25].copy_from_slice(&testimony.newest.sequence.to_be_bytes());
    record[25..57].copy_from_slice(&testimony.newest.mac);
    record[57..65].copy_from_slice(&turn.to_be_bytes());
    record[65..73].copy_from_slice(&testimony.folded.to_be_bytes());
    let tag = seal.seal(&record[..SEALED]);
    record[SEALED..].copy_from_slice(&tag);
    record
}

/// Whether a file begins as one with a record of this form does, whoever sealed it.
pub(super) fn begins(file: &[u8]) -> bool {
    file.first() == Some(&FORM)
}

/// What a record says.
pub(super) fn read(record: &Record, seal: &dyn RecordSeal) -> Found {
    if *record == EMPTY {
        return Found::Nothing;
    }
    let read = || {
        let (sealed, tag) = record.split_last_chunk::<32>()?;
        if !seal.is_sealed(sealed, tag) {
            return None;
        }
        let (form, rest) = sealed.split_first_chunk::<1>()?;
        let (database, rest) = rest.split_first_chunk::<16>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (mac, rest) = rest.split_first_chunk::<32>()?;
        let (turn, rest) = rest.split_first_chunk::<8>()?;
        let folded = i64::from_be_bytes(*rest.first_chunk::<8>()?);
        let newest = Witness { sequence: i64::from_be_bytes(*sequence), mac: *mac };
        let testimony = Testimony { database: DatabaseId(*database), newest, folded };
        (*form == [FORM]).then_some((testimony, u64::from_be_bytes(*turn)))
    };
    read().map_or(Found::Damaged, |(testimony, turn)| Found::Testimony(testimony, turn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::witness_seal;

    fn testimony() -> Testimony {
        let newest = Witness { sequence: i64::MAX, mac: [0xab; 32] };
        Testimony { database: DatabaseId([0xcd; 16]), newest, folded: i64::MAX - 1 }
    }

    #[test]
    fn is_read_as_it_was_written() {
        let record = write(&testimony(), u64::MAX, &*witness_seal());
        assert_eq!(read(&record, &*witness_seal()), Found::Testimony(testimony(), u64::MAX));
        assert_eq!(read(&EMPTY, &*witness_seal()), Found::Nothing);
    }

    #[test]
    fn a_changed_byte_is_found() {
        let record = write(&testimony(), 7, &*witness_seal());
        for place in 0..LENGTH {
            let mut changed = record;
            changed[place] ^= 1;
            assert_eq!(read(&changed, &*witness_seal()), Found::Damaged, "byte {place}");
        }
    }
}
