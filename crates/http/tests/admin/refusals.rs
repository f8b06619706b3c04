//! Refused requests of administration, in the audit.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;

async fn refusals(instance: &Instance) -> Vec<Value> {
    let answer = instance.get("/admin/v1/audit?action=administration-refused&order=oldest-first").await;
    answer.body["entries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_forged_credential_is_told_once_with_a_count() {
    let instance = Instance::start().await;
    let forged = format!("vat_{}", "A".repeat(43));
    for _ in 0..20 {
        instance.ask(Some(&forged), (Method::GET, "/admin/v1/administrators"), None).await;
    }
    let told = refusals(&instance).await;
    let [entry] = told.as_slice() else { panic!("one entry: {told:?}") };
    assert_eq!((&entry["count"], &entry["reason"]), (&json!(20), &json!("not-proved")));
    assert_eq!((&entry["actor"]["kind"], &entry["address"]), (&json!("unknown"), &json!("127.0.0.1")));
    assert_eq!(entry["details"], json!({ "operation": "GET /admin/v1/administrators" }));
    assert!(!entry.to_string().contains("vat_"));
}

#[tokio::test]
async fn who_shows_nothing_is_not_told_of() {
    let instance = Instance::start().await;
    instance.ask(None, (Method::GET, "/admin/v1/administrators"), None).await;
    assert_eq!(refusals(&instance).await, Vec::<Value>::new());
}

#[tokio::test]
async fn who_may_not_is_told_with_their_name() {
    let instance = Instance::start().await;
    let (first, id) = instance.token("first", "auditor", Some(ACCOUNT)).await;
    let (second, _) = instance.token("second", "auditor", Some(ACCOUNT)).await;
    for bearer in [&first, &second, &second] {
        instance.ask(Some(bearer), (Method::GET, "/admin/v1/administrators"), None).await;
    }
    let told = refusals(&instance).await;
    let by = |name: &str| told.iter().find(|entry| entry["actor"]["name"] == name).unwrap();
    assert_eq!((&by("first")["count"], &by("second")["count"]), (&json!(1), &json!(2)));
    assert_eq!((&by("first")["actor"]["id"], &by("first")["reason"]), (&json!(id), &json!("not-allowed")));
    assert_eq!(by("first")["means"], json!("administration-token"));
}

#[tokio::test]
async fn the_account_that_was_asked_for_is_not_told() {
    let instance = Instance::start().await;
    let (here, _) = instance.token("here", "administrator", Some(ACCOUNT)).await;
    instance.ask(Some(&here), (Method::DELETE, "/admin/v1/accounts/chosen_by_them/sessions"), None).await;
    let told = refusals(&instance).await;
    assert_eq!(told.len(), 1);
    assert!(!told[0].to_string().contains("chosen_by_them"), "{told:?}");
}

#[tokio::test]
async fn what_is_allowed_is_no_refusal() {
    let instance = Instance::start().await;
    instance.get("/admin/v1/administrators").await;
    instance.get("/admin/v1/administrators/1").await;
    assert_eq!(refusals(&instance).await, Vec::<Value>::new());
}
