//! What may be written over: a journal of ends, or nothing. A file that somebody named by mistake is something else.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;

use vestibule_store::JournalSlot;

use super::offset;
use super::record::{self, EMPTY, LENGTH};

/// How many places of a whole journal may be torn or damaged beyond its form: a block of a file system.
const DAMAGED: usize = 4_096 / LENGTH;

/// Fails with `InvalidData` unless the file is a journal, whoever sealed it and also one that is damaged or was cut short, or
/// has nothing in it.
pub(super) fn check(file: &File, places: u32) -> io::Result<()> {
    let metadata = file.metadata()?;
    let whole = offset(JournalSlot(places));
    let is_one = if metadata.is_file() {
        metadata.len() <= whole && has_form(file, metadata.len() == whole)?
    } else {
        // Other devices hold nothing that could be lost.
        !metadata.file_type().is_block_device()
    };
    let error =
        || io::Error::new(io::ErrorKind::InvalidData, "it is there already and is no journal of ends");
    if is_one { Ok(()) } else { Err(error()) }
}

fn has_form(mut file: &File, is_whole: bool) -> io::Result<bool> {
    let mut found = Vec::new();
    file.read_to_end(&mut found)?;
    let (places, rest) = found.as_chunks::<LENGTH>();
    if places.is_empty() {
        return Ok(rest.iter().all(|byte| *byte == 0));
    }
    let fits = places.iter().filter(|place| **place != EMPTY && record::has_form(place)).count();
    let damaged = places.iter().filter(|place| !record::has_form(place)).count();
    Ok(damaged <= if is_whole { fits.max(DAMAGED) } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: u32 = 20;

    /// Whether a file with these places is taken for a journal of twenty.
    fn is_one(places: &[[u8; LENGTH]]) -> bool {
        let file = tempfile::tempfile().unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, places.as_flattened(), 0).unwrap();
        check(&file, PLACES).is_ok()
    }

    #[test]
    fn a_whole_journal_may_have_as_many_damaged_places_as_a_block_or_as_it_has_records() {
        let (damaged, empty) = ([1; LENGTH], EMPTY);
        let mut record = EMPTY;
        record[..4].copy_from_slice(&[0, 2, b'{', b'}']);
        let with = |records: usize, torn: usize| {
            let mut places = vec![record; records];
            places.extend(vec![damaged; torn]);
            places.resize(PLACES as usize, empty);
            is_one(&places)
        };
        assert!(with(0, 0) && with(0, DAMAGED) && with(1, DAMAGED));
        assert!(!with(0, DAMAGED + 1) && !with(DAMAGED, DAMAGED + 1));
        assert!(with(DAMAGED + 1, DAMAGED + 1));
    }

    #[test]
    fn a_journal_that_was_cut_short_has_no_damaged_place() {
        assert!(is_one(&[EMPTY; 3]));
        assert!(!is_one(&[EMPTY, [1; LENGTH], EMPTY]));
    }

    #[test]
    fn a_witness_is_none_whatever_its_random_bytes_are() {
        let mut witness = EMPTY;
        // Its form, and the id of a database that reads as the length and the beginning of a text.
        witness[..17].copy_from_slice(b"\x01\x40{23456789012345");
        witness[17..25].copy_from_slice(&4_711_i64.to_be_bytes());
        witness[25..57].fill(0x7b);
        assert!(!is_one(&[witness, EMPTY]));
    }

    #[test]
    fn what_is_longer_than_a_journal_is_none() {
        assert!(!is_one(&[EMPTY; PLACES as usize + 1]));
    }
}
