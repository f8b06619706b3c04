//! `/admin/v1/accounts/{account}/oauth-clients`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::Key;

use crate::applications::{
    CLIENT, audit, bot_session, bot_status, expect_conditions, expect_invalid, expect_nothing_there,
    expect_out_of_reach, made, of, one, renewed, renewed_within, tie, walked,
};
use crate::support::Instance;

const CLIENTS: &str = "oauth-clients";

fn bot_client() -> Value {
    json!({ "name": "web", "privileges": ["user-login"] })
}

/// A client that the fixture's bot `client` is tied to, with its secret.
async fn client_of_bot(instance: &Instance) -> Value {
    let client = made(instance, CLIENTS, bot_client()).await;
    tie(instance, CLIENT, &client["client_id"]).await;
    client
}

#[tokio::test]
async fn a_public_client_is_given_no_secret() {
    let instance = Instance::start().await;
    let client = made(&instance, CLIENTS, json!({ "name": "spa", "public": true })).await;
    assert!(client["client_id"].is_string() && client.get("secret").is_none(), "{client}");
}

#[tokio::test]
async fn a_client_needs_nothing_but_its_name() {
    let instance = Instance::start().await;
    let mut client = made(&instance, CLIENTS, json!({ "name": "web" })).await;
    let fields = client.as_object_mut().unwrap();
    let lengths = ["client_id", "secret"].map(|field| fields.remove(field).unwrap().to_string().len() - 2);
    assert_eq!(lengths, [32, 64]);
    assert_eq!(fields.remove("id").unwrap().to_string().len(), 10);
    let expected = json!({
        "name": "web", "enabled": true, "privileges": [], "addresses": [], "display_name": "", "description": "",
        "logo_uri": "", "grant_types": [], "redirect_uris": [], "public": false, "consent": false, "scopes": [],
        "refresh_rotation": "of-public-clients", "enabled_for_profiles": [],
        "resource_server": false,
    });
    assert_eq!(client, expected);
}

#[tokio::test]
async fn a_bot_logs_in_with_a_client_that_was_just_made() {
    let instance = Instance::start().await;
    let client = client_of_bot(&instance).await;
    let session = bot_session(&instance, "client", &client).await;
    assert_eq!(instance.server.refresh(&session).await, 200);
}

#[tokio::test]
async fn somebody_moves_in_with_their_own_values() {
    let instance = Instance::start().await;
    let body = json!({
        "name": "old", "privileges": ["user-login"], "client_id": "mobile", "secret": "s3cret/+=0123456789",
    });
    let client = made(&instance, CLIENTS, body.clone()).await;
    assert_eq!((&client["client_id"], &client["secret"]), (&body["client_id"], &body["secret"]));
    tie(&instance, CLIENT, &json!("mobile")).await;
    assert_eq!(bot_status(&instance, "client", &body).await, 200);
}

#[tokio::test]
async fn a_secret_is_shown_once() {
    let instance = Instance::start().await;
    let client = client_of_bot(&instance).await;
    let renewed = renewed(&instance, &one(CLIENTS, &client)).await.body;
    let list = instance.get(&of(CLIENTS)).await.body.to_string();
    let alone = instance.get(&one(CLIENTS, &client)).await.body.to_string();
    let audit = audit(&instance).await;
    assert!(list.contains("web") && alone.contains("web") && audit.contains("web"));
    for secret in [&client["secret"], &renewed["secret"]] {
        for text in [&list, &alone, &audit] {
            assert!(!text.contains(secret.as_str().unwrap()));
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_client_is_named() {
    let instance = Instance::start().await;
    let cases = vec![
        ("name", json!({})),
        ("client_id", json!({ "name": "a", "client_id": "a b" })),
        ("secret", json!({ "name": "a", "secret": "" })),
        ("privileges", json!({ "name": "a", "privileges": "user-login" })),
        ("addresses[0]", json!({ "name": "a", "addresses": ["everywhere"] })),
        ("app_key", json!({ "name": "a", "app_key": "b" })),
    ];
    expect_invalid(&instance, CLIENTS, cases).await;
}

#[tokio::test]
async fn what_bots_are_tied_to_is_one_thing() {
    let instance = Instance::start().await;
    for taken in [Key::BOT.app_key, "client-id"] {
        let body = json!({ "name": "a", "client_id": taken });
        let answer = instance.send(Method::POST, &of(CLIENTS), body).await;
        assert_eq!((answer.status, &answer.body["field"]), (409, &json!("client_id")), "{taken}");
    }
}

#[tokio::test]
async fn a_client_that_is_disabled_or_deleted_ends_its_sessions() {
    let instance = Instance::start().await;
    let client = client_of_bot(&instance).await;
    let path = one(CLIENTS, &client);
    let session = bot_session(&instance, "client", &client).await;
    assert_eq!(instance.patch(&path, json!({ "enabled": false })).await.status, 200);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(bot_status(&instance, "client", &client).await, 401);
    assert_eq!(instance.patch(&path, json!({ "enabled": true })).await.status, 200);
    let session = bot_session(&instance, "client", &client).await;
    assert_eq!(instance.remove(&path).await.status, 204);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(bot_status(&instance, "client", &client).await, 401);
}

#[tokio::test]
async fn a_deleted_client_is_taken_from_the_bots_that_were_tied_to_it() {
    let instance = Instance::start().await;
    let client = client_of_bot(&instance).await;
    let bot = format!("{}/{CLIENT}", of("users"));
    assert_eq!(instance.get(&bot).await.body["allowed_app_key"], client["client_id"]);
    instance.remove(&one(CLIENTS, &client)).await;
    assert_eq!(instance.get(&bot).await.body["allowed_app_key"], json!(null));
}

#[tokio::test]
async fn another_secret_without_an_overlap_ends_the_sessions_of_the_old_one_at_once() {
    let instance = Instance::start().await;
    let client = client_of_bot(&instance).await;
    let session = bot_session(&instance, "client", &client).await;
    let renewed = renewed_within(&instance, &one(CLIENTS, &client), 0).await.body;
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(bot_status(&instance, "client", &client).await, 401);
    assert_eq!(bot_status(&instance, "client", &renewed).await, 200);
}

#[tokio::test]
async fn a_change_needs_what_its_maker_has_seen() {
    let instance = Instance::start().await;
    expect_conditions(&instance, &one(CLIENTS, &made(&instance, CLIENTS, bot_client()).await)).await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let instance = Instance::start().await;
    expect_nothing_there(&instance, CLIENTS).await;
    assert_eq!(renewed(&instance, &format!("{}/77", of(CLIENTS))).await.status, 404);
}

#[tokio::test]
async fn clients_of_other_accounts_are_out_of_reach() {
    let instance = Instance::start().await;
    expect_out_of_reach(&instance, CLIENTS, bot_client()).await;
}

#[tokio::test]
async fn pages_have_every_client_once_in_order() {
    let instance = Instance::start().await;
    let mut ids = vec![json!(2)];
    for name in ["a", "b"] {
        ids.push(made(&instance, CLIENTS, json!({ "name": name })).await["id"].clone());
    }
    ids.sort_unstable_by_key(Value::as_i64);
    assert_eq!(walked(&instance, CLIENTS).await, ids);
}

#[tokio::test]
async fn an_account_has_a_hundred_clients_at_most() {
    let instance = Instance::start().await;
    for number in 1..100 {
        made(&instance, CLIENTS, json!({ "name": format!("client {number}") })).await;
    }
    let answer = instance.send(Method::POST, &of(CLIENTS), json!({ "name": "one more" })).await;
    assert_eq!(answer.status, 409, "{answer:?}");
}
