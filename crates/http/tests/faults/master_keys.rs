//! What a rotation of the master key waits for, and what another process that rotates it meanwhile makes of the work here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use vestibule_auth::seal_connection_secret;
use vestibule_crypto::{OsRng, Sealer};
use vestibule_model::{ApplicationId, Clock, ConnectionId, Generation, sealed_under};
use vestibule_store::Change;
use vestibule_store::conformance::samples::oidc_connection;
use vestibule_testkit::{ACCOUNT, Fault, TOKEN, TestServer};

use crate::{admin_login, livevox_login, stored, told, with_owner};

/// What is done with a generation, and what is told of it.
async fn ask(server: &TestServer, owner: &str, path: &str, body: Value) -> (u16, Value) {
    let request = server.admin_request(Method::POST, &format!("/admin/v1/master-keys/{path}"));
    let (status, _, body) = told(request.bearer_auth(owner).json(&body).send().await.unwrap()).await;
    (status, body)
}

async fn retire(server: &TestServer, owner: &str, end_sessions: bool) -> (u16, String) {
    let (status, body) = ask(server, owner, "1/retire", json!({ "end_sessions": end_sessions })).await;
    (status, body["detail"].as_str().or(body["state"].as_str()).unwrap_or_default().to_owned())
}

/// Puts the next generation into force, and seals what there is anew.
async fn rotate(server: &TestServer, owner: &str) -> Generation {
    let (generation, _) = server.distribute_master_key();
    let (status, body) = ask(server, owner, &format!("{generation}/activate"), Value::Null).await;
    assert_eq!((status, body["state"].as_str()), (200, Some("active")), "{body}");
    generation
}

/// The bearer of the owner, who logs in anew.
async fn owner_again(server: &TestServer) -> String {
    let (status, _, body) = told(admin_login(server).await).await;
    assert_eq!(status, 200, "{body}");
    body["token"].as_str().unwrap().to_owned()
}

/// A server whose key was rotated. Sessions of a user and of the owner are under the first generation; the owner's bearer is
/// not, and no secret is.
async fn rotated() -> (TestServer, String) {
    let (server, owner) = with_owner().await;
    let account = ACCOUNT.parse().unwrap();
    let mut digests = vec![Change::DeleteOauthClient(account, ApplicationId(2))];
    digests.extend([1, 2].map(|token| Change::DeleteApplicationToken(account, ApplicationId(token))));
    server.change(digests).await;
    server.session().await;
    rotate(&server, &owner).await;
    server.auth.reseal().await.unwrap();
    let again = owner_again(&server).await;
    (server, again)
}

#[tokio::test]
async fn a_token_of_administration_is_found_while_its_digest_is_made_anew() {
    let (server, owner) = with_owner().await;
    let expires = server.clock.now().plus(Duration::from_hours(1)).as_unix();
    let new = json!({ "name": "deploy", "role": "owner", "expires": expires });
    let request = server.admin_request(Method::POST, "/admin/v1/administration-tokens").bearer_auth(&owner);
    let (_, _, made) = told(request.json(&new).send().await.unwrap()).await;
    let secret = made["secret"].as_str().unwrap();
    let generation = rotate(&server, &owner).await;
    let list = async || {
        let request = server.admin_request(Method::GET, "/admin/v1/accounts").bearer_auth(secret);
        request.send().await.unwrap().status()
    };
    let gate = server.faults.delay_read("administration_token", 1);
    let meanwhile = async {
        gate.reached().await;
        assert_eq!(list().await, StatusCode::OK);
        while server.store.administration_tokens().await.unwrap()[0].secret.generation != generation {
            tokio::task::yield_now().await;
        }
        gate.open();
    };
    let (listed, ()) = tokio::join!(list(), meanwhile);
    assert_eq!(listed, StatusCode::OK);
}

#[tokio::test]
async fn s3_a_generation_is_not_retired_while_ends_of_its_sessions_wait_for_the_store() {
    let (server, owner) = rotated().await;
    server.faults.fail(Fault::commits_with(Change::ends_sessions));
    let (status, why) = retire(&server, &owner, true).await;
    assert_eq!((status, why.as_str()), (409, "ends of sessions wait for the database"));
    server.faults.heal();
    assert_eq!(retire(&server, &owner, true).await, (200, "retired".into()));
    assert!(stored(&server).await.iter().all(|session| session.id.generation() != Some(Generation::FIRST)));
}

#[tokio::test]
async fn f2_a_generation_is_not_retired_while_nothing_can_be_witnessed() {
    let (server, owner) = rotated().await;
    server.faults.fail(Fault::witness());
    let (status, why) = retire(&server, &owner, true).await;
    assert_eq!(status, 409);
    assert_eq!(why, "the witness of the database cannot be written: the test wants this to fail");
    server.faults.heal();
    assert_eq!(retire(&server, &owner, true).await, (200, "retired".into()));
}

/// A server that was started with a clock a year ahead, by which every session has expired.
async fn a_year_ahead() -> (TestServer, String) {
    let (mut server, _) = rotated().await;
    server.clock.advance(Duration::from_hours(24 * 365));
    server.restart().await;
    let owner = owner_again(&server).await;
    (server, owner)
}

#[tokio::test]
async fn f3_what_expired_by_a_clock_that_may_be_wrong_keeps_its_generation_from_being_retired() {
    let (server, owner) = a_year_ahead().await;
    let (status, why) = retire(&server, &owner, false).await;
    assert_eq!(status, 409);
    assert!(why.contains("needed by 2 sessions"), "{why}");
    assert!(why.ends_with("; the clock may be wrong, so expired sessions are kept for an hour"), "{why}");
}

#[tokio::test]
async fn f3_sessions_that_expired_by_a_clock_that_may_be_wrong_are_ended_with_their_generation() {
    let (server, owner) = a_year_ahead().await;
    assert_eq!(retire(&server, &owner, true).await, (200, "retired".into()));
}

#[tokio::test]
async fn secrets_of_a_connection_are_sealed_anew_after_a_rotation() {
    let (server, owner) = with_owner().await;
    let id = ConnectionId(5);
    let mut connection = oidc_connection(id.0);
    for (which, sealed) in connection.seals_mut() {
        *sealed = seal_connection_secret(&Sealer::derive(server.master()), &OsRng, id, which, b"s3cret");
    }
    server.change(vec![Change::PutConnection(ACCOUNT.parse().unwrap(), connection.into())]).await;
    let generation = rotate(&server, &owner).await;
    assert_eq!(server.auth.reseal().await.unwrap(), 0);
    let rows = server.store.account(ACCOUNT.parse().unwrap()).await.unwrap().unwrap();
    let (_, sealed) = rows.connections[0].seals().next().unwrap();
    assert_eq!(sealed_under(sealed), Some(generation));
    let entry = server.auth.directory().account(ACCOUNT.parse().unwrap()).unwrap();
    assert_eq!(entry.connection(id).unwrap().connection, rows.connections[0]);
}

#[tokio::test]
async fn what_a_generation_waits_for_is_told_with_names_and_no_more() {
    let (server, owner) = with_owner().await;
    server.session().await;
    rotate(&server, &owner).await;
    let (status, why) = retire(&server, &owner, false).await;
    assert_eq!(status, 409);
    let words = "generation 1 is still needed by 2 sessions (they end in time, or say that they shall), \
                 1 holders of secrets that are being sealed anew, \
                 3 digests, made anew when the secret is used, or renewed or deleted by you: ";
    assert!(why.starts_with(words), "{why}");
    assert!(
        why.contains(r#"application token 1 "demo" of account 12345678, application token 2 "reports""#),
        "{why}"
    );
    assert!(!why.contains("clock"), "{why}");

    let (server, owner) = rotated().await;
    let (_, why) = retire(&server, &owner, false).await;
    assert_eq!(why, "generation 1 is still needed by 2 sessions (they end in time, or say that they shall)");
}

#[tokio::test]
async fn every_secret_that_a_generation_waits_for_is_named() {
    let (server, owner) = with_owner().await;
    let make = async |number: usize| {
        let body = json!({ "name": format!("dialer {number} of a name that is long") });
        let path = format!("/admin/v1/accounts/{ACCOUNT}/application-tokens");
        let made = server.admin_request(Method::POST, &path).bearer_auth(&owner).json(&body).send().await;
        assert_eq!(made.unwrap().status(), 201);
    };
    for number in 0..3 {
        make(number).await;
    }
    rotate(&server, &owner).await;
    let (_, why) = retire(&server, &owner, false).await;
    for number in 0..3 {
        assert!(why.contains(&format!("\"dialer {number} of a name that is long\"")), "{why}");
    }
    assert!(!why.contains('…'), "{why}");
}

#[tokio::test]
async fn the_audit_tells_in_which_state_a_generation_was_and_is() {
    let (server, owner) = rotated().await;
    assert_eq!(retire(&server, &owner, true).await.0, 200);
    let asked = server.admin_request(Method::GET, "/admin/v1/audit?action=changed").bearer_auth(&owner);
    let (_, _, found) = told(asked.send().await.unwrap()).await;
    let states = found["entries"].as_array().unwrap().iter().map(|entry| {
        (entry["target"]["id"].clone(), entry["before"]["state"].clone(), entry["after"]["state"].clone())
    });
    let expected = [("1", "readable", "retired"), ("2", "distributed", "active")];
    assert_eq!(
        states.collect::<Vec<_>>(),
        expected.map(|(id, before, after)| (json!(id), json!(before), json!(after)))
    );
}

#[tokio::test]
async fn what_has_expired_keeps_no_generation_from_being_retired_where_the_clock_is_steady() {
    let (server, _) = rotated().await;
    for _ in 0..24 * 60 {
        server.clock.advance(Duration::from_mins(1));
        server.auth.follow_clock();
    }
    let owner = owner_again(&server).await;
    assert_eq!(retire(&server, &owner, false).await, (200, "retired".into()));
}

/// Puts a third generation into force as another process does it; this one does not know it yet.
async fn rotated_elsewhere(server: &TestServer) -> Generation {
    let (generation, check_value) = server.distribute_master_key();
    server.auth.read_master_keys_again().unwrap();
    let other = server.store_of_another_process();
    let at = server.clock.now();
    other.commit(vec![Change::ActivateMasterKey { generation, check_value, at }]).await.unwrap();
    generation
}

async fn seals(server: &TestServer) -> Vec<Option<Generation>> {
    let rows = server.store.account(ACCOUNT.parse().unwrap()).await.unwrap().unwrap();
    rows.api_keys.iter().flat_map(vestibule_model::ApiKey::seals).map(|sealed| sealed_under(sealed)).collect()
}

#[tokio::test]
async fn nothing_is_sealed_anew_under_a_generation_that_another_process_has_replaced() {
    let (server, owner) = with_owner().await;
    rotate(&server, &owner).await;
    let third = rotated_elsewhere(&server).await;
    let before = seals(&server).await;
    server.auth.reseal().await.unwrap();
    assert_eq!(seals(&server).await, before);
    server.auth.follow_master_keys().await.unwrap();
    server.auth.reseal().await.unwrap();
    assert!(seals(&server).await.iter().all(|generation| *generation == Some(third)));
}

async fn generation_of_token(server: &TestServer) -> Generation {
    let tokens = server.store.application_tokens(ACCOUNT.parse().unwrap()).await.unwrap();
    tokens[0].token.generation
}

#[tokio::test]
async fn no_digest_is_made_anew_under_a_generation_that_another_process_has_replaced() {
    let (server, owner) = with_owner().await;
    rotate(&server, &owner).await;
    let third = rotated_elsewhere(&server).await;
    let tried = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&tried);
    server.faults.fail(Fault::commits_with(move |change| {
        seen.fetch_or(matches!(change, Change::RedoDigest { .. }), Ordering::Relaxed);
        false
    }));
    assert_eq!(livevox_login(&server, TOKEN).await.status(), StatusCode::OK);
    while !tried.load(Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }
    // What was queued before it is written then.
    server.store.commit(Vec::new()).await.unwrap();
    assert_eq!(generation_of_token(&server).await, Generation::FIRST);
    server.auth.follow_master_keys().await.unwrap();
    while generation_of_token(&server).await != third {
        assert_eq!(livevox_login(&server, TOKEN).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_key_that_another_process_put_into_force_is_read_from_where_the_keys_are() {
    let (server, _) = with_owner().await;
    let (generation, check_value) = server.distribute_master_key();
    let at = server.clock.now();
    let activate = Change::ActivateMasterKey { generation, check_value, at };
    server.store_of_another_process().commit(vec![activate]).await.unwrap();
    assert_eq!(server.auth.outdated_seals(), 0);
    server.auth.follow_master_keys().await.unwrap();
    assert_eq!(server.auth.outdated_seals(), 1);
    assert_eq!(server.auth.reseal().await.unwrap(), 0);
    assert_eq!(server.auth.outdated_seals(), 0);
    assert!(seals(&server).await.iter().all(|sealed| *sealed == Some(generation)));
}

#[tokio::test]
async fn a_digest_under_the_generation_in_force_is_not_made_anew() {
    let (server, _) = with_owner().await;
    server.faults.fail(Fault::commits_with(|change| matches!(change, Change::RedoDigest { .. })));
    for _ in 0..20 {
        assert_eq!(livevox_login(&server, TOKEN).await.status(), StatusCode::OK);
    }
    assert_eq!(server.faults.failed(), 0);
}
