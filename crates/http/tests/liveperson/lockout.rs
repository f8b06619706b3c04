//! Lock-out after failed logins.

use std::time::Duration;

use serde_json::json;
use vestibule_model::{AuditReason, Population, Refusal, Unlock};
use vestibule_store::Change;
use vestibule_testkit::TestServer;

use crate::told;

async fn with_failures(failures: u32, unlock: Unlock) -> TestServer {
    TestServer::start_with(|fixture, settings| {
        fixture.account.lockout_policy.failures = failures;
        fixture.account.lockout_policy.unlock = unlock;
        settings.failures.per_minute = 0;
    })
    .await
}

async fn fail(server: &TestServer, times: usize) {
    for _ in 0..times {
        assert_eq!(server.log_in("name", "wrong").await.status(), 401);
    }
}

#[tokio::test]
async fn failures_below_the_limit_do_not_lock() {
    let server = with_failures(3, Unlock::ByAdministrator).await;
    fail(&server, 2).await;
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn locks_are_counted_and_nothing_else() {
    let server = with_failures(3, Unlock::ByAdministrator).await;
    fail(&server, 2).await;
    assert_eq!(server.auth.lockout_count(), 0);
    fail(&server, 3).await;
    assert_eq!(server.auth.lockout_count(), 1);
}

#[tokio::test]
async fn a_success_starts_the_count_anew() {
    let server = with_failures(3, Unlock::ByAdministrator).await;
    for _ in 0..3 {
        fail(&server, 2).await;
        assert_eq!(server.log_in("name", "password").await.status(), 200);
    }
}

#[tokio::test]
async fn the_lock_is_told_to_whoever_proves_the_password() {
    let server = with_failures(3, Unlock::ByAdministrator).await;
    fail(&server, 3).await;
    let (status, body) = told(server.log_in("name", "password").await).await;
    assert_eq!((status, &body["internalCode"]), (401, &json!(101)));
}

#[tokio::test]
async fn a_locked_user_answers_a_wrong_password_like_any_other() {
    let server = with_failures(1, Unlock::ByAdministrator).await;
    fail(&server, 1).await;
    let (status, body) = told(server.log_in("name", "wrong").await).await;
    assert_eq!((status, body), (401, json!({ "error": "Bad Authentication (invalid site or agent)" })));
}

#[tokio::test]
async fn guessing_on_finds_no_password_behind_the_lock() {
    let server = with_failures(3, Unlock::ByAdministrator).await;
    fail(&server, 6).await;
    let (status, body) = told(server.log_in("name", "password").await).await;
    assert_eq!((status, body), (401, json!({ "error": "Bad Authentication (invalid site or agent)" })));
}

#[tokio::test]
async fn a_timed_lock_ends_by_itself() {
    let server = with_failures(3, Unlock::AfterMinutes(30)).await;
    fail(&server, 3).await;
    server.clock.advance(Duration::from_mins(30) - Duration::from_millis(1));
    assert_eq!(server.log_in("name", "password").await.status(), 401);
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn after_a_timed_lock_failures_count_anew_and_lock_again() {
    let server = with_failures(3, Unlock::AfterMinutes(30)).await;
    for _ in 0..2 {
        fail(&server, 3).await;
        let (_, body) = told(server.log_in("name", "password").await).await;
        assert_eq!(body["internalCode"], 101);
        server.clock.advance(Duration::from_mins(30));
    }
    fail(&server, 2).await;
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn after_a_restart_a_timed_lock_ends_and_failures_count_anew() {
    let mut server = with_failures(3, Unlock::AfterMinutes(30)).await;
    fail(&server, 3).await;
    server.restart().await;
    fail(&server, 2).await;
    server.clock.advance(Duration::from_mins(30));
    fail(&server, 2).await;
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn after_a_restart_a_timed_lock_holds_for_the_rest_of_its_time() {
    let mut server = with_failures(3, Unlock::AfterMinutes(30)).await;
    server.clock.advance(Duration::from_hours(10));
    fail(&server, 3).await;
    server.clock.advance(Duration::from_mins(20));
    server.restart().await;
    assert_eq!(server.log_in("name", "password").await.status(), 401);
    server.clock.advance(Duration::from_mins(10));
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn a_lock_that_ended_stays_ended_when_the_policy_changes() {
    let server = with_failures(3, Unlock::AfterMinutes(30)).await;
    fail(&server, 3).await;
    server.clock.advance(Duration::from_mins(30));
    assert_eq!(server.log_in("name", "password").await.status(), 200);
    let mut account = server.fixture.account.clone();
    account.lockout_policy.unlock = Unlock::ByAdministrator;
    server.store.commit(Vec::new()).await.unwrap();
    server.change(vec![Change::PutAccount(Box::new(account))]).await;
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn f3_a_lock_of_a_clock_that_ran_ahead_ends_when_its_time_has_passed() {
    let server = with_failures(3, Unlock::AfterMinutes(30)).await;
    let begun = vestibule_model::Clock::now(&*server.clock);
    server.clock.advance(Duration::from_hours(24 * 365));
    fail(&server, 3).await;
    server.clock.set(begun);
    server.clock.advance(Duration::from_mins(30) - Duration::from_millis(1));
    assert_eq!(server.log_in("name", "password").await.status(), 401);
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn f3_a_clock_that_is_set_back_prolongs_no_lock() {
    let server = with_failures(3, Unlock::AfterMinutes(30)).await;
    fail(&server, 3).await;
    let begun = vestibule_model::Clock::now(&*server.clock);
    server.clock.set(begun.minus(Duration::from_mins(2)));
    server.clock.advance(Duration::from_mins(30));
    // A wrong one first: what it leaves behind does not lock again.
    fail(&server, 1).await;
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn f3_a_clock_that_is_set_ahead_ends_no_lock() {
    let server = with_failures(3, Unlock::AfterMinutes(30)).await;
    fail(&server, 3).await;
    let begun = vestibule_model::Clock::now(&*server.clock);
    server.clock.set(begun.plus(Duration::from_hours(1)));
    assert_eq!(server.log_in("name", "password").await.status(), 401);
}

#[tokio::test]
async fn an_administrator_unlocks() {
    let server = with_failures(3, Unlock::ByAdministrator).await;
    fail(&server, 3).await;
    server.auth.flush().await.unwrap();
    let user = server.fixture.users[0].id;
    server.auth.follow().await.unwrap();
    server.change(vec![Change::SetLock { user, locked_at: None }]).await;
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn s3_a_lock_survives_a_restart() {
    let mut server = with_failures(3, Unlock::ByAdministrator).await;
    fail(&server, 3).await;
    server.restart().await;
    assert_eq!(server.log_in("name", "password").await.status(), 401);
}

#[tokio::test]
async fn a_limit_of_zero_never_locks() {
    let server = with_failures(0, Unlock::ByAdministrator).await;
    fail(&server, 20).await;
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn l1_a_thousand_guesses_in_parallel_do_not_beat_the_counter() {
    let server = std::sync::Arc::new(with_failures(5, Unlock::ByAdministrator).await);
    let guesses: Vec<_> = (0..1_000)
        .map(|number| {
            let server = std::sync::Arc::clone(&server);
            // The right password comes often among the guesses, and not among the first.
            let guess = if number % 100 == 99 { "password".to_owned() } else { format!("guess-{number}") };
            tokio::spawn(async move { server.log_in("name", &guess).await.status().as_u16() })
        })
        .collect();
    for guess in guesses {
        assert_ne!(guess.await.unwrap(), 200);
    }
    assert_eq!(server.log_in("name", "password").await.status(), 401);
    // Each of the right ones met the lock.
    server.auth.flush_audit().await.unwrap();
    let query = vestibule_store::AuditQuery { limit: 1_000, ..Default::default() };
    let entries = server.store.audit(query).await.unwrap().entries;
    let refused = |reason| {
        let alike = entries.iter().filter(|entry| entry.record.reason == Some(AuditReason::Refused(reason)));
        alike.map(|entry| entry.record.count).sum::<u32>()
    };
    assert_eq!((refused(Refusal::WrongPassword), refused(Refusal::Locked)), (990, 11));
}

#[tokio::test]
async fn l2_every_spelling_of_an_agents_name_counts_together() {
    let server = TestServer::start_with(|fixture, settings| {
        fixture.account.agent_lockout_policy.failures = 3;
        settings.failures.per_minute = 0;
        fixture.user("name").population = Population::Agent;
    })
    .await;
    for spelling in ["name", "NAME", "Name"] {
        assert_eq!(server.log_in(spelling, "wrong").await.status(), 401);
    }
    let (_, body) = told(server.log_in("name", "password").await).await;
    assert_eq!(body["internalCode"], 101);
}

#[tokio::test]
async fn a_lock_out_does_not_touch_the_neighbour() {
    let server = TestServer::start_with(|fixture, settings| {
        fixture.account.lockout_policy.failures = 1;
        settings.failures.per_minute = 0;
        let now = fixture.user("name").password.as_ref().unwrap().changed_at;
        fixture.add_user("neighbour", "password", now);
    })
    .await;
    fail(&server, 1).await;
    assert_eq!(server.log_in("neighbour", "password").await.status(), 200);
}
