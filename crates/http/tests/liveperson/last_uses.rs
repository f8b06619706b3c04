//! When last uses become durable: in turn, each within the interval, however often a session is used.

use std::collections::BTreeSet;
use std::time::Duration;

use vestibule_auth::Intervals;
use vestibule_model::{Clock, Millis};
use vestibule_store::Change;
use vestibule_testkit::{Fault, Gate, TestServer};

/// Uses the session a second later, and lets last uses be written; answers the one that is stored.
async fn used_a_second_later(server: &TestServer, session: &(String, String)) -> Millis {
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(server.refresh(session).await, 200);
    // The store may have been told to fail.
    let _ = server.auth.write_due_uses().await;
    server.stored_sessions().await[0].last_used
}

#[tokio::test]
async fn a_last_use_is_stored_within_the_interval() {
    let server = TestServer::start().await;
    let session = server.session().await;
    for _ in 0..100 {
        let stored = used_a_second_later(&server, &session).await;
        assert!(server.clock.now().since(stored) <= Intervals::default().touch, "{stored} is stored");
    }
}

#[tokio::test]
async fn a_session_in_steady_use_is_written_seldom_more_than_once_in_each_interval() {
    let server = TestServer::start().await;
    let session = server.session().await;
    let mut stored = BTreeSet::new();
    for _ in 0..600 {
        stored.insert(used_a_second_later(&server, &session).await);
    }
    // Fifteen turns of a seventeenth of half a minute, in ten minutes; and the one that it was opened with.
    assert!((22..=25).contains(&stored.len()), "{} different ones", stored.len());
}

#[tokio::test]
async fn what_the_store_did_not_take_is_written_as_soon_as_it_does() {
    let server = TestServer::start().await;
    let session = server.session().await;
    let opened = server.stored_sessions().await[0].last_used;
    server.faults.fail(Fault::commits_with(|change| matches!(change, Change::NoteLastUses(_))).times(15));
    let mut seconds = 0;
    while server.faults.failed() < 15 {
        assert_eq!(used_a_second_later(&server, &session).await, opened);
        seconds += 1;
        assert!(seconds < 100, "the store was asked {} times", server.faults.failed());
    }
    assert_eq!(used_a_second_later(&server, &session).await, server.clock.now());
}

#[tokio::test]
async fn a_use_after_a_long_pause_is_stored_within_two_seconds() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    server.clock.advance(Duration::from_hours(5));
    let _ = server.auth.write_due_uses().await;
    assert_eq!(server.refresh(&session).await, 200);
    let used = server.clock.now();
    server.clock.advance(Duration::from_secs(1));
    server.auth.write_due_uses().await.unwrap();
    // The process ends here.
    server.restart().await;
    server.clock.set(used.plus(Duration::from_hours(8) - Duration::from_millis(1)));
    assert_eq!(server.refresh(&session).await, 200);
}

#[tokio::test]
async fn what_was_being_written_when_the_task_was_ended_is_written_by_the_last_flush() {
    let server = TestServer::start().await;
    let session = server.session().await;
    server.clock.advance(Duration::from_hours(5));
    assert_eq!(server.refresh(&session).await, 200);
    let gate = Gate::closed();
    let uses = |change: &Change| matches!(change, Change::NoteLastUses(_));
    server.faults.fail(Fault::commits_with(uses).times(1).held_at(&gate));
    {
        let mut due = Box::pin(server.auth.write_due_uses());
        tokio::select! { _ = &mut due => panic!("it was not held"), () = gate.reached() => () }
    }
    gate.open();
    server.faults.heal();
    server.auth.flush().await.unwrap();
    assert_eq!(server.stored_sessions().await[0].last_used, server.clock.now());
}
