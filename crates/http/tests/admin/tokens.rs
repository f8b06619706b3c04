//! `/admin/v1/administration-tokens`

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vestibule_model::{AuditAction, Clock};
use vestibule_store::AuditQuery;

use crate::support::House;

#[tokio::test]
async fn a_secret_is_shown_once() {
    let house = House::start().await;
    let (secret, id) = house.token("deploy", "owner", None).await;
    let list = house.get("/admin/v1/administration-tokens").await.body.to_string();
    let one = house.get(&format!("/admin/v1/administration-tokens/{id}")).await.body.to_string();
    assert!(list.contains("deploy") && one.contains("deploy"));
    assert!(!list.contains(&secret) && !one.contains(&secret));
}

#[tokio::test]
async fn a_token_proves_its_holder() {
    let house = House::start().await;
    let (secret, _) = house.token("deploy", "owner", None).await;
    let answer = house.ask(Some(&secret), (Method::GET, "/admin/v1/administrators"), None).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let house = House::start().await;
    let (secret, _) = house.token("deploy", "owner", None).await;
    house.server.clock.advance(Duration::from_hours(1));
    let answer = house.ask(Some(&secret), (Method::GET, "/admin/v1/administrators"), None).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let house = House::start().await;
    let (secret, id) = house.token("deploy", "owner", None).await;
    let path = format!("/admin/v1/administration-tokens/{id}");
    let tag = house.get(&path).await.tag;
    let revoked = house.ask_if(Some(&house.owner), (Method::DELETE, &path), None, tag.as_deref()).await;
    assert_eq!(revoked.status, 204);
    let answer = house.ask(Some(&secret), (Method::GET, "/admin/v1/administrators"), None).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_token_without_an_end_is_refused_by_its_field() {
    let house = House::start().await;
    let body = json!({ "name": "a", "role": "owner", "expires": i64::MAX });
    let path = "/admin/v1/administration-tokens";
    let answer = house.ask(Some(&house.owner), (Method::POST, path), Some(body)).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("expires")));
}

#[tokio::test]
async fn a_name_is_given_once() {
    let house = House::start().await;
    house.token("deploy", "owner", None).await;
    let body =
        json!({ "name": "deploy", "role": "owner", "expires": house.server.clock.now().as_unix() + 1 });
    let path = "/admin/v1/administration-tokens";
    let answer = house.ask(Some(&house.owner), (Method::POST, path), Some(body)).await;
    assert_eq!(answer.status, 409, "{answer:?}");
}

#[tokio::test]
async fn the_audit_tells_who_made_a_token_and_no_secret() {
    let house = House::start().await;
    let (secret, id) = house.token("deploy", "auditor", None).await;
    let query = AuditQuery { action: Some(AuditAction::Created), limit: 1, ..AuditQuery::default() };
    let page = house.server.store.audit(query).await.unwrap();
    let entry = serde_json::to_value(&page.entries[0]).unwrap();
    assert_eq!(entry["actor"]["name"], json!("admin"));
    assert_eq!(
        entry["target"],
        json!({ "kind": "administration-token", "id": id.to_string(), "name": "deploy" })
    );
    assert_eq!((&entry["after"]["role"], &entry["after"]["secret"]), (&json!("auditor"), &json!("set")));
    assert!(!entry.to_string().contains(&secret));
}
