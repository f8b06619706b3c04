//! Lock-out: one policy for users, another for agents.

use vestibule_model::Unlock;
use vestibule_testkit::{TOKEN, TestServer};

use crate::{agent_credentials, credentials, log_in_with, start_with};

async fn start() -> TestServer {
    start_with(|fixture, settings| {
        settings.failures.per_minute = 0;
        fixture.account.lockout_policy.failures = 5;
        fixture.account.lockout_policy.unlock = Unlock::ByAdministrator;
        fixture.account.agent_lockout_policy.failures = 2;
        fixture.account.agent_lockout_policy.unlock = Unlock::ByAdministrator;
    })
    .await
}

async fn user(server: &TestServer, password: &str) -> u16 {
    log_in_with(server, TOKEN, &credentials("name", password)).await.status().as_u16()
}

async fn agent(server: &TestServer, password: &str) -> u16 {
    log_in_with(server, TOKEN, &agent_credentials("agent1", password)).await.status().as_u16()
}

#[tokio::test]
async fn a_user_is_locked_at_the_users_limit() {
    let server = start().await;
    for _ in 0..4 {
        assert_eq!(user(&server, "wrong").await, 401);
    }
    assert_eq!(user(&server, "password").await, 200);
    for _ in 0..5 {
        assert_eq!(user(&server, "wrong").await, 401);
    }
    assert_eq!(user(&server, "password").await, 401);
}

#[tokio::test]
async fn an_agent_is_locked_at_the_agents_limit() {
    let server = start().await;
    assert_eq!(agent(&server, "wrong").await, 401);
    assert_eq!(agent(&server, "agent1-password").await, 200);
    for _ in 0..2 {
        assert_eq!(agent(&server, "wrong").await, 401);
    }
    assert_eq!(agent(&server, "agent1-password").await, 401);
}

#[tokio::test]
async fn the_counts_are_separate() {
    let server = start().await;
    for _ in 0..2 {
        agent(&server, "wrong").await;
    }
    assert_eq!(user(&server, "password").await, 200);
}

#[tokio::test]
async fn l2_failures_in_either_dialect_count_together() {
    let server = start().await;
    for _ in 0..3 {
        user(&server, "wrong").await;
    }
    for _ in 0..2 {
        server.log_in("name", "wrong").await;
    }
    assert_eq!(user(&server, "password").await, 401);
}

#[tokio::test]
async fn l3_wrong_tokens_are_limited_by_address() {
    let server = start_with(|_, settings| settings.failures.burst = 3).await;
    for _ in 0..3 {
        let response = log_in_with(&server, "wrong", &credentials("name", "password")).await;
        assert_eq!(response.status(), 401);
    }
    let response = log_in_with(&server, TOKEN, &credentials("name", "password")).await;
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(response.text().await.unwrap(), r#"{"code":429,"message":"Too many logins"}"#);
}
