//! Floods: however many, few entries and no commits.

use std::time::Duration;

use vestibule_auth::FailureLimit;
use vestibule_model::{AuditAction, Clock, Refusal};
use vestibule_testkit::TestServer;

use crate::{of_action, refusals};

async fn without_limit() -> TestServer {
    TestServer::start_with(|fixture, settings| {
        settings.failures = FailureLimit { per_minute: 0, burst: 0 };
        fixture.account.lockout_policy.failures = 0;
    })
    .await
}

#[tokio::test]
async fn a1_a_flood_of_failures_is_one_entry_a_minute() {
    let server = without_limit().await;
    for _ in 0..50 {
        server.log_in("name", "wrong").await;
    }
    server.clock.advance(Duration::from_mins(1));
    for _ in 0..5 {
        server.log_in("name", "wrong").await;
    }
    let expected = [(Refusal::WrongPassword, 50), (Refusal::WrongPassword, 5)];
    assert_eq!(refusals(&server, AuditAction::LogInRefused).await, expected);
}

#[tokio::test]
async fn a1_names_that_an_attacker_invents_do_not_make_entries_of_their_own() {
    let server = without_limit().await;
    for number in 0..50 {
        server.log_in(&format!("invented-{number}"), "wrong").await;
    }
    assert_eq!(refusals(&server, AuditAction::LogInRefused).await, [(Refusal::UnknownUser, 50)]);
}

#[tokio::test]
async fn a_failure_waits_in_memory_until_its_minute_is_over() {
    let server = without_limit().await;
    server.log_in("name", "wrong").await;
    server.auth.flush().await.unwrap();
    let query = vestibule_store::AuditQuery::default();
    assert!(server.store.audit(query.clone()).await.unwrap().entries.is_empty());
    server.clock.advance(Duration::from_mins(1));
    server.auth.flush().await.unwrap();
    assert_eq!(server.store.audit(query).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn an_address_that_is_turned_away_is_counted_as_that() {
    let server = TestServer::start_with(|_, settings| {
        settings.failures = FailureLimit { per_minute: 1, burst: 2 };
    })
    .await;
    let begun = server.clock.now();
    for _ in 0..10 {
        server.log_in("name", "wrong").await;
    }
    let refused = refusals(&server, AuditAction::LogInRefused).await;
    assert!(refused.contains(&(Refusal::TooManyFailures, 8)), "{refused:?}");
    let records = of_action(&server, AuditAction::LogInRefused).await;
    assert!(records.iter().all(|record| record.at == begun));
}
