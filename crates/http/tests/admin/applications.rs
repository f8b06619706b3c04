//! What tests of API keys, OAuth clients and application tokens share.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_store::AuditQuery;
use vestibule_testkit::{ACCOUNT, session_of};

use crate::support::{Answer, Instance};

/// The fixture's bots, each tied to the fixture's key or client.
pub(crate) const BOT: i64 = 3_705_342_602;
pub(crate) const CLIENT: i64 = 3_705_342_603;

pub(crate) fn of(kind: &str) -> String {
    format!("/admin/v1/accounts/{ACCOUNT}/{kind}")
}

pub(crate) fn one(kind: &str, thing: &Value) -> String {
    format!("{}/{}", of(kind), thing["id"])
}

pub(crate) async fn made(instance: &Instance, kind: &str, body: Value) -> Value {
    let answer = instance.send(Method::POST, &of(kind), body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

/// Other secrets for a key, client or token, with the usual overlap.
pub(crate) async fn renewed(instance: &Instance, path: &str) -> Answer {
    instance.ask(Some(&instance.owner), (Method::POST, &format!("{path}/secrets")), None).await
}

/// The same with an overlap of so many seconds.
pub(crate) async fn renewed_within(instance: &Instance, path: &str, seconds: u64) -> Answer {
    instance.send(Method::POST, &format!("{path}/secrets"), json!({ "overlap_seconds": seconds })).await
}

/// Ties a bot of the fixture to a key or client.
pub(crate) async fn tie(instance: &Instance, bot: i64, public_id: &Value) {
    let path = format!("{}/{bot}", of("users"));
    assert_eq!(instance.patch(&path, json!({ "allowed_app_key": public_id })).await.status, 200);
}

/// The login of a bot with what a creation has answered.
pub(crate) async fn bot_login(instance: &Instance, name: &str, shown: &Value) -> reqwest::Response {
    let text = |field: &str| shown[field].as_str().unwrap_or_default();
    let public_id = shown["app_key"].as_str().or(shown["client_id"].as_str()).unwrap();
    let body = json!({
        "username": name, "appKey": public_id, "secret": text("secret"),
        "accessToken": text("access_token"), "accessTokenSecret": text("access_token_secret"),
    });
    instance.server.post(&format!("/api/account/{ACCOUNT}/login?v=1.3"), &body).await
}

pub(crate) async fn bot_status(instance: &Instance, name: &str, shown: &Value) -> u16 {
    bot_login(instance, name, shown).await.status().as_u16()
}

pub(crate) async fn bot_session(instance: &Instance, name: &str, shown: &Value) -> (String, String) {
    session_of(bot_login(instance, name, shown).await).await
}

/// Everything that the audit tells, as text.
pub(crate) async fn audit(instance: &Instance) -> String {
    let page = instance.server.store.audit(AuditQuery { limit: 1_000, ..AuditQuery::default() }).await;
    serde_json::to_string(&page.unwrap().entries).unwrap()
}

/// The `If-Match` of changes and deletions: nothing without, nothing for what it is not, done for what it is.
pub(crate) async fn expect_conditions(instance: &Instance, path: &str) {
    for (method, ok) in [(Method::PATCH, 200), (Method::DELETE, 204)] {
        let body = (method == Method::PATCH).then(|| json!({ "name": "renamed" }));
        let ask = async |tag: Option<&str>| {
            instance.ask_if(Some(&instance.owner), (method.clone(), path), body.clone(), tag).await.status
        };
        assert_eq!(ask(None).await, 428, "{method}");
        assert_eq!(ask(Some("\"0123456789abcdef\"")).await, 412, "{method}");
        let seen = instance.get(path).await.tag;
        assert_eq!(ask(seen.as_deref()).await, ok, "{method}");
    }
    assert_eq!(instance.get(path).await.status, 404);
}

/// What is asked about something that is not there, here or in an account that is not there.
pub(crate) async fn expect_nothing_there(instance: &Instance, kind: &str) {
    let path = format!("{}/77", of(kind));
    assert_eq!(instance.get(&path).await.status, 404);
    assert_eq!(instance.patch(&path, json!({})).await.status, 404);
    assert_eq!(instance.remove(&path).await.status, 404);
    assert_eq!(instance.get(&format!("{}/x", of(kind))).await.status, 404);
    let elsewhere = format!("/admin/v1/accounts/nowhere/{kind}");
    assert_eq!(instance.get(&elsewhere).await.status, 404);
    assert_eq!(instance.send(Method::POST, &elsewhere, json!({ "name": "a" })).await.status, 404);
}

/// One of this account, asked for in another, is not there.
pub(crate) async fn expect_out_of_reach(instance: &Instance, kind: &str, body: Value) {
    let mine = made(instance, kind, body).await;
    instance.send(Method::POST, "/admin/v1/accounts", json!({ "id": "other" })).await;
    let path = format!("/admin/v1/accounts/other/{kind}/{}", mine["id"]);
    assert_eq!(instance.get(&path).await.status, 404);
    assert_eq!(instance.patch(&path, json!({ "enabled": false })).await.status, 404);
    assert_eq!(instance.remove(&path).await.status, 404);
    assert_eq!(instance.get(&one(kind, &mine)).await.body["enabled"], json!(true));
}

/// The ids of all pages, of one thing each.
pub(crate) async fn walked(instance: &Instance, kind: &str) -> Vec<Value> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = instance.get(&format!("{}?limit=1{cursor}", of(kind))).await.body;
        let list = page[kind.replace('-', "_")].as_array().unwrap();
        assert!(list.len() <= 1);
        seen.extend(list.iter().map(|thing| thing["id"].clone()));
        let Some(next) = page["next"].as_str() else { return seen };
        cursor = format!("&cursor={next}");
    }
}

/// Statuses and fields of creations that are refused.
pub(crate) async fn expect_invalid(instance: &Instance, kind: &str, cases: Vec<(&str, Value)>) {
    for (field, body) in cases {
        let answer = instance.send(Method::POST, &of(kind), body.clone()).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!(field)), "{body} {answer:?}");
    }
}
