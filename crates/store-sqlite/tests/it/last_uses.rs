//! What the blocks of last uses leave in the file, and what a damaged one does.

use rusqlite::Connection;
use vestibule_model::{Millis, Session, SessionId};
use vestibule_store::conformance::samples::{HERE, account, session, user};
use vestibule_store::{Change, LastUse, SessionNumber, Store};

use crate::temporary::{KEY_CHECK, Temporary, empty_store};

/// A store with a session, and its number.
async fn inhabited() -> (Temporary, SessionNumber) {
    let (store, user) = (empty_store(), user(HERE, 1));
    let account = Change::PutAccount(account(HERE).into());
    let session = Change::OpenSession(session(1, &user).into());
    let changes = vec![account, Change::PutUser(user.into()), session];
    let opened = store.commit(changes).await.unwrap().opened;
    (store, opened[0])
}

fn later(minutes: i64) -> Millis {
    let Session { last_used, .. } = session(1, &user(HERE, 1));
    Millis::from_unix(last_used.as_unix() + minutes * 60_000)
}

async fn note(store: &Temporary, number: SessionNumber, at: Millis) {
    store.commit(vec![Change::NoteLastUses(vec![LastUse { number, at }])]).await.unwrap();
}

async fn last_used(store: &Temporary) -> Millis {
    store.session(SessionId([1; 16])).await.unwrap().unwrap().session.last_used
}

fn ask(store: &Temporary, sql: &str) -> i64 {
    Connection::open(store.path()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn the_last_session_of_a_block_takes_it_along() {
    let (store, number) = inhabited().await;
    let second = store.commit(vec![Change::OpenSession(session(2, &user(HERE, 1)).into())]).await.unwrap();
    note(&store, number, later(1)).await;
    note(&store, second.opened[0], later(1)).await;
    for (byte, left) in [(1, 1), (2, 0)] {
        store.commit(vec![Change::EndSession(SessionId([byte; 16]))]).await.unwrap();
        assert_eq!(ask(&store, "SELECT count(*) FROM session_uses"), left);
    }
    // One that was taken out of memory before it ended, and is written after it.
    note(&store, number, later(2)).await;
    assert_eq!(ask(&store, "SELECT count(*) FROM session_uses"), 0);
}

#[tokio::test]
async fn those_who_ended_leave_a_block_that_is_used_within_minutes() {
    let (store, number) = inhabited().await;
    let others: Vec<Change> =
        (2..252).map(|byte| Change::OpenSession(session(byte, &user(HERE, 1)).into())).collect();
    let opened = store.commit(others).await.unwrap().opened;
    let all = opened.into_iter().map(|number| LastUse { number, at: later(1) });
    store.commit(vec![Change::NoteLastUses(all.collect())]).await.unwrap();
    store.commit((2..252).map(|byte| Change::EndSession(SessionId([byte; 16]))).collect()).await.unwrap();
    let size = || ask(&store, "SELECT sum(length(times)) FROM session_uses");
    let full = size();
    note(&store, number, later(9)).await;
    assert!(size() < 20, "{} bytes of {full}", size());
    assert_eq!(last_used(&store).await, later(9));
}

#[tokio::test]
async fn a_damaged_block_keeps_nobody_from_starting_and_begins_anew() {
    let (store, number) = inhabited().await;
    note(&store, number, later(5)).await;
    let damage = "UPDATE session_uses SET times = CAST(x'02' || substr(times, 2) AS BLOB)";
    Connection::open(store.path()).unwrap().execute_batch(damage).unwrap();
    let store = store.reopen(KEY_CHECK).unwrap();
    assert_eq!(store.sessions(None, 9).await.unwrap().len(), 1);
    assert_eq!(last_used(&store).await, later(0));
    note(&store, number, later(3)).await;
    assert_eq!(last_used(&store).await, later(3));
}

#[tokio::test]
async fn numbers_go_on_after_a_restart_when_every_session_has_ended() {
    let (store, number) = inhabited().await;
    store.commit(vec![Change::EndSession(SessionId([1; 16]))]).await.unwrap();
    let store = store.reopen(KEY_CHECK).unwrap();
    let again = Change::OpenSession(session(2, &user(HERE, 1)).into());
    let opened = store.commit(vec![again]).await.unwrap().opened;
    assert!(opened[0] > number, "{opened:?} after {number}");
}
