//! Retention.

use std::time::Duration;

use vestibule_model::{AuditAction, Clock};
use vestibule_testkit::TestServer;

use crate::audit;

const DAY: Duration = Duration::from_hours(24);

async fn keeping(retention: Option<Duration>) -> TestServer {
    TestServer::start_with(|_, settings| settings.audit_retention = retention).await
}

async fn actions(server: &TestServer) -> Vec<AuditAction> {
    audit(server).await.iter().map(|entry| entry.record.action).collect()
}

#[tokio::test]
async fn what_is_older_than_the_retention_goes_and_that_is_told() {
    let server = keeping(Some(DAY)).await;
    server.session().await;
    server.clock.advance(2 * DAY);
    server.session().await;
    server.auth.prune_audit(server.clock.now()).await.unwrap();
    assert_eq!(actions(&server).await.last(), Some(&AuditAction::AuditPruned));
    let oldest = audit(&server).await[0].record.at;
    assert!(oldest >= server.clock.now().minus(DAY));
}

#[tokio::test]
async fn nothing_goes_without_a_retention() {
    let server = keeping(None).await;
    server.session().await;
    server.clock.advance(5_000 * DAY);
    server.auth.prune_audit(server.clock.now()).await.unwrap();
    assert_eq!(actions(&server).await, [AuditAction::LoggedIn]);
}

#[tokio::test]
async fn nothing_goes_before_its_time() {
    let server = keeping(Some(DAY)).await;
    server.session().await;
    server.clock.advance(DAY);
    server.auth.prune_audit(server.clock.now()).await.unwrap();
    assert_eq!(actions(&server).await, [AuditAction::LoggedIn]);
}
