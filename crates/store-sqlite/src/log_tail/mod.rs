//! The end of the write-ahead log, looked at before `SQLite` recovers it: whether that will drop what was committed.
//!
//! `SQLite` takes the log up to the last commit before the first frame that is not whole, and leaves the rest without a word.
//! A process that is killed while it writes leaves such a rest too, which nobody was told of. What tells the two apart is the
//! log's index, in which every commit is noted once it is durable, and frames of later commits behind the one that is broken.
//! Reads both by their published formats (<https://sqlite.org/walformat.html>), and changes nothing.

mod frames;
mod index;

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use self::frames::Frames;
use self::index::Index;

/// What the log has lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostCommits {
    /// How many frames (pages of the database, as a commit wrote them) are recovered.
    pub recovered: u32,
    /// How many had been written, as far as that can be seen.
    pub written: u32,
}

/// What the log of this database has lost; None: nothing, as far as that can be seen. To be asked before this process opens the
/// database, because to open it recovers the log, and because it opens files on which `SQLite` then holds locks.
pub fn lost_commits(database: &Path) -> io::Result<Option<LostCommits>> {
    let lost = look(database)?;
    // Somebody else who writes at this moment may have been seen in the middle of it.
    if lost.is_none() {
        Ok(None)
    } else {
        Ok(lost.filter(|_| look(database).is_ok_and(|again| again == lost)))
    }
}

/// Whether there is a log that `SQLite` would lay over the database.
pub(crate) fn has_log(database: &Path) -> bool {
    fs::metadata(beside(database, "-wal")).is_ok_and(|log| log.len() > 0)
}

fn look(database: &Path) -> io::Result<Option<LostCommits>> {
    let index = Index::read(&beside(database, "-shm"))?;
    let frames = match File::open(beside(database, "-wal")) {
        Ok(log) => Frames::read(BufReader::with_capacity(1 << 20, log))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Frames::default(),
        Err(error) => return Err(error),
    };
    Ok(judge(&frames, index))
}

/// What follows from the log and its index.
fn judge(frames: &Frames, index: Option<Index>) -> Option<LostCommits> {
    let recovered = frames.committed;
    let lost = |written| Some(LostCommits { recovered, written });
    match index {
        // An index of another log says nothing about this one; one that was left behind by a power cut is such.
        Some(index) if frames.salts.is_none_or(|salts| salts == index.salts) => {
            // What is folded into the database is not lost, if nothing of the log is laid over it.
            let is_folded = recovered == 0 && index.folded >= index.committed;
            if index.committed > recovered && !is_folded {
                return lost(index.committed);
            }
            if index.committed == recovered {
                return None;
            }
            frames.beyond()
        }
        _ => frames.beyond(),
    }
    .and_then(lost)
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    // `SQLite` puts both beside the file itself, not beside a link to it.
    let mut path = database.canonicalize().unwrap_or_else(|_| database.to_owned()).into_os_string();
    path.push(suffix);
    PathBuf::from(path)
}

impl Frames {
    /// The last frame of the commits that stand behind a broken frame, if they must have been acknowledged: a commit is durable
    /// before the next begins, so of two the first was. A single one may have been cut off by a power cut, or be what a failed
    /// commit left.
    fn beyond(&self) -> Option<u32> {
        (self.commits_beyond >= 2).then_some(self.last_beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALTS: [u8; 8] = [7; 8];

    fn frames(committed: u32, commits_beyond: u32) -> Frames {
        Frames { salts: Some(SALTS), committed, commits_beyond, last_beyond: 9 }
    }

    const fn index(committed: u32, folded: u32) -> Index {
        Index { salts: SALTS, committed, folded }
    }

    fn written(frames: &Frames, index: impl Into<Option<Index>>) -> Option<u32> {
        judge(frames, index.into()).map(|lost| lost.written)
    }

    #[test]
    fn what_the_index_has_is_recovered_or_lost() {
        assert_eq!(written(&frames(5, 0), index(5, 0)), None);
        assert_eq!(written(&frames(4, 0), index(5, 0)), Some(5));
        assert_eq!(written(&frames(4, 0), index(5, 5)), Some(5), "an older page is laid over a newer one");
    }

    #[test]
    fn a_commit_that_was_not_yet_noted_is_no_loss() {
        assert_eq!(written(&frames(6, 0), index(5, 0)), None);
    }

    #[test]
    fn remains_behind_what_the_index_has_are_no_loss() {
        assert_eq!(written(&frames(5, 3), index(5, 0)), None);
    }

    #[test]
    fn what_is_folded_into_the_database_is_not_lost_with_its_log() {
        assert_eq!(written(&Frames::default(), index(5, 5)), None);
        assert_eq!(written(&frames(0, 0), index(5, 5)), None);
        assert_eq!(written(&Frames::default(), index(5, 4)), Some(5));
    }

    #[test]
    fn without_an_index_two_commits_behind_a_broken_frame_are_a_loss_and_one_is_not() {
        let of_another = Some(Index { salts: [8; 8], committed: 50, folded: 0 });
        for index in [None, of_another] {
            assert_eq!(written(&frames(5, 0), index), None);
            assert_eq!(written(&frames(5, 1), index), None);
            assert_eq!(written(&frames(5, 2), index), Some(9));
        }
    }
}
