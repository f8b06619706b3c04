//! A log whose end is damaged: what is lost by that is noticed, and what a killed process leaves is no loss.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use tempfile::TempDir;
use vestibule_store::conformance::samples::{HERE, account, session, user};
use vestibule_store::{Change, Store};
use vestibule_store_sqlite::{InDoubt, LostCommits, Noticed, Opening, SqliteStore};

use crate::temporary::{KEY_CHECK, audit_key, empty_store};

const SESSIONS: u8 = 20;

/// Bytes of the log's header, of a frame's, and of a page.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4_096;

/// The database, its log and its index, as kill -9 leaves them.
struct Killed {
    database: Vec<u8>,
    log: Vec<u8>,
    index: Vec<u8>,
}

/// After twenty acknowledged logins, with nothing folded yet.
static KILLED: LazyLock<Killed> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (store, user) = (empty_store(), user(HERE, 1));
        let put = vec![Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())];
        store.commit(put).await.unwrap();
        for byte in 0..SESSIONS {
            store.commit(vec![Change::OpenSession(session(byte, &user).into())]).await.unwrap();
        }
        let read = |suffix| fs::read(beside(&store.path(), suffix)).unwrap();
        Killed { database: read(""), log: read("-wal"), index: read("-shm") }
    })
});

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// What the process left, in a folder of its own.
struct Left(TempDir);

impl Left {
    fn new() -> Self {
        let left = Self(tempfile::tempdir().unwrap());
        let Killed { database, log, index } = &*KILLED;
        for (suffix, bytes) in [("", database), ("-wal", log), ("-shm", index)] {
            fs::write(left.path(suffix), bytes).unwrap();
        }
        left
    }

    fn path(&self, suffix: &str) -> PathBuf {
        beside(&self.0.path().join("vestibule.db"), suffix)
    }

    fn write(&self, bytes: &[u8], at: usize) {
        let file = fs::File::options().write(true).open(self.path("-wal")).unwrap();
        file.write_all_at(bytes, at as u64).unwrap();
    }

    fn without_index(self) -> Self {
        fs::remove_file(self.path("-shm")).unwrap();
        self
    }

    /// What an opening says is lost, and how many sessions there are.
    fn open(&self) -> (Option<LostCommits>, usize) {
        let opening = Opening { witness: None, in_doubt: InDoubt::EndSessions, entry: &|_| None };
        let opened = SqliteStore::open_noticing(&self.path(""), KEY_CHECK, Arc::new(audit_key()), opening);
        let (store, noticed) = opened.unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sessions = runtime.block_on(store.sessions(None, 1_000)).unwrap().len();
        let lost = match noticed.as_slice() {
            [] => None,
            [Noticed::LostCommits(lost)] => Some(*lost),
            other => panic!("noticed {other:?}"),
        };
        (lost, sessions)
    }
}

fn frames() -> usize {
    (KILLED.log.len() - HEADER) / FRAME
}

/// The frames that end a commit, by number from 0.
fn commits() -> Vec<usize> {
    let ends = |frame: &usize| KILLED.log[HEADER + frame * FRAME + 4..][..4] != [0; 4];
    (0..frames()).filter(ends).collect()
}

#[test]
fn what_a_killed_process_leaves_is_no_loss() {
    assert_eq!(Left::new().open(), (None, usize::from(SESSIONS)));
    assert_eq!(Left::new().without_index().open(), (None, usize::from(SESSIONS)));
}

#[test]
fn garbage_in_the_last_frames_is_a_loss() {
    let left = Left::new();
    left.write(&[0x5a; 2 * FRAME], KILLED.log.len() - 2 * FRAME);
    let (lost, sessions) = left.open();
    assert!(sessions < usize::from(SESSIONS));
    assert_eq!(lost.unwrap().written as usize, frames());
}

#[test]
fn a_loss_is_told_once() {
    let left = Left::new();
    left.write(&[0x5a; FRAME], KILLED.log.len() - FRAME);
    assert!(left.open().0.is_some());
    assert_eq!(left.open().0, None);
}

#[test]
fn a_log_that_was_cut_short_or_removed_is_a_loss() {
    let left = Left::new();
    fs::write(left.path("-wal"), &KILLED.log[..KILLED.log.len() - 100]).unwrap();
    assert!(left.open().0.is_some());
    let left = Left::new();
    fs::remove_file(left.path("-wal")).unwrap();
    assert!(left.open().0.is_some());
}

#[test]
fn frames_that_were_being_written_are_no_loss() {
    // A commit that was cut off: its header and half a page, or whole frames without the last.
    let last = &KILLED.log[KILLED.log.len() - FRAME..];
    for (bytes, what) in [(&last[..24], "a header"), (&last[..2_000], "half a frame"), (last, "a frame")] {
        let left = Left::new();
        left.write(bytes, KILLED.log.len());
        assert_eq!(left.open(), (None, usize::from(SESSIONS)), "{what}");
    }
}

#[test]
fn without_an_index_the_last_commit_may_have_been_cut_off_and_those_before_it_not() {
    let commits = commits();
    let broken = |number: usize| {
        let left = Left::new().without_index();
        left.write(&[0x5a], HEADER + commits[commits.len() - number] * FRAME + 100);
        left.open().0
    };
    assert_eq!(broken(1), None);
    assert!(broken(3).is_some());
}

#[test]
fn what_is_folded_is_not_lost_with_its_log() {
    let left = Left::new();
    drop(rusqlite::Connection::open(left.path("")).unwrap().execute_batch("PRAGMA wal_checkpoint(FULL)"));
    assert_eq!(left.open(), (None, usize::from(SESSIONS)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_bit_anywhere_in_what_was_committed_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let at = at.index(KILLED.log.len());
        let left = Left::new();
        left.write(&[KILLED.log[at] ^ (1 << bit)], at);
        let (lost, sessions) = left.open();
        prop_assert!(lost.is_some(), "byte {}", at);
        prop_assert!(sessions < usize::from(SESSIONS), "byte {}", at);
    }

    #[test]
    fn whatever_stands_behind_what_was_committed_is_no_loss(
        rubbish in prop::collection::vec(any::<u8>(), 0..3 * FRAME), as_frame in any::<bool>(),
    ) {
        let left = Left::new();
        let mut rubbish = rubbish;
        if as_frame && rubbish.len() >= 24 {
            // With the salts of the log, and as the end of a commit.
            rubbish[4..16].copy_from_slice(&KILLED.log[KILLED.log.len() - FRAME + 4..][..12]);
        }
        left.write(&rubbish, KILLED.log.len());
        prop_assert_eq!(left.open(), (None, usize::from(SESSIONS)));
    }
}
