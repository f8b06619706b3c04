//! Copies: taken under load, looked at, made ready.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use vestibule_model::{MasterKeyRecord, Millis, Session, SessionId};
use vestibule_store::conformance::samples::{HERE, account, id, session, skill, user};
use vestibule_store::{Change, Store};
use vestibule_store_sqlite::{
    BackupError, BackupNote, Contents, CopyError, FoldError, OpenError, Sessions, SqliteStore, back_up,
    fold_log, inspect, make_ready,
};

use crate::temporary::{KEY_CHECK, Temporary, audit_key, empty_store};

fn note() -> BackupNote {
    BackupNote::new(Millis::from_unix(1_790_000_000_123), "1.2.3")
}

fn copy_of(store: &Temporary) -> PathBuf {
    store.path().with_file_name("copy.db")
}

fn backed_up(store: &Temporary) -> (PathBuf, Contents) {
    let copy = copy_of(store);
    let contents = back_up(&store.path(), &copy, &note(), &mut |_| ControlFlow::Continue(())).unwrap();
    (copy, contents)
}

async fn with_sessions(number: u8) -> Temporary {
    let (store, user) = (empty_store(), user(HERE, 1));
    let mut changes = vec![Change::PutAccount(account(HERE).into()), Change::PutUser(user.clone().into())];
    let open = |byte| Change::OpenSession(Session { id: SessionId([byte; 16]), ..session(0, &user) }.into());
    changes.extend((0..number).map(open));
    store.commit(changes).await.unwrap();
    store
}

fn meddle(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn refusal(copy: &Path) -> CopyError {
    inspect(copy).unwrap_err()
}

#[tokio::test]
async fn a_copy_holds_what_the_database_held() {
    let store = with_sessions(3).await;
    let expected = (store.directory().await.unwrap(), store.sessions(None, 9).await.unwrap());
    let (copy, _) = backed_up(&store);
    let copy = SqliteStore::open(&copy, KEY_CHECK, std::sync::Arc::new(audit_key())).unwrap();
    assert_eq!((copy.directory().await.unwrap(), copy.sessions(None, 9).await.unwrap()), expected);
}

#[tokio::test]
async fn a_copy_says_what_it_holds() {
    let store = with_sessions(3).await;
    let (copy, contents) = backed_up(&store);
    let expected = Contents {
        schema: contents.schema,
        master_keys: vec![MasterKeyRecord::first(KEY_CHECK)],
        accounts: 1,
        users: 1,
        sessions: 3,
        note: Some(note()),
    };
    assert_eq!((&contents, inspect(&copy).unwrap()), (&expected, expected.clone()));
}

#[tokio::test]
async fn a_copy_is_one_file() {
    let store = with_sessions(3).await;
    let (copy, _) = backed_up(&store);
    for suffix in ["-wal", "-shm", "-journal"] {
        let mut beside = copy.clone().into_os_string();
        beside.push(suffix);
        assert!(!Path::new(&beside).exists(), "{suffix}");
    }
}

#[tokio::test]
async fn a_copy_of_a_closed_database_is_taken_too() {
    let kept = with_sessions(3).await.close();
    let copy = kept.path().join("copy.db");
    let database = kept.path().join("vestibule.db");
    let contents = back_up(&database, &copy, &note(), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(contents.sessions, 3);
}

/// Each commit puts two skills: a copy that was no single moment would show one without the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_one_moment_of_a_database_that_is_written() {
    let store = with_sessions(0).await;
    let (path, copy) = (store.path(), copy_of(&store));
    let task = tokio::task::spawn_blocking(move || {
        (0..20)
            .map(|_| {
                let _ = fs::remove_file(&copy);
                back_up(&path, &copy, &note(), &mut |_| ControlFlow::Continue(())).unwrap();
                let skills = "SELECT count(*) FROM skills";
                Connection::open(&copy).unwrap().query_row(skills, [], |row| row.get::<_, i64>(0)).unwrap()
            })
            .collect::<Vec<_>>()
    });
    let mut number = 0;
    while !task.is_finished() {
        let pair = [number, number + 1].map(|number| Change::PutSkill(id(HERE), skill(number)));
        store.commit(pair.into()).await.unwrap();
        number += 2;
    }
    let counts = task.await.unwrap();
    assert!(counts.iter().all(|count| count % 2 == 0) && counts.is_sorted(), "{counts:?}");
    assert!(counts.first() < counts.last(), "nothing was written meanwhile: {counts:?}");
}

/// Each step copies 1,024 pages. Without a snapshot that is held over all of them a commit between two begins the copy anew.
#[test]
fn what_is_committed_between_two_steps_is_not_in_the_copy() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = runtime.block_on(with_sessions(0));
    meddle(&store.path(), "INSERT INTO meta VALUES ('filler', zeroblob(13 << 20))");
    let (mut number, mut steps) = (0, Vec::new());
    let copy = copy_of(&store);
    let contents = back_up(&store.path(), &copy, &note(), &mut |progress| {
        steps.push(progress);
        let user = user(HERE, 1);
        let session = Session { id: SessionId([number; 16]), ..session(0, &user) };
        runtime.block_on(store.commit(vec![Change::OpenSession(session.into())])).unwrap();
        number += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(contents.unwrap().sessions, 0);
    assert_eq!(runtime.block_on(store.sessions(None, 9)).unwrap().len(), steps.len());
    assert!(steps.len() >= 4 && steps.iter().all(|step| step.total == steps[0].total), "{steps:?}");
    assert!(steps.is_sorted_by(|one, next| one.done < next.done), "begun anew: {steps:?}");
}

#[tokio::test]
async fn a_copy_that_is_not_wanted_any_more_is_given_up() {
    let store = with_sessions(3).await;
    let stopped = back_up(&store.path(), &copy_of(&store), &note(), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(BackupError::Stopped)), "{stopped:?}");
}

#[tokio::test]
async fn progress_ends_at_the_whole() {
    let store = with_sessions(3).await;
    let mut last = None;
    back_up(&store.path(), &copy_of(&store), &note(), &mut |progress| {
        last = Some(progress);
        ControlFlow::Continue(())
    })
    .unwrap();
    let last = last.unwrap();
    assert!(last.done == last.total && last.total > 0, "{last:?}");
}

#[tokio::test]
async fn kept_sessions_are_there_after_making_ready() {
    let store = with_sessions(3).await;
    let (copy, _) = backed_up(&store);
    assert_eq!(make_ready(&copy, Sessions::Keep).unwrap(), 0);
    assert_eq!(inspect(&copy).unwrap().sessions, 3);
}

#[tokio::test]
async fn ended_sessions_are_counted_and_gone() {
    let store = with_sessions(3).await;
    let (copy, _) = backed_up(&store);
    assert_eq!(make_ready(&copy, Sessions::End).unwrap(), 3);
    assert_eq!(inspect(&copy).unwrap().sessions, 0);
}

#[tokio::test]
async fn of_ended_sessions_nothing_is_left_in_the_file() {
    let store = with_sessions(200).await;
    let (copy, _) = backed_up(&store);
    let holds = |byte: u8| fs::read(&copy).unwrap().windows(16).any(|window| window == [byte; 16]);
    assert!(holds(77));
    make_ready(&copy, Sessions::End).unwrap();
    assert!(!holds(77));
}

#[tokio::test]
async fn the_note_is_gone_after_making_ready() {
    let store = with_sessions(1).await;
    let (copy, _) = backed_up(&store);
    make_ready(&copy, Sessions::Keep).unwrap();
    assert_eq!(inspect(&copy).unwrap().note, None);
}

#[tokio::test]
async fn a_copy_of_a_newer_schema_is_refused() {
    let store = with_sessions(1).await;
    let (copy, _) = backed_up(&store);
    meddle(&copy, "INSERT INTO migrations VALUES (900, 'from_the_future', x'00')");
    let refused = refusal(&copy);
    assert!(matches!(refused, CopyError::Schema(OpenError::NewerSchema { found: 900, .. })), "{refused:?}");
}

#[tokio::test]
async fn a_copy_with_another_migration_is_refused() {
    let store = with_sessions(1).await;
    let (copy, _) = backed_up(&store);
    meddle(&copy, "UPDATE migrations SET checksum = zeroblob(32) WHERE number = 1");
    let refused = refusal(&copy);
    assert!(
        matches!(refused, CopyError::Schema(OpenError::MigrationDiffers { number: 1, .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_copy_that_was_cut_short_is_refused() {
    let store = with_sessions(200).await;
    let (copy, _) = backed_up(&store);
    let half = fs::metadata(&copy).unwrap().len() / 2;
    fs::OpenOptions::new().write(true).open(&copy).unwrap().set_len(half).unwrap();
    let refused = refusal(&copy);
    assert!(matches!(refused, CopyError::Damaged(_)), "{refused:?}");
}

#[tokio::test]
async fn a_copy_with_an_overwritten_page_is_refused() {
    let store = with_sessions(200).await;
    let (copy, _) = backed_up(&store);
    let mut bytes = fs::read(&copy).unwrap();
    let last = bytes.len() - 4096;
    bytes[last..].fill(0x5a);
    fs::write(&copy, bytes).unwrap();
    let refused = refusal(&copy);
    assert!(matches!(refused, CopyError::Damaged(_)), "{refused:?}");
}

#[test]
fn a_text_is_no_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    fs::write(&path, "Dear reader, ".repeat(100)).unwrap();
    assert!(matches!(refusal(&path), CopyError::NoDatabase));
}

#[test]
fn an_empty_file_is_no_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty");
    fs::write(&path, "").unwrap();
    assert!(matches!(refusal(&path), CopyError::Foreign));
}

#[test]
fn the_database_of_another_program_is_no_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photographs.db");
    meddle(&path, "CREATE TABLE photographs (name TEXT)");
    assert!(matches!(refusal(&path), CopyError::Foreign));
}

#[tokio::test]
async fn a_database_whose_process_was_killed_is_folded_into_one_file() {
    let store = with_sessions(3).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    for suffix in ["", "-wal"] {
        let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        fs::copy(with(&store.path()), with(&path)).unwrap();
    }
    fold_log(&path).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(inspect(&path).unwrap().sessions, 3);
}

#[tokio::test]
async fn a_database_in_use_keeps_its_log() {
    let store = with_sessions(3).await;
    let refused = fold_log(&store.path()).unwrap_err();
    assert!(matches!(refused, FoldError::InUse), "{refused:?}");
    assert_eq!(store.sessions(None, 9).await.unwrap().len(), 3);
}

#[test]
fn of_a_file_that_is_no_database_the_log_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("vestibule.db"), folder.path().join("vestibule.db-wal"));
    fs::write(&path, "damaged ".repeat(1_000)).unwrap();
    fs::write(&log, "its log").unwrap();
    let refused = fold_log(&path).unwrap_err();
    assert!(matches!(refused, FoldError::Unreadable(_)), "{refused:?}");
    assert_eq!(fs::read_to_string(&log).unwrap(), "its log");
}
