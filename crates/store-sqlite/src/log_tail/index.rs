//! The log's index, as the process that wrote the log last has left it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::frames::native_checksum;

/// Bytes of a header, of which there are two alike, and of what is read behind them.
const HEADER: usize = 48;
const READ: usize = 2 * HEADER + 4;

/// The version of the format.
const VERSION: u32 = 3_007_000;

/// What an index says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Index {
    /// Of which log.
    pub(super) salts: [u8; 8],
    /// The frame that the last commit ended with.
    pub(super) committed: u32,
    /// How many frames are folded into the database, and durable there.
    pub(super) folded: u32,
}

impl Index {
    /// None: there is no index, or it was being written when the process ended.
    pub(super) fn read(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = [0; READ];
        match file.read_exact(&mut bytes) {
            Ok(()) => Ok(Self::parse(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn parse(bytes: &[u8; READ]) -> Option<Self> {
        let (header, again) = bytes[..2 * HEADER].split_at(HEADER);
        let is_begun = header[12] == 1 && number_at(header, 0) == VERSION;
        let is_whole = native_checksum(&header[..40]) == [number_at(header, 40), number_at(header, 44)];
        if header != again || !is_begun || !is_whole {
            return None;
        }
        let salts = header[32..40].try_into().ok()?;
        Some(Self { salts, committed: number_at(header, 16), folded: number_at(bytes, 2 * HEADER) })
    }
}

/// In the order of the machine, which wrote it.
fn number_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_that_is_not_there_is_none_and_one_that_cannot_be_read_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Index::read(&folder.path().join("shm")).unwrap(), None);
        let file = folder.path().join("short");
        std::fs::write(&file, [1; 10]).unwrap();
        assert_eq!(Index::read(&file).unwrap(), None);
        assert!(Index::read(&file.join("below a file")).is_err());
        assert!(Index::read(folder.path()).is_err());
    }

    /// An index that was written whole, after `change` has been made to both its headers.
    fn index(change: impl Fn(&mut [u8])) -> [u8; READ] {
        let mut header = [0; HEADER];
        let mut put = |at: usize, number: u32| header[at..at + 4].copy_from_slice(&number.to_ne_bytes());
        put(0, VERSION);
        put(16, 5);
        header[12] = 1;
        header[32..40].copy_from_slice(b"saltsalt");
        change(&mut header);
        for (at, sum) in [40, 44].into_iter().zip(native_checksum(&header[..40])) {
            header[at..at + 4].copy_from_slice(&sum.to_ne_bytes());
        }
        let mut bytes = [0; READ];
        bytes[..HEADER].copy_from_slice(&header);
        bytes[HEADER..2 * HEADER].copy_from_slice(&header);
        bytes[2 * HEADER..2 * HEADER + 4].copy_from_slice(&3_u32.to_ne_bytes());
        bytes
    }

    #[test]
    fn a_whole_index_says_how_much_is_committed_and_folded() {
        let expected = Index { salts: *b"saltsalt", committed: 5, folded: 3 };
        assert_eq!(Index::parse(&index(|_| {})), Some(expected));
    }

    #[test]
    fn an_index_that_differs_in_one_thing_says_nothing() {
        assert_eq!(Index::parse(&index(|header| header[12] = 0)), None, "not begun");
        assert_eq!(Index::parse(&index(|header| header[0] ^= 1)), None, "another version");
        for at in [16, 40, HEADER + 16] {
            let mut bytes = index(|_| {});
            bytes[at] ^= 1;
            assert_eq!(Index::parse(&bytes), None, "{at}");
        }
        // Both headers say the same, and neither has the sums of what it says.
        let mut bytes = index(|_| {});
        (bytes[16], bytes[HEADER + 16]) = (9, 9);
        assert_eq!(Index::parse(&bytes), None);
    }
}
