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
}
