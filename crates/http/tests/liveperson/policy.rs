//! Account states at login, and how many sessions a user may have.

use serde_json::json;
use vestibule_model::{AccountState, Concurrency, SignOn, WhenFull};
use vestibule_store::Change;
use vestibule_testkit::{AccountFixture, TestServer};

use crate::told;

/// The internal code that the user `name` gets with the right password.
async fn code_of(change: impl FnOnce(&mut AccountFixture)) -> serde_json::Value {
    let server = TestServer::start_with(|fixture, _| change(fixture)).await;
    let (status, body) = told(server.log_in("name", "password").await).await;
    assert_eq!(status, 401);
    let wrong = told(server.log_in("name", "wrong").await).await;
    assert_eq!(wrong, (401, json!({ "error": "Bad Authentication (invalid site or agent)" })));
    body["internalCode"].clone()
}

#[tokio::test]
async fn a_disabled_user_is_told_after_the_password() {
    assert_eq!(code_of(|fixture| fixture.user("name").enabled = false).await, 102);
}

#[tokio::test]
async fn a_disabled_account_is_told_after_the_password() {
    assert_eq!(code_of(|fixture| fixture.account.state = AccountState::Disabled).await, 102);
}

#[tokio::test]
async fn an_expired_password_is_told_after_the_password() {
    let code = code_of(|fixture| {
        fixture.account.password_policy.expiry_days = 90;
        let password = fixture.user("name").password.as_mut().unwrap();
        password.changed_at = password.changed_at.minus(std::time::Duration::from_hours(90 * 24));
    });
    assert_eq!(code.await, 103);
}

#[tokio::test]
async fn a_password_to_be_changed_is_told_after_the_password() {
    assert_eq!(code_of(|fixture| fixture.user("name").must_change_password = true).await, 104);
}

#[tokio::test]
async fn an_account_with_single_sign_on_is_told_after_the_password() {
    assert_eq!(code_of(|fixture| fixture.account.sign_on = SignOn::SsoOnly).await, 105);
}

#[tokio::test]
async fn a_new_login_ends_the_one_before() {
    let server = TestServer::start().await;
    let (first, second) = (server.session().await, server.session().await);
    assert_eq!(server.refresh(&first).await, 401);
    assert_eq!(server.refresh(&second).await, 200);
}

#[tokio::test]
async fn sessions_stand_beside_each_other_where_the_policy_says_so() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.session_policy.concurrency =
            Concurrency::Many { limit: 0, when_full: WhenFull::Refuse };
    })
    .await;
    let (first, second) = (server.session().await, server.session().await);
    assert_eq!(server.refresh(&first).await, 200);
    assert_eq!(server.refresh(&second).await, 200);
}

#[tokio::test]
async fn at_the_limit_a_login_is_refused_where_the_policy_says_so() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.session_policy.concurrency =
            Concurrency::Many { limit: 1, when_full: WhenFull::Refuse };
    })
    .await;
    let first = server.session().await;
    let (status, body) = told(server.log_in("name", "password").await).await;
    assert_eq!((status, &body["internalCode"]), (401, &json!(108)));
    assert_eq!(server.refresh(&first).await, 200);
}

#[tokio::test]
async fn s6_logins_in_parallel_leave_one_session() {
    let server = std::sync::Arc::new(TestServer::start().await);
    let logins: Vec<_> = (0..20)
        .map(|_| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move { server.session().await })
        })
        .collect();
    let mut alive = 0;
    let mut sessions = Vec::new();
    for login in logins {
        sessions.push(login.await.unwrap());
    }
    for session in &sessions {
        alive += usize::from(server.refresh(session).await == 200);
    }
    assert_eq!(alive, 1);
    assert_eq!(server.auth.session_count(), 1);
    assert_eq!(server.stored_sessions().await.len(), 1);
}

#[tokio::test]
async fn s6_logins_against_new_credentials_leave_no_orphan() {
    let mut server = TestServer::start().await;
    for _ in 0..10 {
        let mut user = server.fixture.user("name").clone();
        user.credential_version += 1;
        *server.fixture.user("name") = user.clone();
        let change = server.change(vec![Change::PutUser(Box::new(user.clone()))]);
        let _ = tokio::join!(server.log_in("name", "password"), change, server.log_in("name", "password"));
        for session in server.stored_sessions().await {
            assert_eq!(session.credential_version, user.credential_version);
        }
    }
}

#[tokio::test]
async fn a_hash_of_other_parameters_is_rewritten_at_login() {
    let server = TestServer::start_with(|_, settings| settings.hashing.params.iterations = 2).await;
    server.session().await;
    server.auth.flush().await.unwrap();
    let rows = server.store.account(server.fixture.account.id).await.unwrap().unwrap();
    let user = rows.users.iter().find(|user| user.login_name == "name").unwrap();
    assert!(user.password.as_ref().unwrap().hash.contains("t=2"));
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}
