//! `/admin/v1/accounts/{account}/application-tokens`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::{ACCOUNT, TOKEN};

use crate::applications::{
    audit, expect_conditions, expect_invalid, expect_nothing_there, expect_out_of_reach, made, of, one,
    walked,
};
use crate::support::Instance;

const TOKENS: &str = "application-tokens";

/// A LiveVox login of the fixture's user.
async fn log_in(instance: &Instance, token: &Value) -> reqwest::Response {
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request = instance.server.request(Method::POST, "/session/login").json(&body);
    request.header("LV-Access", token.as_str().unwrap()).send().await.unwrap()
}

async fn status(instance: &Instance, token: &Value) -> u16 {
    log_in(instance, token).await.status().as_u16()
}

async fn session(instance: &Instance, token: &Value) -> String {
    let body: Value = log_in(instance, token).await.json().await.unwrap();
    body["sessionId"].as_str().expect("a session").to_owned()
}

async fn validate(instance: &Instance, session: &str) -> u16 {
    instance.server.get(&format!("/session/validate/{session}")).await.status().as_u16()
}

#[tokio::test]
async fn a_token_needs_nothing_but_its_name() {
    let instance = Instance::start().await;
    let mut token = made(&instance, TOKENS, json!({ "name": "dialler" })).await;
    let fields = token.as_object_mut().unwrap();
    assert_eq!(fields.remove("token").unwrap().as_str().unwrap().len(), 32);
    assert_eq!(fields.remove("id").unwrap().to_string().len(), 10);
    assert_eq!(token, json!({ "name": "dialler", "enabled": true }));
}

#[tokio::test]
async fn a_user_logs_in_with_a_token_until_it_is_disabled() {
    let instance = Instance::start().await;
    let token = made(&instance, TOKENS, json!({ "name": "dialler" })).await;
    let first = session(&instance, &token["token"]).await;
    assert_eq!(validate(&instance, &first).await, 204);
    assert_eq!(instance.patch(&one(TOKENS, &token), json!({ "enabled": false })).await.status, 200);
    assert_eq!(validate(&instance, &first).await, 404);
    assert_eq!(status(&instance, &token["token"]).await, 401);
    assert_eq!(instance.patch(&one(TOKENS, &token), json!({ "enabled": true })).await.status, 200);
    assert_eq!(validate(&instance, &first).await, 404);
    assert_eq!(status(&instance, &token["token"]).await, 200);
}

#[tokio::test]
async fn a_deleted_token_ends_its_sessions_and_opens_none() {
    let instance = Instance::start().await;
    let token = made(&instance, TOKENS, json!({ "name": "dialler" })).await;
    let mine = session(&instance, &token["token"]).await;
    let of_another = session(&instance, &json!(TOKEN)).await;
    assert_eq!(instance.remove(&one(TOKENS, &token)).await.status, 204);
    assert_eq!(validate(&instance, &mine).await, 404);
    assert_eq!(status(&instance, &token["token"]).await, 401);
    assert_eq!(validate(&instance, &of_another).await, 204);
}

#[tokio::test]
async fn a_token_is_shown_once() {
    let instance = Instance::start().await;
    let token = made(&instance, TOKENS, json!({ "name": "dialler" })).await;
    let text = token["token"].as_str().unwrap();
    let list = instance.get(&of(TOKENS)).await.body.to_string();
    let alone = instance.get(&one(TOKENS, &token)).await.body.to_string();
    let changed = instance.patch(&one(TOKENS, &token), json!({ "name": "dialler 2" })).await.body.to_string();
    for told in [list, alone, changed, audit(&instance).await] {
        assert!(told.contains("dialler") && !told.contains(text), "{told}");
    }
}

#[tokio::test]
async fn somebody_moves_in_with_their_own_token() {
    let instance = Instance::start().await;
    let text = json!("123e4567-e89b-12d3-A456-426614174000");
    let token = made(&instance, TOKENS, json!({ "name": "old", "token": text })).await;
    assert_eq!(token["token"], text);
    assert_eq!(status(&instance, &text).await, 200);
}

#[tokio::test]
async fn the_sixth_token_is_refused() {
    let instance = Instance::start().await;
    // The fixture has two.
    for name in ["three", "four", "five"] {
        made(&instance, TOKENS, json!({ "name": name, "enabled": false })).await;
    }
    let answer = instance.send(Method::POST, &of(TOKENS), json!({ "name": "six" })).await;
    let reason = "an account has at most 5 application tokens: delete one that is not needed";
    assert_eq!((answer.status, &answer.body["detail"]), (409, &json!(reason)));
    instance.remove(&format!("{}/2", of(TOKENS))).await;
    made(&instance, TOKENS, json!({ "name": "six" })).await;
}

#[tokio::test]
async fn a_name_is_given_once_in_an_account() {
    let instance = Instance::start().await;
    let answer = instance.send(Method::POST, &of(TOKENS), json!({ "name": "demo" })).await;
    assert_eq!((answer.status, &answer.body["field"]), (409, &json!("name")));
    let answer = instance.patch(&format!("{}/2", of(TOKENS)), json!({ "name": "demo" })).await;
    assert_eq!((answer.status, &answer.body["field"]), (409, &json!("name")));
}

#[tokio::test]
async fn a_token_is_given_once_in_the_installation() {
    let instance = Instance::start().await;
    instance.send(Method::POST, "/admin/v1/accounts", json!({ "id": "other" })).await;
    for account in [ACCOUNT, "other"] {
        let path = format!("/admin/v1/accounts/{account}/{TOKENS}");
        let answer = instance.send(Method::POST, &path, json!({ "name": "twin", "token": TOKEN })).await;
        assert_eq!((answer.status, &answer.body["field"]), (409, &json!("token")), "{account}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_named() {
    let instance = Instance::start().await;
    let cases = vec![
        ("name", json!({})),
        ("token", json!({ "name": "a", "token": "a".repeat(15) })),
        ("token", json!({ "name": "a", "token": "one_token_that_is_long" })),
        ("token", json!({ "name": "a", "token": "a".repeat(65) })),
        ("token", json!({ "name": "a", "token": 5 })),
        ("enabled", json!({ "name": "a", "enabled": "yes" })),
        ("requests", json!({ "name": "a", "requests": 0 })),
    ];
    expect_invalid(&instance, TOKENS, cases).await;
}

#[tokio::test]
async fn what_its_sessions_did_is_counted() {
    let instance = Instance::start().await;
    let token = made(&instance, TOKENS, json!({ "name": "dialler" })).await;
    let path = one(TOKENS, &token);
    let before = instance.get(&path).await;
    assert_eq!((&before.body["requests"], before.body.get("last_used")), (&json!(0), None));
    let session = session(&instance, &token["token"]).await;
    let sessions = instance.server.request(Method::GET, "/session/sessions?count=1&offset=0");
    assert_eq!(sessions.header("LV-Session", &session).send().await.unwrap().status(), 200);
    instance.server.auth.flush().await.unwrap();
    let after = instance.get(&path).await;
    assert_eq!(after.body["requests"], json!(2));
    assert_eq!(
        after.body["last_used"].as_i64(),
        Some(vestibule_model::Clock::now(&*instance.server.clock).as_unix())
    );
    let list = instance.get(&of(TOKENS)).await.body;
    assert!(list["application_tokens"].as_array().unwrap().contains(&after.body), "{list}");
    assert_eq!(after.tag, before.tag, "being used is no change");
}

#[tokio::test]
async fn a_change_forgets_nothing_that_was_counted() {
    let instance = Instance::start().await;
    session(&instance, &json!(TOKEN)).await;
    instance.server.auth.flush().await.unwrap();
    let path = format!("{}/1", of(TOKENS));
    instance.patch(&path, json!({ "name": "renamed" })).await;
    let token = instance.get(&path).await.body;
    assert_eq!((&token["name"], &token["requests"]), (&json!("renamed"), &json!(1)));
}

#[tokio::test]
async fn a_change_needs_what_its_maker_has_seen() {
    let instance = Instance::start().await;
    expect_conditions(&instance, &one(TOKENS, &made(&instance, TOKENS, json!({ "name": "a" })).await)).await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let instance = Instance::start().await;
    expect_nothing_there(&instance, TOKENS).await;
}

#[tokio::test]
async fn tokens_of_other_accounts_are_out_of_reach() {
    let instance = Instance::start().await;
    expect_out_of_reach(&instance, TOKENS, json!({ "name": "a" })).await;
}

#[tokio::test]
async fn pages_have_every_token_once_in_order() {
    let instance = Instance::start().await;
    let third = made(&instance, TOKENS, json!({ "name": "a" })).await["id"].clone();
    assert_eq!(walked(&instance, TOKENS).await, [json!(1), json!(2), third]);
}

#[tokio::test]
async fn l3_only_owners_choose_the_text_of_a_token() {
    let instance = Instance::start().await;
    let (here, _) = instance.token("here", "administrator", Some(ACCOUNT)).await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}/{TOKENS}");
    for (bearer, status) in [(&here, 403), (&instance.owner, 201)] {
        let body = Some(json!({ "name": "moved", "token": "0123456789abcdef" }));
        assert_eq!(instance.ask(Some(bearer), (Method::POST, &path), body).await.status, status);
    }
}
