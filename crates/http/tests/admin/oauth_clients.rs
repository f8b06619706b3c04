//! `/admin/v1/accounts/{account}/oauth-clients`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::Key;

use crate::applications::{
    CLIENT, audit, bot_session, bot_status, expect_conditions, expect_invalid, expect_nothing_there,
    expect_out_of_reach, made, of, one, renewed, renewed_within, tie, walked,
};
use crate::support::House;

const CLIENTS: &str = "oauth-clients";

fn bot_client() -> Value {
    json!({ "name": "web", "privileges": ["user-login"] })
}

/// A client that the fixture's bot `client` is tied to, with its secret.
async fn client_of_bot(house: &House) -> Value {
    let client = made(house, CLIENTS, bot_client()).await;
    tie(house, CLIENT, &client["client_id"]).await;
    client
}

#[tokio::test]
async fn a_client_needs_nothing_but_its_name() {
    let house = House::start().await;
    let mut client = made(&house, CLIENTS, json!({ "name": "web" })).await;
    let fields = client.as_object_mut().unwrap();
    let lengths = ["client_id", "secret"].map(|field| fields.remove(field).unwrap().to_string().len() - 2);
    assert_eq!(lengths, [32, 64]);
    assert_eq!(fields.remove("id").unwrap().to_string().len(), 10);
    assert_eq!(client, json!({ "name": "web", "enabled": true, "privileges": [], "addresses": [] }));
}

#[tokio::test]
async fn a_bot_logs_in_with_a_client_that_was_just_made() {
    let house = House::start().await;
    let client = client_of_bot(&house).await;
    let session = bot_session(&house, "client", &client).await;
    assert_eq!(house.server.refresh(&session).await, 200);
}

#[tokio::test]
async fn somebody_moves_in_with_their_own_values() {
    let house = House::start().await;
    let body = json!({
        "name": "old", "privileges": ["user-login"], "client_id": "mobile", "secret": "s3cret/+=",
    });
    let client = made(&house, CLIENTS, body.clone()).await;
    assert_eq!((&client["client_id"], &client["secret"]), (&body["client_id"], &body["secret"]));
    tie(&house, CLIENT, &json!("mobile")).await;
    assert_eq!(bot_status(&house, "client", &body).await, 200);
}

#[tokio::test]
async fn a_secret_is_shown_once() {
    let house = House::start().await;
    let client = client_of_bot(&house).await;
    let renewed = renewed(&house, &one(CLIENTS, &client)).await.body;
    let list = house.get(&of(CLIENTS)).await.body.to_string();
    let alone = house.get(&one(CLIENTS, &client)).await.body.to_string();
    let audit = audit(&house).await;
    assert!(list.contains("web") && alone.contains("web") && audit.contains("web"));
    for secret in [&client["secret"], &renewed["secret"]] {
        for text in [&list, &alone, &audit] {
            assert!(!text.contains(secret.as_str().unwrap()));
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_client_is_named() {
    let house = House::start().await;
    let cases = vec![
        ("name", json!({})),
        ("client_id", json!({ "name": "a", "client_id": "a b" })),
        ("secret", json!({ "name": "a", "secret": "" })),
        ("privileges", json!({ "name": "a", "privileges": "user-login" })),
        ("addresses[0]", json!({ "name": "a", "addresses": ["everywhere"] })),
        ("app_key", json!({ "name": "a", "app_key": "b" })),
    ];
    expect_invalid(&house, CLIENTS, cases).await;
}

#[tokio::test]
async fn what_bots_are_tied_to_is_one_thing() {
    let house = House::start().await;
    for taken in [Key::BOT.app_key, "client-id"] {
        let body = json!({ "name": "a", "client_id": taken });
        let answer = house.send(Method::POST, &of(CLIENTS), body).await;
        assert_eq!((answer.status, &answer.body["field"]), (409, &json!("client_id")), "{taken}");
    }
}

#[tokio::test]
async fn a_client_that_is_disabled_or_deleted_ends_its_sessions() {
    let house = House::start().await;
    let client = client_of_bot(&house).await;
    let path = one(CLIENTS, &client);
    let session = bot_session(&house, "client", &client).await;
    assert_eq!(house.patch(&path, json!({ "enabled": false })).await.status, 200);
    assert_eq!(house.server.refresh(&session).await, 401);
    assert_eq!(bot_status(&house, "client", &client).await, 401);
    assert_eq!(house.patch(&path, json!({ "enabled": true })).await.status, 200);
    let session = bot_session(&house, "client", &client).await;
    assert_eq!(house.remove(&path).await.status, 204);
    assert_eq!(house.server.refresh(&session).await, 401);
    assert_eq!(bot_status(&house, "client", &client).await, 401);
}

#[tokio::test]
async fn another_secret_without_an_overlap_ends_the_sessions_of_the_old_one_at_once() {
    let house = House::start().await;
    let client = client_of_bot(&house).await;
    let session = bot_session(&house, "client", &client).await;
    let renewed = renewed_within(&house, &one(CLIENTS, &client), 0).await.body;
    assert_eq!(house.server.refresh(&session).await, 401);
    assert_eq!(bot_status(&house, "client", &client).await, 401);
    assert_eq!(bot_status(&house, "client", &renewed).await, 200);
}

#[tokio::test]
async fn a_change_needs_what_its_maker_has_seen() {
    let house = House::start().await;
    expect_conditions(&house, &one(CLIENTS, &made(&house, CLIENTS, bot_client()).await)).await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let house = House::start().await;
    expect_nothing_there(&house, CLIENTS).await;
    assert_eq!(renewed(&house, &format!("{}/77", of(CLIENTS))).await.status, 404);
}

#[tokio::test]
async fn clients_of_other_accounts_are_out_of_reach() {
    let house = House::start().await;
    expect_out_of_reach(&house, CLIENTS, bot_client()).await;
}

#[tokio::test]
async fn pages_have_every_client_once_in_order() {
    let house = House::start().await;
    let mut ids = vec![json!(2)];
    for name in ["a", "b"] {
        ids.push(made(&house, CLIENTS, json!({ "name": name })).await["id"].clone());
    }
    ids.sort_unstable_by_key(Value::as_i64);
    assert_eq!(walked(&house, CLIENTS).await, ids);
}

#[tokio::test]
async fn an_account_has_a_hundred_clients_at_most() {
    let house = House::start().await;
    for number in 1..100 {
        made(&house, CLIENTS, json!({ "name": format!("client {number}") })).await;
    }
    let answer = house.send(Method::POST, &of(CLIENTS), json!({ "name": "one more" })).await;
    assert_eq!(answer.status, 409, "{answer:?}");
}
