//! What goes wrong below the store: every caller is told, nothing acknowledged is lost, and it goes on by itself.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use vestibule_model::SessionId;
use vestibule_store::conformance::samples::{HERE, account, session, skill, user};
use vestibule_store::{Change, Store, StoreError, StoreFuture};

use crate::{SqliteStore, audit_key};

/// Beyond it the test has failed.
const LONGEST: Duration = Duration::from_secs(30);

const KEY_CHECK: [u8; 32] = [7; 32];

/// A store that has an account and a user.
async fn store() -> (SqliteStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&path(&directory), KEY_CHECK, audit_key()).unwrap();
    let user = Change::PutUser(user(HERE, 1).into());
    store.commit(vec![Change::PutAccount(account(HERE).into()), user]).await.unwrap();
    (store, directory)
}

fn path(directory: &TempDir) -> PathBuf {
    directory.path().join("vestibule.db")
}

/// The commit that opens one session.
fn open(store: &SqliteStore, byte: u8) -> StoreFuture<'_, vestibule_store::Outcome> {
    store.commit(vec![Change::OpenSession(session(byte, &user(HERE, 1)).into())])
}

/// The first bytes of the ids of the sessions there are.
async fn opened(store: &SqliteStore) -> Vec<u8> {
    store.sessions(None, 1_000).await.unwrap().iter().map(|stored| stored.session.id.0[0]).collect()
}

fn meddle(store: &SqliteStore, sql: &'static str) {
    store.queue.as_ref().unwrap().meddle(move |connection| connection.execute_batch(sql).unwrap());
}

/// Holds the writer until the gate is dropped: what is asked for meanwhile becomes one group.
fn hold(store: &SqliteStore) -> mpsc::Sender<()> {
    let (gate, closed) = mpsc::channel();
    store.queue.as_ref().unwrap().meddle(move |_| closed.recv().unwrap_or_default());
    gate
}

/// Something done to the file from outside.
fn outside(directory: &TempDir, sql: &str) {
    Connection::open(path(directory)).unwrap().execute_batch(sql).unwrap();
}

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

#[tokio::test]
async fn a_full_disk_refuses_clearly_loses_nothing_and_is_recovered_from() {
    let (store, _directory) = store().await;
    meddle(&store, "PRAGMA max_page_count = 1");
    let (mut acknowledged, mut refused) = (Vec::new(), None);
    for byte in 0..=255 {
        match open(&store, byte).await {
            Ok(_) => acknowledged.push(byte),
            Err(error) => refused = refused.or(Some((byte, error))),
        }
    }
    let (byte, error) = refused.expect("the disk was never full");
    let StoreError::Unavailable(source) = error else { panic!("refused for another reason: {error:?}") };
    assert!(source.to_string().contains("full"), "{source}");
    assert_eq!(opened(&store).await, acknowledged);
    meddle(&store, "PRAGMA max_page_count = 100000");
    open(&store, byte).await.unwrap();
}

#[tokio::test]
async fn on_a_full_disk_a_group_is_told_commit_by_commit_what_was_written() {
    let (store, _directory) = store().await;
    meddle(&store, "PRAGMA max_page_count = 1");
    let gate = hold(&store);
    let asked: Vec<_> = (0..=255).map(|byte| open(&store, byte)).collect();
    drop(gate);
    let mut acknowledged = Vec::new();
    for (byte, answered) in (0..=255).zip(asked) {
        acknowledged.extend(answered.await.is_ok().then_some(byte));
    }
    assert!(acknowledged.len() < 256, "the disk was never full");
    assert_eq!(opened(&store).await, acknowledged);
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_still_read_and_is_recovered_from() {
    let (store, _directory) = store().await;
    open(&store, 1).await.unwrap();
    meddle(&store, "PRAGMA query_only = ON");
    assert!(is_unavailable(&open(&store, 2).await));
    assert_eq!(opened(&store).await, [1]);
    meddle(&store, "PRAGMA query_only = OFF");
    open(&store, 2).await.unwrap();
}

#[tokio::test]
async fn a_begin_that_fails_is_told_to_the_whole_group_and_recovered_from() {
    let (store, directory) = store().await;
    meddle(&store, "PRAGMA busy_timeout = 1");
    let other = Connection::open(path(&directory)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let gate = hold(&store);
    let asked = [open(&store, 1), open(&store, 2)];
    drop(gate);
    for answered in asked {
        assert!(is_unavailable(&answered.await));
    }
    other.execute_batch("ROLLBACK").unwrap();
    open(&store, 1).await.unwrap();
    assert_eq!(opened(&store).await, [1]);
}

/// How often the writer has waited for another process, in the one test that looks.
static WAITS: (Mutex<u32>, Condvar) = (Mutex::new(0), Condvar::new());

fn wait_for_a_moment(_: i32) -> bool {
    *WAITS.0.lock().unwrap() += 1;
    WAITS.1.notify_all();
    thread::yield_now();
    true
}

#[tokio::test]
async fn another_process_that_writes_for_a_moment_is_waited_for() {
    let (store, directory) = store().await;
    let waits = |connection: &Connection| connection.query_row("PRAGMA busy_timeout", [], |row| row.get(0));
    let (tell, told) = mpsc::channel();
    store.queue.as_ref().unwrap().meddle(move |connection| {
        tell.send(waits(connection)).unwrap();
        // In the place of SQLite's own waiting: the same, but it can be seen.
        connection.busy_handler(Some(wait_for_a_moment)).unwrap();
    });
    assert_eq!(told.recv().unwrap(), Ok(5_000));
    let other = Connection::open(path(&directory)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let asked = open(&store, 1);
    let waits = WAITS.0.lock().unwrap();
    let (waits, waited) = WAITS.1.wait_timeout_while(waits, LONGEST, |waits| *waits < 3).unwrap();
    drop(waits);
    other.execute_batch("COMMIT").unwrap();
    asked.await.unwrap();
    assert!(!waited.timed_out(), "nobody was waited for");
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_the_whole_group_and_recovered_from() {
    let (store, directory) = store().await;
    // A reference to nobody that is looked at only when the transaction ends.
    let break_it = "
        CREATE TABLE broken (user_id INTEGER REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER break_it AFTER INSERT ON sessions WHEN new.id = zeroblob(16)
        BEGIN INSERT INTO broken VALUES (-1); END";
    outside(&directory, break_it);
    let gate = hold(&store);
    let scopes = vec![vestibule_store::DirectoryScope::User(vestibule_model::UserId(1))];
    let since = vestibule_store::Sequence(-1);
    let stale = store.commit(vec![Change::ExpectUnchanged { since, scopes }]);
    let asked = [open(&store, 1), open(&store, 0), stale, open(&store, 2)];
    drop(gate);
    for answered in asked {
        assert!(is_unavailable(&answered.await));
    }
    assert!(opened(&store).await.is_empty());
    outside(&directory, "DROP TRIGGER break_it");
    open(&store, 0).await.unwrap();
    assert_eq!(opened(&store).await, [0]);
}

#[tokio::test]
async fn of_a_group_the_commit_that_is_refused_is_undone_alone() {
    let (store, directory) = store().await;
    let record = |id: i64| {
        let (actor, means) = (vestibule_model::Actor::System, vestibule_model::Means::System);
        let action = vestibule_model::AuditAction::UserUnlocked;
        let at = vestibule_model::Millis::from_unix(id);
        Change::Audit(vestibule_model::AuditRecord::new(at, action, actor, means).into())
    };
    let named = |id: i64| vec![Change::PutSkill(account(HERE).id, skill(id)), record(id)];
    let gate = hold(&store);
    let stranger = Change::OpenSession(session(3, &user(HERE, 2)).into());
    let refused = [named(2), vec![stranger]].concat();
    let asked = [named(1), refused, named(3)].map(|changes| store.commit(changes));
    let opened_beside = open(&store, 1);
    drop(gate);
    let mut verdicts = Vec::new();
    for answered in asked {
        verdicts.push(answered.await.is_ok());
    }
    assert_eq!((verdicts, opened_beside.await.is_ok()), (vec![true, false, true], true));
    let skills = store.directory().await.unwrap().accounts[0].skills.clone();
    assert_eq!(skills, [skill(1), skill(3)]);
    let entries =
        store.audit(vestibule_store::AuditQuery { limit: 9, ..Default::default() }).await.unwrap().entries;
    let told: Vec<i64> = entries.iter().map(|entry| entry.record.at.as_unix()).collect();
    assert_eq!(told, [3, 1]);
    drop(store);
    // The chain fits, and goes on where it ended.
    let store = SqliteStore::open(&path(&directory), KEY_CHECK, audit_key()).unwrap();
    store.commit(named(4)).await.unwrap();
    assert_eq!(opened(&store).await, [1]);
}

#[tokio::test]
async fn a_statement_that_ends_the_transaction_loses_the_group_and_nothing_before_it() {
    let (store, directory) = store().await;
    let break_it = "
        CREATE TRIGGER break_it AFTER INSERT ON sessions WHEN new.id = zeroblob(16)
        BEGIN SELECT RAISE(ROLLBACK, 'given up'); END";
    outside(&directory, break_it);
    open(&store, 9).await.unwrap();
    let gate = hold(&store);
    let both =
        vec![Change::EndSession(SessionId([9; 16])), Change::OpenSession(session(0, &user(HERE, 1)).into())];
    let asked = [open(&store, 1), open(&store, 0), open(&store, 2), store.commit(both)];
    drop(gate);
    for answered in asked {
        let Err(StoreError::Unavailable(source)) = answered.await else { panic!("was acknowledged") };
        assert!(source.to_string().contains("given up"), "{source}");
    }
    assert_eq!(opened(&store).await, [9]);
    open(&store, 1).await.unwrap();
}

#[tokio::test]
async fn a_writer_that_is_gone_is_an_answer_and_not_a_wait() {
    let (store, _directory) = store().await;
    open(&store, 1).await.unwrap();
    let gate = hold(&store);
    store.queue.as_ref().unwrap().meddle(|_| panic!("for the sake of the test"));
    let queued = open(&store, 2);
    drop(gate);
    assert!(is_unavailable(&queued.await));
    assert!(is_unavailable(&open(&store, 3).await));
    assert_eq!(opened(&store).await, [1]);
}

#[tokio::test]
async fn a_reader_that_is_gone_leaves_the_other_and_then_an_answer() {
    let (store, _directory) = store().await;
    let fall = || store.read(|_| -> rusqlite::Result<()> { panic!("for the sake of the test") });
    assert!(is_unavailable(&fall().await));
    store.directory().await.unwrap();
    assert!(is_unavailable(&fall().await));
    assert!(matches!(store.directory().await, Err(StoreError::Unavailable(_))));
}
