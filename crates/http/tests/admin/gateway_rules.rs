//! `/admin/v1/gateway-rules`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::ACCOUNT;

use crate::support::{Answer, Instance};

const RULES: &str = "/admin/v1/gateway-rules";
const REPORTS: &str = "/admin/v1/gateway-rules/reports";

async fn put(instance: &Instance, path: &str, body: Value, tag: Option<&str>) -> Answer {
    instance.ask_if(Some(&instance.owner), (Method::PUT, path), Some(body), tag).await
}

/// Makes one, where there is none.
async fn make(instance: &Instance, path: &str, body: Value) -> Answer {
    let request = instance.server.admin_request(Method::PUT, path).bearer_auth(&instance.owner);
    Answer::of(request.header("if-none-match", "*").json(&body).send().await.unwrap()).await
}

async fn names(instance: &Instance) -> Vec<String> {
    let rules = instance.get(RULES).await.body["rules"].clone();
    rules.as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_default_rule_is_there_and_asks_for_a_session_alone() {
    let instance = Instance::start().await;
    assert_eq!(names(&instance).await, ["default"]);
    let rule = instance.get("/admin/v1/gateway-rules/default").await.body;
    assert_eq!(rule["credentials"], json!(["bearer", "livevox-id", "cookie", "bearer-in-target"]));
    for field in ["accounts", "privileges", "user_kinds", "populations", "applications", "paths"] {
        assert_eq!(rule[field], json!([]), "{field}");
    }
    assert_eq!((&rule["minimum_rank"], &rule["refusals"]), (&json!(null), &json!("by-credential")));
}

#[tokio::test]
async fn a_rule_is_made_read_changed_and_deleted() {
    let instance = Instance::start().await;
    let body = json!({ "accounts": [ACCOUNT], "minimum_rank": "manager", "paths": ["/v1/**"], "privileges": [3, 3, 2] });
    let made = make(&instance, REPORTS, body).await;
    assert_eq!((made.status, &made.body["privileges"]), (200, &json!([3, 2])), "{made:?}");
    assert_eq!(names(&instance).await, ["default", "reports"]);
    let read = instance.get(REPORTS).await;
    assert_eq!((&read.body, &read.tag), (&made.body, &made.tag));
    let changed = put(&instance, REPORTS, json!({}), read.tag.as_deref()).await;
    assert_eq!((changed.status, &changed.body["accounts"]), (200, &json!([])), "a whole rule is put");
    assert_eq!(instance.remove(REPORTS).await.status, 204);
    assert_eq!((instance.get(REPORTS).await.status, names(&instance).await.len()), (404, 1));
}

#[tokio::test]
async fn a_change_of_a_rule_needs_the_tag_of_what_was_seen() {
    let instance = Instance::start().await;
    let made = make(&instance, REPORTS, json!({})).await;
    assert_eq!(make(&instance, REPORTS, json!({})).await.status, 412);
    assert_eq!(put(&instance, REPORTS, json!({}), None).await.status, 428);
    assert_eq!(
        put(&instance, REPORTS, json!({ "refusals": "oauth" }), made.tag.as_deref()).await.status,
        200
    );
    assert_eq!(put(&instance, REPORTS, json!({}), made.tag.as_deref()).await.status, 412);
    assert_eq!(instance.delete(REPORTS).await.status, 428);
    assert_eq!(put(&instance, "/admin/v1/gateway-rules/none", json!({}), Some("*")).await.status, 412);
}

#[tokio::test]
async fn the_default_rule_is_changed_and_goes_back() {
    let (instance, path) = (Instance::start().await, "/admin/v1/gateway-rules/default");
    let first = instance.get(path).await;
    assert_eq!(
        put(&instance, path, json!({ "credentials": ["cookie"] }), first.tag.as_deref()).await.status,
        200
    );
    assert_eq!(instance.get(path).await.body["credentials"], json!(["cookie"]));
    assert_eq!(instance.remove(path).await.status, 204);
    assert_eq!(instance.get(path).await.body, first.body);
    assert_eq!(instance.remove(path).await.status, 204, "there is nothing to put back");
}

#[tokio::test]
async fn a_rule_that_breaks_one_is_refused_by_field() {
    let instance = Instance::start().await;
    let none = json!([{ "kind": "api-key", "id": 404 }]);
    for (path, body, field) in [
        ("/admin/v1/gateway-rules/Reports", json!({}), "name"),
        (REPORTS, json!({ "accounts": ["gone"] }), "accounts"),
        (REPORTS, json!({ "accounts": ["no id"] }), "accounts"),
        (REPORTS, json!({ "applications": none }), "applications"),
        (REPORTS, json!({ "applications": [{ "kind": "none", "id": 1 }] }), "applications"),
        (REPORTS, json!({ "applications": [{ "kind": "api-key" }] }), "applications"),
        (REPORTS, json!({ "paths": ["/a//b"] }), "paths"),
        (REPORTS, json!({ "credentials": [] }), "credentials"),
    ] {
        let answer = make(&instance, path, body.clone()).await;
        assert_eq!((answer.status, answer.body["field"].as_str()), (422, Some(field)), "{body}: {answer:?}");
    }
    for body in [json!({ "credentials": ["word"] }), json!({ "country": "GR" }), json!({ "name": "x" })] {
        assert_eq!(make(&instance, REPORTS, body.clone()).await.status, 400, "{body}");
    }
    assert_eq!(names(&instance).await, ["default"]);
}

#[tokio::test]
async fn the_changes_of_a_rule_are_in_the_audit() {
    let instance = Instance::start().await;
    make(&instance, REPORTS, json!({})).await;
    make(&instance, REPORTS, json!({})).await;
    put(&instance, REPORTS, json!({ "minimum_rank": "manager" }), Some("*")).await;
    put(&instance, REPORTS, json!({ "minimum_rank": "manager" }), Some("*")).await;
    instance.remove(REPORTS).await;
    let audit = instance.get("/admin/v1/audit").await.body;
    let entries = audit["entries"].as_array().unwrap().iter();
    let of_rule = entries.filter(|entry| {
        entry["target"]["kind"] == "gateway-rule" && entry["action"] != "administration-refused"
    });
    let told: Vec<_> =
        of_rule.map(|entry| (entry["action"].clone(), entry["after"]["minimum_rank"].clone())).collect();
    let expected = [("deleted", json!(null)), ("changed", json!("manager")), ("created", json!(null))]
        .map(|(what, rank)| (json!(what), rank));
    assert_eq!(told, expected, "{audit}");
}
