//! What a killed process leaves: the file and its log, perhaps with a torn end.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vestibule_store::conformance::samples::{HERE, account, session, user};
use vestibule_store::{Change, Store};

use crate::temporary::{KEY_CHECK, empty_store, open};

const SESSIONS: u8 = 50;

fn log_of(path: &Path) -> PathBuf {
    path.with_extension("db-wal")
}

/// A copy of the files of a store that runs, as kill -9 would leave them after fifty acknowledged logins.
async fn killed() -> (TempDir, PathBuf) {
    let (store, user) = (empty_store(), user(HERE, 1));
    let put = vec![Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())];
    store.commit(put).await.unwrap();
    for byte in 0..SESSIONS {
        store.commit(vec![Change::OpenSession(session(byte, &user).into())]).await.unwrap();
    }
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("vestibule.db");
    fs::copy(store.path(), &copy).unwrap();
    fs::copy(log_of(&store.path()), log_of(&copy)).unwrap();
    (copies, copy)
}

/// Cuts the log off within the last frame that was written. Behind it may stand frames of the time before the log was last
/// begun anew, which have other salts.
fn tear(path: &Path) {
    let mut log = fs::read(path).unwrap();
    let page_size = u32::from_be_bytes(log[8..12].try_into().unwrap());
    let frame = 24 + usize::try_from(page_size).unwrap();
    let salts: [u8; 8] = log[16..24].try_into().unwrap();
    let written = log[32..].chunks_exact(frame).take_while(|frame| frame[8..16] == salts).count();
    assert!(written > 0, "nothing is in the log");
    log.truncate(32 + written * frame - 100);
    fs::write(path, log).unwrap();
}

async fn opened(path: &Path) -> usize {
    open(path, KEY_CHECK).unwrap().sessions(None, 1_000).await.unwrap().len()
}

#[tokio::test]
async fn every_acknowledged_commit_is_there() {
    let (_copies, path) = killed().await;
    assert_eq!(opened(&path).await, usize::from(SESSIONS));
}

#[tokio::test]
async fn rubbish_behind_the_end_of_the_log_is_ignored() {
    let (_copies, path) = killed().await;
    let mut log = fs::read(log_of(&path)).unwrap();
    log.extend([0xa5; 5_000]);
    fs::write(log_of(&path), log).unwrap();
    assert_eq!(opened(&path).await, usize::from(SESSIONS));
}

#[tokio::test]
async fn a_torn_last_commit_takes_no_other_with_it() {
    let (_copies, path) = killed().await;
    tear(&log_of(&path));
    assert_eq!(opened(&path).await, usize::from(SESSIONS) - 1);
}

#[tokio::test]
async fn a_torn_log_is_written_on_after_it() {
    let (_copies, path) = killed().await;
    tear(&log_of(&path));
    let store = open(&path, KEY_CHECK).unwrap();
    let again = session(SESSIONS - 1, &user(HERE, 1));
    store.commit(vec![Change::OpenSession(again.into())]).await.unwrap();
    drop(store);
    assert_eq!(opened(&path).await, usize::from(SESSIONS));
}
