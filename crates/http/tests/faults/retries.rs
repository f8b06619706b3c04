//! What the store did not take is kept and tried again, as often as it fails.

use std::time::Duration;

use vestibule_model::{AuditAction, Clock, Unlock};
use vestibule_store::{AuditQuery, Change};
use vestibule_testkit::{Fault, TestServer};

use crate::stored;

/// Tries what waits until the store has been asked so often in vain.
async fn flush_until_failed(server: &TestServer, times: usize) {
    for _ in 0..10_000 {
        if server.faults.failed() >= times {
            return;
        }
        let _ = server.auth.flush().await;
        tokio::task::yield_now().await;
    }
    assert_eq!(server.faults.failed(), times, "the store was not asked so often");
}

#[tokio::test]
async fn the_last_uses_of_a_write_that_failed_are_written_later() {
    let server = TestServer::start().await;
    let session = server.session().await;
    server.clock.advance(Duration::from_hours(4));
    assert_eq!(server.refresh(&session).await, 200);
    server.faults.fail(Fault::commits_with(|change| matches!(change, Change::NoteLastUses(_))).times(1));
    assert!(server.auth.flush().await.is_err());
    server.auth.flush().await.unwrap();
    assert_eq!(stored(&server).await[0].last_used, server.clock.now());
}

#[tokio::test]
async fn s3_the_end_of_a_session_is_tried_again() {
    let server = TestServer::start().await;
    let session = server.session().await;
    server.faults.fail(Fault::commits_with(Change::ends_sessions).times(1));
    server.log_out(&session).await;
    assert_eq!(stored(&server).await.len(), 1, "the store has it still");
    assert_eq!(server.refresh(&session).await, 401);
    server.auth.flush().await.unwrap();
    assert_eq!(stored(&server).await, []);
}

#[tokio::test]
async fn s3_what_fails_again_and_again_is_not_dropped() {
    let server = TestServer::start().await;
    let session = server.session().await;
    server.faults.fail(Fault::commits_with(Change::ends_sessions).times(3));
    server.log_out(&session).await;
    assert!(server.auth.flush().await.is_err());
    assert!(server.auth.flush().await.is_err());
    server.auth.flush().await.unwrap();
    assert_eq!(stored(&server).await, []);
    assert_eq!(server.faults.failed(), 3);
}

#[tokio::test]
async fn s3_a_lock_that_was_not_stored_is_tried_again() {
    let mut server = TestServer::start_with(|fixture, _| {
        fixture.account.lockout_policy.failures = 1;
        fixture.account.lockout_policy.unlock = Unlock::ByAdministrator;
    })
    .await;
    server.faults.fail(Fault::commits_with(|change| matches!(change, Change::SetLock { .. })).times(1));
    assert_eq!(server.log_in("name", "wrong").await.status(), 401);
    flush_until_failed(&server, 1).await;
    // What failed waits by now, or is about to: its task has the turn after the commit.
    for _ in 0..100 {
        tokio::task::yield_now().await;
        server.auth.flush().await.unwrap();
    }
    server.restart().await;
    assert_eq!(server.log_in("name", "password").await.status(), 401);
}

#[tokio::test]
async fn entries_of_the_audit_that_were_counted_are_tried_again() {
    let server = TestServer::start().await;
    assert_eq!(server.log_in("name", "wrong").await.status(), 401);
    server.faults.fail(Fault::commits_with(|change| matches!(change, Change::Audit(_))).times(1));
    assert!(server.auth.flush_audit().await.is_err());
    server.auth.flush_audit().await.unwrap();
    let entries =
        server.store.audit(AuditQuery { limit: 100, ..AuditQuery::default() }).await.unwrap().entries;
    let refused = entries.iter().filter(|entry| entry.record.action == AuditAction::LogInRefused);
    assert_eq!(refused.count(), 1);
}
