//! The signing keys: made by themselves, published before they sign, kept until their last token is over.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use vestibule_model::Clock;
use vestibule_store::Change;
use vestibule_testkit::TestServer;

use crate::support::{CLIENT, SECRET, body, key_set, path, post, start, verified};

const PATHS: [&str; 2] = ["/sentinel/well-known/jwks", "/.well-known/jwks.json"];

async fn token(server: &TestServer) -> String {
    let form = [("grant_type", "client_credentials"), ("client_id", CLIENT), ("client_secret", SECRET)];
    let answer = body(post(server, &path("app/token?v=1.0"), &form).await, 200).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

fn kid(token: &str, keys: &[Value]) -> String {
    verified(token, keys).expect("a published key verifies it").0["kid"].as_str().unwrap().to_owned()
}

/// Somebody who may rotate keys.
pub(crate) async fn owner(server: &TestServer) -> String {
    let first = vestibule_auth::FirstOwner::WithPassword("admin-password".to_owned().into());
    // Made by the first call of a test.
    let _ = server.auth.administration().make_administrators_account(first, server.clock.now()).await;
    let form = serde_json::json!({ "username": "admin", "password": "admin-password" });
    let request = server.admin_request(Method::POST, "/admin/v1/login").json(&form);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

async fn delete(server: &TestServer, key: &str) -> u16 {
    let path = format!("/admin/v1/signing-keys/{key}");
    let request = server.admin_request(Method::DELETE, &path).bearer_auth(owner(server).await);
    request.send().await.unwrap().status().as_u16()
}

/// The next key, as an owner makes it.
async fn rotate(server: &TestServer) {
    let request = server.admin_request(Method::POST, "/admin/v1/signing-keys/rotate");
    let answer = body(request.bearer_auth(owner(server).await).send().await.unwrap(), 200).await;
    assert_eq!(answer["signs"], false);
}

#[tokio::test]
async fn both_paths_show_the_same_key_before_any_token_was_asked_for() {
    let server = start().await;
    let [one, other] = [key_set(&server, PATHS[0]).await, key_set(&server, PATHS[1]).await];
    assert_eq!((one.len(), &one), (1, &other));
    assert_eq!(
        (&one[0]["kty"], &one[0]["alg"], &one[0]["use"]),
        (&"RSA".into(), &"RS256".into(), &"sig".into())
    );
    assert!(one[0].get("d").is_none());
}

#[tokio::test]
async fn a_restart_keeps_the_key() {
    let mut server = start().await;
    let (token, keys) = (token(&server).await, key_set(&server, PATHS[0]).await);
    server.restart().await;
    assert_eq!(key_set(&server, PATHS[0]).await, keys);
    assert!(verified(&token, &key_set(&server, PATHS[0]).await).is_some());
}

#[tokio::test]
async fn a_rotation_makes_no_token_invalid_that_is_not_over() {
    let server = start().await;
    let first = token(&server).await;
    let before = kid(&first, &key_set(&server, PATHS[0]).await);
    rotate(&server).await;
    let published = key_set(&server, PATHS[0]).await;
    assert_eq!(published.len(), 2, "the next key is published before it signs");
    assert_eq!(kid(&token(&server).await, &published), before);
    server.clock.advance(Duration::from_mins(59));
    let last_of_first = token(&server).await;
    assert_eq!(kid(&last_of_first, &published), before);
    server.clock.advance(Duration::from_mins(1));
    assert_ne!(kid(&token(&server).await, &published), before);
    server.clock.advance(Duration::from_mins(59));
    server.auth.keep_signing_keys(server.clock.now()).await.unwrap();
    assert_eq!(kid(&last_of_first, &key_set(&server, PATHS[0]).await), before);
    server.clock.advance(Duration::from_mins(11));
    server.auth.keep_signing_keys(server.clock.now()).await.unwrap();
    let left = key_set(&server, PATHS[0]).await;
    assert_eq!(left.len(), 1);
    assert!(verified(&last_of_first, &left).is_none());
}

#[tokio::test]
async fn a_key_that_somebody_else_has_is_deleted_and_the_last_one_is_not() {
    let server = start().await;
    let stolen = token(&server).await;
    rotate(&server).await;
    let signs = kid(&stolen, &key_set(&server, PATHS[0]).await);
    assert_eq!(delete(&server, &signs).await, 204);
    let left = key_set(&server, PATHS[0]).await;
    assert!(verified(&stolen, &left).is_none());
    assert!(verified(&token(&server).await, &left).is_some(), "the other one signs at once");
    assert_eq!(delete(&server, left[0]["kid"].as_str().unwrap()).await, 409);
    assert_eq!(delete(&server, &signs).await, 404);
}

#[tokio::test]
async fn of_all_keys_that_are_deleted_at_once_one_stays() {
    let server = start().await;
    token(&server).await;
    rotate(&server).await;
    let keys = server.store.signing_keys().await.unwrap();
    let (one, other) = (keys[0].id, keys[1].id);
    let is_one = move |change: &Change| matches!(change, Change::DeleteSigningKey(id) if *id == one);
    let gate = server.faults.delay(is_one);
    let overtake = async {
        gate.reached().await;
        server.store.commit(vec![Change::DeleteSigningKey(other)]).await.unwrap();
        gate.open();
    };
    let path = one.to_string();
    let (status, ()) = tokio::join!(delete(&server, &path), overtake);
    assert_eq!(status, 409);
    assert_eq!(server.store.signing_keys().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_is_sealed_anew_when_the_master_key_is_rotated() {
    let server = start().await;
    let (token, keys) = (token(&server).await, key_set(&server, PATHS[0]).await);
    let before = server.store.signing_keys().await.unwrap();
    let (generation, check_value) = server.distribute_master_key();
    server.auth.read_master_keys_again().unwrap();
    let at = server.clock.now();
    let activate = vestibule_store::Change::ActivateMasterKey { generation, check_value, at };
    server.store.commit(vec![activate]).await.unwrap();
    server.auth.follow_master_keys().await.unwrap();
    assert_eq!(server.auth.outdated_seals(), 2, "the API key and the signing key");
    server.auth.reseal().await.unwrap();
    assert_eq!(server.auth.outdated_seals(), 0);
    let after = server.store.signing_keys().await.unwrap();
    assert_ne!(after[0].sealed, before[0].sealed);
    assert_eq!(key_set(&server, PATHS[0]).await, keys);
    assert!(verified(&token, &keys).is_some());
}

#[tokio::test]
async fn of_two_processes_that_begin_at_once_both_show_what_either_signs() {
    let server = start().await;
    let keys = key_set(&server, PATHS[0]).await;
    let other = vestibule_model::SigningKey {
        id: vestibule_model::SigningKeyId(1),
        ..server.store.signing_keys().await.unwrap().remove(0)
    };
    server.store.commit(vec![vestibule_store::Change::PutSigningKey(other.into())]).await.unwrap();
    server.auth.keep_signing_keys(server.clock.now()).await.unwrap();
    // It is sealed for another row, and passed over; the other goes on signing.
    assert_eq!(key_set(&server, PATHS[0]).await, keys);
    assert!(verified(&token(&server).await, &keys).is_some());
}

#[tokio::test]
async fn a_key_set_has_no_other_method() {
    let server = start().await;
    assert_eq!(server.request(Method::POST, PATHS[0]).send().await.unwrap().status(), 405);
}
