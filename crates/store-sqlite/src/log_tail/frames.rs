//! The frames of a log, counted as `SQLite` recovers them.

use std::io::{self, Read};

/// Bytes of the log's header, and of each frame's.
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// The first four bytes; the last bit says in which order of bytes checksums are made.
const MAGIC: u32 = 0x377f_0682;

/// The least and the largest page, in bytes.
const PAGES: std::ops::RangeInclusive<u32> = 512..=65_536;

/// What a log has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frames {
    /// What tells the log from the one before it, of which frames may follow; None: there is no log, or its header is not whole.
    pub(super) salts: Option<[u8; 8]>,
    /// How many frames are recovered: up to the last commit before the first that is not whole.
    pub(super) committed: u32,
    /// How many commits of this log end behind the first frame that is not whole.
    pub(super) commits_beyond: u32,
    /// The frame that the last of these ends with.
    pub(super) last_beyond: u32,
}

/// A checksum that goes on from frame to frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Checksum {
    sums: [u32; 2],
    is_big_endian: bool,
}

impl Checksum {
    pub(super) const fn new(is_big_endian: bool) -> Self {
        Self { sums: [0, 0], is_big_endian }
    }

    /// Goes on over bytes, of which there are a multiple of eight.
    fn add(&mut self, bytes: &[u8]) {
        let [mut first, mut second] = self.sums;
        for [one, other] in bytes.as_chunks::<4>().0.as_chunks::<2>().0 {
            first = first.wrapping_add(self.word(*one)).wrapping_add(second);
            second = second.wrapping_add(self.word(*other)).wrapping_add(first);
        }
        self.sums = [first, second];
    }

    const fn word(self, bytes: [u8; 4]) -> u32 {
        if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

/// The sums of these bytes, made in the machine's order: the index's are.
pub(super) fn native_checksum(bytes: &[u8]) -> [u32; 2] {
    let mut checksum = Checksum::new(cfg!(target_endian = "big"));
    checksum.add(bytes);
    checksum.sums
}

impl Frames {
    /// Reads a log from its beginning to its end.
    pub(super) fn read(mut log: impl Read) -> io::Result<Self> {
        let mut header = [0; HEADER];
        if !fill(&mut log, &mut header)? {
            return Ok(Self::default());
        }
        let Some((mut checksum, page)) = begin(&header) else { return Ok(Self::default()) };
        let mut salts = [0; 8];
        salts.copy_from_slice(&header[16..24]);
        let mut found = Self { salts: Some(salts), ..Self::default() };
        let mut frame = vec![0; FRAME_HEADER + page];
        let (mut number, mut is_whole) = (0, true);
        while fill(&mut log, &mut frame)? {
            number += 1;
            let is_of_this_log = frame[8..16] == salts;
            is_whole = is_whole && is_of_this_log && follows(&mut checksum, &frame);
            if is_of_this_log && number_at(&frame, 4) != 0 {
                if is_whole {
                    found.committed = number;
                } else {
                    found.commits_beyond += 1;
                    found.last_beyond = number;
                }
            }
        }
        Ok(found)
    }
}

/// Where the checksums begin, and the size of a page; None: the header is not whole.
fn begin(header: &[u8; HEADER]) -> Option<(Checksum, usize)> {
    let (magic, page) = (number_at(header, 0), number_at(header, 8));
    let mut checksum = Checksum::new(magic & 1 == 1);
    checksum.add(&header[..24]);
    let is_whole = magic & !1 == MAGIC
        && checksum.sums == [number_at(header, 24), number_at(header, 28)]
        && page.is_power_of_two()
        && PAGES.contains(&page);
    is_whole.then(|| usize::try_from(page).ok().map(|page| (checksum, page)))?
}

/// Whether a frame is whole, and the one before it was.
fn follows(checksum: &mut Checksum, frame: &[u8]) -> bool {
    checksum.add(&frame[..8]);
    checksum.add(&frame[FRAME_HEADER..]);
    number_at(frame, 0) != 0 && checksum.sums == [number_at(frame, 16), number_at(frame, 20)]
}

fn number_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Whether there were enough bytes.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALTS: [u8; 8] = *b"saltsalt";
    const PAGE: usize = 512;

    /// A header whose sums are right.
    fn header(magic: u32, page: u32) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&magic.to_be_bytes());
        header[8..12].copy_from_slice(&page.to_be_bytes());
        header[16..24].copy_from_slice(&SALTS);
        let mut checksum = Checksum::new(magic & 1 == 1);
        checksum.add(&header[..24]);
        for (index, sum) in [24, 28].into_iter().zip(checksum.sums) {
            header[index..index + 4].copy_from_slice(&sum.to_be_bytes());
        }
        header
    }

    /// A log to which frames are added, each with sums that follow from the one before.
    struct Log {
        bytes: Vec<u8>,
        checksum: Checksum,
    }

    impl Log {
        fn begun() -> Self {
            let header = header(MAGIC, u32::try_from(PAGE).unwrap());
            Self { bytes: header.into(), checksum: begin(&header).unwrap().0 }
        }

        /// A frame that ends a commit, after `change` has been made to it.
        fn commit(mut self, change: impl Fn(&mut [u8])) -> Self {
            let mut frame = vec![7; FRAME_HEADER + PAGE];
            frame[..8].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
            frame[8..16].copy_from_slice(&SALTS);
            self.checksum.add(&frame[..8]);
            self.checksum.add(&frame[FRAME_HEADER..]);
            for (index, sum) in [16, 20].into_iter().zip(self.checksum.sums) {
                frame[index..index + 4].copy_from_slice(&sum.to_be_bytes());
            }
            change(&mut frame);
            self.bytes.extend(frame);
            self
        }

        /// How many frames are recovered, how many commits lie beyond, and with which frame they end.
        fn read(&self) -> (u32, u32, u32) {
            let Frames { salts, committed, commits_beyond, last_beyond } =
                Frames::read(&*self.bytes).unwrap();
            assert_eq!(salts, Some(SALTS));
            (committed, commits_beyond, last_beyond)
        }
    }

    #[test]
    fn a_header_is_whole_in_either_order_of_bytes_and_with_every_size_of_a_page() {
        for page in [512, 4_096, 65_536] {
            for magic in [MAGIC, MAGIC | 1] {
                assert_eq!(begin(&header(magic, page)).unwrap().1, page as usize, "{magic:x}");
            }
        }
    }

    #[test]
    fn a_header_that_differs_in_one_thing_begins_no_log() {
        for (magic, page) in
            [(MAGIC ^ 2, 512), (MAGIC ^ 0x100, 512), (MAGIC, 1_000), (MAGIC, 256), (MAGIC, 131_072)]
        {
            assert_eq!(begin(&header(magic, page)), None, "{magic:x} {page}");
        }
        for index in [24, 31] {
            let mut header = header(MAGIC, 512);
            header[index] ^= 1;
            assert_eq!(begin(&header), None, "{index}");
        }
    }

    #[test]
    fn whole_frames_are_recovered() {
        assert_eq!(Log::begun().read(), (0, 0, 0));
        assert_eq!(Log::begun().commit(|_| {}).commit(|_| {}).read(), (2, 0, 0));
    }

    #[test]
    fn nothing_behind_a_frame_that_is_not_whole_is_recovered_though_its_sums_go_on() {
        let broken = |frame: &mut [u8]| frame[16] ^= 1;
        let log = Log::begun().commit(|_| {}).commit(broken).commit(|_| {});
        assert_eq!(log.read(), (1, 2, 3));
    }

    #[test]
    fn a_frame_of_another_log_ends_this_one_and_is_no_commit_of_it() {
        let of_another = |frame: &mut [u8]| frame[8] ^= 1;
        let log = Log::begun().commit(|_| {}).commit(of_another).commit(|_| {});
        assert_eq!(log.read(), (1, 1, 3));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_no_end() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("no disk"))
            }
        }
        assert!(Frames::read(Broken).is_err());
        assert_eq!(Frames::read(&[1, 2, 3][..]).unwrap(), Frames::default());
    }
}
