//! Application tokens: what programs show when they log users in.

use std::sync::atomic::Ordering;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::{OTHER_TOKEN, TOKEN as OLD};

use super::{ALMOST, MOMENT, OVERLAP, TOKEN, instance, renew, shown};
use crate::applications::{made, of};
use crate::support::Instance;

/// A LiveVox login of the fixture's user.
async fn log_in(instance: &Instance, token: &str) -> (u16, String) {
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request = instance.server.request(Method::POST, "/session/login").json(&body);
    let answer = request.header("LV-Access", token).send().await.unwrap();
    let (status, body) = (answer.status().as_u16(), answer.json::<Value>().await.unwrap());
    (status, body["sessionId"].as_str().unwrap_or_default().to_owned())
}

async fn lives(instance: &Instance, session: &str) -> bool {
    instance.server.get(&format!("/session/validate/{session}")).await.status() == 204
}

fn text(renewed: &Value) -> &str {
    renewed["token"].as_str().unwrap()
}

#[tokio::test]
async fn s4_sessions_of_an_old_token_end_with_the_overlap_and_none_before() {
    let instance = instance().await;
    let (_, before) = log_in(&instance, OLD).await;
    let new = renew(&instance, TOKEN, OVERLAP).await;
    let (status, after) = log_in(&instance, text(&new)).await;
    assert_eq!(status, 200);
    instance.server.clock.advance(ALMOST);
    assert!(lives(&instance, &before).await && lives(&instance, &after).await);
    assert_eq!(log_in(&instance, OLD).await.0, 200);
    instance.server.clock.advance(MOMENT);
    assert!(!lives(&instance, &before).await && lives(&instance, &after).await);
    assert_eq!((log_in(&instance, OLD).await.0, log_in(&instance, text(&new)).await.0), (401, 200));
}

/// The policy of the dialect gives a login the session that lives: of the same token, and not of the one before it.
#[tokio::test]
async fn s4_no_session_is_shared_by_the_old_and_the_new_token() {
    let instance = instance().await;
    let (_, before) = log_in(&instance, OLD).await;
    let new = renew(&instance, TOKEN, OVERLAP).await;
    let (_, after) = log_in(&instance, text(&new)).await;
    assert_ne!(after, before);
    assert_eq!((log_in(&instance, OLD).await.1, log_in(&instance, text(&new)).await.1), (before, after));
}

#[tokio::test]
async fn s4_without_an_overlap_an_old_token_ends_at_once() {
    let instance = instance().await;
    let (_, before) = log_in(&instance, OLD).await;
    let (_, other) = log_in(&instance, OTHER_TOKEN).await;
    let new = renew(&instance, TOKEN, std::time::Duration::ZERO).await;
    assert!(!lives(&instance, &before).await && lives(&instance, &other).await);
    assert_eq!((log_in(&instance, OLD).await.0, log_in(&instance, text(&new)).await.0), (401, 200));
}

#[tokio::test]
async fn traffic_of_both_is_that_of_one_application() {
    let instance = instance().await;
    let new = renew(&instance, TOKEN, OVERLAP).await;
    for token in [OLD, text(&new), OLD] {
        assert_eq!(log_in(&instance, token).await.0, 200);
    }
    instance.server.auth.flush().await.unwrap();
    let token = shown(&instance, TOKEN).await.body;
    assert_eq!((&token["requests"], &token["id"], &token["name"]), (&json!(3), &json!(1), &json!("demo")));
}

#[tokio::test]
async fn a_token_in_overlap_counts_once_against_five() {
    let instance = instance().await;
    renew(&instance, TOKEN, OVERLAP).await;
    for number in 3..=5 {
        made(&instance, "application-tokens", json!({ "name": format!("token {number}") })).await;
    }
    renew(&instance, "application-tokens/2", OVERLAP).await;
    let sixth = instance.send(Method::POST, &of("application-tokens"), json!({ "name": "six" })).await;
    assert_eq!(sixth.status, 409, "{sixth:?}");
}

#[tokio::test]
async fn s4_nobody_else_is_given_an_old_token() {
    let instance = instance().await;
    renew(&instance, TOKEN, OVERLAP).await;
    let body = json!({ "name": "thief", "token": OLD });
    let taken = instance.send(Method::POST, &of("application-tokens"), body.clone()).await;
    assert_eq!((taken.status, &taken.body["field"]), (409, &json!("token")), "{taken:?}");
    instance.server.clock.advance(OVERLAP);
    instance.server.auth.remove_expired().await.unwrap();
    assert_eq!(instance.send(Method::POST, &of("application-tokens"), body).await.status, 201);
}

#[tokio::test]
async fn l5_an_old_token_that_works_no_more_is_the_same_work_as_an_unknown_one() {
    let instance = instance().await;
    renew(&instance, TOKEN, OVERLAP).await;
    instance.server.clock.advance(OVERLAP);
    let filled = || instance.server.auth.hash_pool_gauges().filled_kib.load(Ordering::SeqCst);
    let mut work = Vec::new();
    for token in [OLD, "c0009999bcbc00001111000000000000"] {
        let before = filled();
        assert_eq!(log_in(&instance, token).await.0, 401);
        work.push(filled() - before);
    }
    assert!(work[0] > 0 && work[0] == work[1], "{work:?}");
}

#[tokio::test]
async fn s4_a_disabled_token_is_disabled_in_both_its_forms() {
    let instance = instance().await;
    let new = renew(&instance, TOKEN, OVERLAP).await;
    assert_eq!(instance.patch(&of(TOKEN), json!({ "enabled": false })).await.status, 200);
    assert_eq!((log_in(&instance, OLD).await.0, log_in(&instance, text(&new)).await.0), (401, 401));
}
