//! Opening: what is refused, what is kept, what stands in the file system.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

use rusqlite::Connection;
use tempfile::TempDir;
use vestibule_model::{Session, SessionId};
use vestibule_store::conformance::samples::{HERE, account, id, session, skill, user};
use vestibule_store::{Change, Changed, DirectoryScope, Part, PartKind, Store, StoreError};
use vestibule_store_sqlite::{OpenError, SqliteStore};

use crate::temporary::{KEY_CHECK, Temporary, empty_store, open};

/// A store with an account, a user and a session.
async fn inhabited() -> Temporary {
    let (store, user) = (empty_store(), user(HERE, 1));
    let account = Change::PutAccount(account(HERE).into());
    let session = Change::OpenSession(session(1, &user).into());
    store.commit(vec![account, Change::PutUser(user.into()), session]).await.unwrap();
    store
}

fn meddle(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn everything_is_there_after_opening_again() {
    let store = inhabited().await;
    let before = (store.directory().await.unwrap(), store.sessions(None, 9).await.unwrap());
    let store = store.reopen(KEY_CHECK).unwrap();
    let after = (store.directory().await.unwrap(), store.sessions(None, 9).await.unwrap());
    assert_eq!(after, before);
}

#[tokio::test]
async fn another_master_key_is_refused_and_the_first_still_accepted() {
    let store = inhabited().await;
    let path = store.path();
    let refused = open(&path, [8; 32]).unwrap_err();
    assert!(matches!(refused, OpenError::WrongMasterKey(_)), "{refused:?}");
    store.reopen(KEY_CHECK).unwrap();
}

#[tokio::test]
async fn a_trigger_of_somebody_else_is_refused() {
    let store = inhabited().await;
    meddle(&store.path(), "CREATE TRIGGER kept BEFORE DELETE ON sessions BEGIN SELECT RAISE(IGNORE); END;");
    let refused = store.reopen(KEY_CHECK).unwrap_err();
    assert!(matches!(&refused, OpenError::ForeignSchema(what) if what == "trigger kept"), "{refused:?}");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let store = inhabited().await;
    meddle(&store.path(), "INSERT INTO migrations VALUES (900, 'from_the_future', x'00')");
    let refused = store.reopen(KEY_CHECK).unwrap_err();
    assert!(matches!(refused, OpenError::NewerSchema { found: 900, .. }), "{refused:?}");
}

#[tokio::test]
async fn a_migration_with_another_checksum_is_refused() {
    let store = inhabited().await;
    meddle(&store.path(), "UPDATE migrations SET checksum = zeroblob(32) WHERE number = 1");
    let refused = store.reopen(KEY_CHECK).unwrap_err();
    assert!(matches!(refused, OpenError::MigrationDiffers { number: 1, .. }), "{refused:?}");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letter.txt");
    let letter = "Dear reader, ".repeat(100);
    fs::write(&path, &letter).unwrap();
    let refused = open(&path, KEY_CHECK).unwrap_err();
    assert!(refused.to_string().contains("letter.txt"), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), letter);
}

#[test]
fn a_directory_that_does_not_exist_is_named() {
    let refused = open(Path::new("/nowhere/vestibule.db"), KEY_CHECK).unwrap_err();
    assert!(refused.to_string().contains("/nowhere/vestibule.db"), "{refused}");
}

#[tokio::test]
async fn only_the_owner_reads_the_file_its_log_and_its_index() {
    let store = inhabited().await;
    for suffix in ["", "-wal", "-shm"] {
        let mut path = store.path().into_os_string();
        path.push(suffix);
        assert_eq!(mode(Path::new(&path)), 0o600, "{suffix}");
    }
}

#[tokio::test]
async fn closing_leaves_one_file_with_everything_in_it() {
    let store = inhabited().await;
    let copies = tempfile::tempdir().unwrap();
    let (path, copy) = (store.path(), copies.path().join("copy.db"));
    let store = store.reopen(KEY_CHECK).unwrap();
    let expected = store.sessions(None, 9).await.unwrap();
    let kept = store.close();
    let files: Vec<_> = fs::read_dir(kept.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["vestibule.db"]);
    fs::copy(&path, &copy).unwrap();
    let copy = open(&copy, KEY_CHECK).unwrap();
    assert_eq!(copy.sessions(None, 9).await.unwrap(), expected);
}

/// Stores that close beside each other make each other wait inside SQLite, between the steps of closing.
#[test]
fn many_stores_that_close_at_once_leave_one_file_each() {
    let close = || empty_store().close();
    let is_alone = |kept: TempDir| fs::read_dir(kept.path()).unwrap().count() == 1;
    let closed = thread::scope(|scope| {
        let threads = [(); 12].map(|()| scope.spawn(|| (0..12).all(|_| is_alone(close()))));
        threads.map(|thread| thread.join().unwrap())
    });
    assert!(closed.iter().all(|alone| *alone), "{closed:?}");
}

#[tokio::test]
async fn closing_writes_what_is_queued() {
    let store = inhabited().await;
    for number in 0..1_000 {
        drop(store.commit(vec![Change::PutSkill(id(HERE), skill(number))]));
    }
    let store = store.reopen(KEY_CHECK).unwrap();
    assert_eq!(store.account(id(HERE)).await.unwrap().unwrap().skills.len(), 1_000);
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_others_commits() {
    let first = inhabited().await;
    let second = open(&first.path(), KEY_CHECK).unwrap();
    let read = second.directory().await.unwrap().sequence;
    first.commit(vec![Change::PutSkill(id(HERE), skill(1))]).await.unwrap();
    let parts = second.changes(read).await.unwrap().changed;
    let changed: Vec<Changed> = parts.iter().map(|part| part.changed).collect();
    assert_eq!(changed, [Changed::OfAccount { account: id(HERE), part: Part::Skill(1) }]);
    let scopes = vec![DirectoryScope::Kind(id(HERE), PartKind::Skill)];
    let late = vec![Change::ExpectUnchanged { since: read, scopes }, Change::PutSkill(id(HERE), skill(2))];
    assert!(matches!(second.commit(late).await, Err(StoreError::DirectoryMoved)));
}

#[tokio::test]
async fn two_stores_write_one_file_at_once() {
    let first = inhabited().await;
    let second = open(&first.path(), KEY_CHECK).unwrap();
    let user = user(HERE, 1);
    let log_in = |store: &SqliteStore, byte| {
        let session = Session { id: SessionId([byte; 16]), ..session(0, &user) };
        drop(store.commit(vec![Change::OpenSession(session.into())]));
    };
    for byte in 10..110 {
        log_in(&first, byte);
        log_in(&second, byte + 100);
    }
    drop(second);
    let first = first.reopen(KEY_CHECK).unwrap();
    assert_eq!(first.sessions(None, 1_000).await.unwrap().len(), 201);
}

#[tokio::test]
async fn a_number_that_stands_for_nothing_is_answered_as_an_error_and_not_as_a_panic() {
    let store = inhabited().await;
    meddle(&store.path(), "UPDATE sessions SET opening = 77");
    let Err(StoreError::Undecodable(row)) = store.sessions(None, 9).await else { panic!("was read") };
    assert!(row.contains("77") && row.contains("opening"), "{row}");
    // The reader goes on.
    meddle(&store.path(), "UPDATE sessions SET opening = 1");
    assert_eq!(store.sessions(None, 9).await.unwrap().len(), 1);
}
