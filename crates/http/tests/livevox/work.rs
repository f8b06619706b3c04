//! What a login costs: the same for every failure.

use std::sync::atomic::Ordering;

use serde_json::json;
use vestibule_testkit::{TOKEN, TestServer};

use crate::{AUTHORIZATION_ERROR, credentials, log_in_with, start, start_with, told};

const UNKNOWN_TOKEN: &str = "c0009999bcbc00001111000000000000";

/// The work of a login that is refused, in KiB of memory filled.
async fn refused(server: &TestServer, token: &str, body: &serde_json::Value) -> u64 {
    let filled = || server.auth.hash_pool_gauges().filled_kib.load(Ordering::SeqCst);
    let before = filled();
    assert_eq!(told(log_in_with(server, token, body).await).await, (401, AUTHORIZATION_ERROR.to_owned()));
    filled() - before
}

#[tokio::test]
async fn l5_a_wrong_token_a_wrong_user_and_a_wrong_client_are_the_same_work() {
    let server = start_with(|fixture, _| {
        fixture.application_tokens[1].enabled = false;
        let now = fixture.user("name").password.as_ref().expect("a password").changed_at;
        fixture.add_user("federated", "password", now).password = None;
    })
    .await;
    let expected = refused(&server, TOKEN, &credentials("nobody", "password")).await;
    assert!(expected > 0);
    assert_eq!(refused(&server, TOKEN, &credentials("federated", "password")).await, expected, "SSO alone");
    let mut unknown_client = credentials("name", "password");
    unknown_client["clientName"] = json!("OTHER");
    assert_eq!(refused(&server, TOKEN, &unknown_client).await, expected, "unknown client");
    assert_eq!(refused(&server, UNKNOWN_TOKEN, &unknown_client).await, expected, "nothing known");
    for token in [UNKNOWN_TOKEN, vestibule_testkit::OTHER_TOKEN] {
        assert_eq!(refused(&server, token, &credentials("name", "password")).await, expected, "{token}");
    }
}

#[tokio::test]
async fn l4_a_wrong_token_does_not_lock_the_user() {
    let server = start().await;
    for _ in 0..10 {
        refused(&server, UNKNOWN_TOKEN, &credentials("name", "wrong")).await;
    }
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", "password")).await.status(), 200);
}

#[tokio::test]
async fn l7_wrong_tokens_count_as_failures_of_the_address() {
    let server = start_with(|_, settings| settings.failures.burst = 2).await;
    for _ in 0..2 {
        refused(&server, UNKNOWN_TOKEN, &credentials("name", "password")).await;
    }
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", "password")).await.status(), 429);
}
