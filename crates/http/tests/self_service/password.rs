//! `POST /self/v1/password`.

use std::sync::atomic::Ordering;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vestibule_testkit::{ACCOUNT, TestServer, session_of};

use crate::{ask_gateway, liveperson, start};

const NEW: &str = "a-new-password-1";

fn body(password: &str, new: &str) -> Value {
    json!({ "account": ACCOUNT, "username": "name", "password": password, "new_password": new })
}

async fn change(server: &TestServer, body: &Value) -> Response {
    server.post("/self/v1/password", body).await
}

/// Status and detail of a refusal.
async fn refused(response: Response) -> (u16, String) {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let status = response.status().as_u16();
    let problem: Value = response.json().await.unwrap();
    (status, problem["detail"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn whoever_must_change_their_password_does_and_gets_in() {
    let server = TestServer::start_with(|fixture, _| fixture.user("name").must_change_password = true).await;
    assert_eq!(server.log_in("name", "password").await.status(), 401);
    assert_eq!(change(&server, &body("password", NEW)).await.status(), 204);
    session_of(server.log_in("name", NEW).await).await;
}

#[tokio::test]
async fn an_expired_password_is_changed_too() {
    let server = TestServer::start_with(|fixture, _| fixture.account.password_policy.expiry_days = 1).await;
    server.clock.advance(std::time::Duration::from_hours(48));
    assert_eq!(server.log_in("name", "password").await.status(), 401);
    assert_eq!(change(&server, &body("password", NEW)).await.status(), 204);
    session_of(server.log_in("name", NEW).await).await;
}

#[tokio::test]
async fn whoever_must_change_their_password_does_not_get_in_with_the_same() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.user("name").must_change_password = true;
        fixture.account.password_policy.require_digit = false;
    })
    .await;
    let same = "new_password: the password must not be the present one".to_owned();
    assert_eq!(refused(change(&server, &body("password", "password")).await).await, (422, same));
    assert_eq!(server.log_in("name", "password").await.status(), 401);
}

#[tokio::test]
async fn an_expired_password_is_not_made_new_by_itself() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.password_policy.expiry_days = 1;
        fixture.account.password_policy.require_digit = false;
    })
    .await;
    server.clock.advance(std::time::Duration::from_hours(48));
    assert_eq!(refused(change(&server, &body("password", "password")).await).await.0, 422);
    assert_eq!(server.log_in("name", "password").await.status(), 401);
}

#[tokio::test]
async fn whoever_need_not_change_their_password_may_choose_the_same() {
    let server =
        TestServer::start_with(|fixture, _| fixture.account.password_policy.require_digit = false).await;
    assert_eq!(change(&server, &body("password", "password")).await.status(), 204);
}

#[tokio::test]
async fn s1_a_change_ends_every_session_of_the_user_and_nobody_elses() {
    let server = start().await;
    let (own, other) =
        (liveperson(&server, "name", "password").await, liveperson(&server, "other", "other-password").await);
    assert_eq!(change(&server, &body("password", NEW)).await.status(), 204);
    assert_eq!(ask_gateway(&server, &own.bearer).await, 401);
    assert_eq!(ask_gateway(&server, &other.bearer).await, 200);
}

#[tokio::test]
async fn l5_whatever_is_wrong_the_answer_and_the_work_are_one() {
    let server = start().await;
    let filled = || server.auth.hash_pool_gauges().filled_kib.load(Ordering::SeqCst);
    let mut answers = Vec::new();
    for (account, user) in
        [("unknown", "name"), (ACCOUNT, "nobody"), (ACCOUNT, "name"), ("no account", "name")]
    {
        let mut body = body("wrong", NEW);
        (body["account"], body["username"]) = (json!(account), json!(user));
        let before = filled();
        answers.push((refused(change(&server, &body).await).await, filled() - before));
    }
    assert_eq!(answers[0].0.0, 401);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn l3_old_passwords_are_limited_like_those_of_logins() {
    let server = TestServer::start_with(|_, settings| settings.failures.burst = 2).await;
    for _ in 0..2 {
        assert_eq!(refused(change(&server, &body("wrong", NEW)).await).await.0, 401);
    }
    let response = change(&server, &body("password", NEW)).await;
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(refused(response).await.0, 429);
    assert_eq!(server.log_in("name", "password").await.status(), 429);
}

#[tokio::test]
async fn l3_wrong_old_passwords_lock_the_user() {
    let server = TestServer::start_with(|fixture, _| fixture.account.lockout_policy.failures = 2).await;
    for _ in 0..2 {
        change(&server, &body("wrong", NEW)).await;
    }
    assert_eq!(refused(change(&server, &body("password", NEW)).await).await.0, 401);
}

#[tokio::test]
async fn a_refused_password_is_told_with_its_reason() {
    let server = TestServer::start_with(|fixture, _| fixture.account.password_policy.min_strength = 3).await;
    let too_easy = "new_password: the password is too easy to guess: many people have it, or one that is nearly the same";
    assert_eq!(
        refused(change(&server, &body("password", "password1")).await).await,
        (422, too_easy.to_owned())
    );
    let short = "new_password: the password must have at least 8 characters";
    assert_eq!(refused(change(&server, &body("password", "short")).await).await, (422, short.to_owned()));
}

#[tokio::test]
async fn s3_a_disabled_user_changes_nothing() {
    let server = TestServer::start_with(|fixture, _| fixture.user("name").enabled = false).await;
    assert_eq!(refused(change(&server, &body("password", NEW)).await).await.0, 401);
}

#[tokio::test]
async fn a3_administrators_do_not_exist_at_this_door() {
    let server = start().await;
    let mut body = body("password", NEW);
    body["account"] = json!("administrators");
    body["username"] = json!("admin");
    assert_eq!(refused(change(&server, &body).await).await.0, 401);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let server = start().await;
    for key in ["account", "username", "password", "new_password"] {
        let mut body = body("password", NEW);
        body.as_object_mut().unwrap().remove(key);
        assert_eq!(refused(change(&server, &body).await).await, (400, format!("{key} is needed")));
    }
}

#[tokio::test]
async fn a2_json_as_another_type_is_refused() {
    let server = start().await;
    let request = server.request(Method::POST, "/self/v1/password").header("content-type", "text/plain");
    let response = request.body(body("password", NEW).to_string()).send().await.unwrap();
    assert_eq!(refused(response).await.0, 415);
}
