//! `/admin/v1/accounts`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{AuditAction, TargetKind};
use vestibule_store::AuditQuery;
use vestibule_testkit::{ACCOUNT, Key};

use crate::support::Instance;

const ACCOUNTS: &str = "/admin/v1/accounts";

fn here() -> String {
    format!("{ACCOUNTS}/{ACCOUNT}")
}

async fn made(instance: &Instance, id: &str) -> Value {
    let answer = instance.send(Method::POST, ACCOUNTS, json!({ "id": id })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn an_account_needs_nothing_but_its_id() {
    let instance = Instance::start().await;
    let account = made(&instance, "acme").await;
    assert_eq!((&account["code"], &account["time_zone"]), (&json!("acme"), &json!("UTC")));
    assert_eq!(account["session_policy"]["idle_seconds"], json!(28_800));
    assert_eq!(instance.get(&format!("{ACCOUNTS}/acme")).await.body, account);
}

#[tokio::test]
async fn each_new_account_has_the_next_number() {
    let instance = Instance::start().await;
    let (first, second) = (made(&instance, "first").await, made(&instance, "second").await);
    assert_eq!(second["number"].as_i64(), first["number"].as_i64().map(|number| number + 1));
}

#[tokio::test]
async fn a_new_account_answers_the_domain_api_at_once() {
    let instance = Instance::start().await;
    let services = json!([{ "name": "agentVep", "base_uri": "agents.example.com" }]);
    instance.send(Method::POST, ACCOUNTS, json!({ "id": "acme", "services": services })).await;
    let path = "/api/account/acme/service/baseURI.json?version=1.0";
    let answer: Value = instance.server.get(path).await.json().await.unwrap();
    assert_eq!(answer["baseURIs"][0]["baseURI"], json!("agents.example.com"));
}

#[tokio::test]
async fn what_is_misspelt_inside_a_policy_or_a_service_is_refused() {
    let instance = Instance::start().await;
    let many = json!({ "many": { "limit": 50, "when_full": "refuse" } });
    for body in [
        json!({ "id": "acme", "session_policy": { "concurrency": many } }),
        json!({ "id": "acme", "services": [{ "name": "agentVep", "baseURI": "agents.example.com" }] }),
    ] {
        let answer = instance.send(Method::POST, ACCOUNTS, body).await;
        assert!([400, 422].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(instance.get(&format!("{ACCOUNTS}/acme")).await.status, 404);
}

#[tokio::test]
async fn the_choice_of_several_sessions_says_how_many() {
    let instance = Instance::start().await;
    let whole = json!({ "limit": 3, "when-full": "refuse" });
    let with = |many: Value| json!({ "id": "acme", "session_policy": { "concurrency": { "many": many } } });
    for many in [json!({}), json!({ "when-full": "refuse" })] {
        let answer = instance.send(Method::POST, ACCOUNTS, with(many.clone())).await;
        assert_eq!(answer.status, 422, "{many}");
        assert!(answer.body["detail"].as_str().unwrap().contains("missing field"), "{answer:?}");
    }
    assert_eq!(instance.send(Method::POST, ACCOUNTS, with(whole.clone())).await.status, 201);
    let path = format!("{ACCOUNTS}/acme");
    // What was there is not mixed in.
    for many in [json!({}), json!({ "when-full": "refuse" })] {
        let body = json!({ "session_policy": { "concurrency": { "many": many } } });
        assert_eq!(instance.patch(&path, body).await.status, 422, "{many}");
    }
    assert_eq!(instance.get(&path).await.body["session_policy"]["concurrency"]["many"], whole);
}

#[tokio::test]
async fn an_id_a_code_and_a_number_are_given_once() {
    let instance = Instance::start().await;
    let first = made(&instance, "first").await;
    for (field, body) in [
        ("id", json!({ "id": "first" })),
        ("code", json!({ "id": "second", "code": "first" })),
        ("number", json!({ "id": "second", "number": first["number"] })),
    ] {
        let answer = instance.send(Method::POST, ACCOUNTS, body).await;
        assert_eq!((answer.status, &answer.body["field"]), (409, &json!(field)));
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_account_is_named() {
    let instance = Instance::start().await;
    let cases = [
        ("id", json!({})),
        ("id", json!({ "id": "a b" })),
        ("colour", json!({ "id": "a", "colour": 1 })),
        ("time_zone", json!({ "id": "a", "time_zone": "Mars/Olympus" })),
        ("state", json!({ "id": "a", "state": "asleep" })),
        ("services", json!({ "id": "a", "services": [{ "name": "x", "base_uri": "https://x" }] })),
        ("services", json!({ "id": "a", "services": [{ "name": "x" }, { "name": "x" }] })),
        ("session_policy.idle_seconds", json!({ "id": "a", "session_policy": { "idle_seconds": -1 } })),
        ("session_policy.idle_seconds", json!({ "id": "a", "session_policy": { "idle_seconds": 0 } })),
        ("password_policy.history", json!({ "id": "a", "password_policy": { "history": 65_535 } })),
        ("password_policy.min_strength", json!({ "id": "a", "password_policy": { "min_strength": 5 } })),
        ("policy", json!({ "id": "a", "policy": "strict" })),
        ("code", json!({ "id": "a", "code": "\u{202e}lave" })),
    ];
    for (field, body) in cases {
        let answer = instance.send(Method::POST, ACCOUNTS, body.clone()).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!(field)), "{body}");
    }
    assert_eq!(instance.get(&format!("{ACCOUNTS}/a")).await.status, 404);
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    let instance = Instance::start().await;
    let before = instance.get(&here()).await.body;
    let after = instance.patch(&here(), json!({ "password_policy": { "min_length": 20 } })).await.body;
    let mut expected = before;
    expected["password_policy"]["min_length"] = json!(20);
    assert_eq!(after, expected);
    assert_eq!(instance.get(&here()).await.body, expected);
}

#[tokio::test]
async fn a_change_needs_what_its_maker_has_seen() {
    let instance = Instance::start().await;
    let change = async |tag: Option<&str>| {
        let body = Some(json!({ "time_zone": "Asia/Tokyo" }));
        instance.ask_if(Some(&instance.owner), (Method::PATCH, &here()), body, tag).await.status
    };
    assert_eq!(change(None).await, 428);
    let seen = instance.get(&here()).await.tag;
    assert_eq!(change(seen.as_deref()).await, 200);
    assert_eq!(change(seen.as_deref()).await, 412);
}

#[tokio::test]
async fn a_disabled_account_loses_its_sessions_for_good() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    assert_eq!(instance.patch(&here(), json!({ "state": "disabled" })).await.status, 200);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(instance.patch(&here(), json!({ "state": "enabled" })).await.status, 200);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(instance.server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
}

#[tokio::test]
async fn a_deleted_account_is_gone_with_users_and_sessions() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    assert_eq!(instance.remove(&here()).await.status, 204);
    assert_eq!(instance.get(&here()).await.status, 404);
    assert_eq!(instance.get(&format!("{}/users", here())).await.status, 404);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(instance.server.auth.session_count(), 1, "the owner's");
}

#[tokio::test]
async fn the_account_of_administrators_stays_and_lets_them_in() {
    let instance = Instance::start().await;
    let path = format!("{ACCOUNTS}/administrators");
    assert_eq!(instance.remove(&path).await.status, 409);
    for patch in [json!({ "state": "disabled" }), json!({ "sign_on": "sso-only" })] {
        assert_eq!(instance.patch(&path, patch).await.status, 409);
    }
}

#[tokio::test]
async fn pages_have_every_account_once_in_order() {
    let instance = Instance::start().await;
    for id in ["b", "a", "c"] {
        made(&instance, id).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = instance.get(&format!("{ACCOUNTS}?limit=2{cursor}")).await.body;
        seen.extend(page["accounts"].as_array().unwrap().iter().map(|account| account["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(json!(seen), json!([ACCOUNT, "a", "administrators", "b", "c"]));
}

#[tokio::test]
async fn the_administrator_of_an_account_changes_its_policies_and_not_its_names() {
    let instance = Instance::start().await;
    let (token, _) = instance.token("here", "administrator", Some(ACCOUNT)).await;
    let change = async |body: Value| {
        instance.ask_if(Some(&token), (Method::PATCH, &here()), Some(body), Some("*")).await.status
    };
    assert_eq!(change(json!({ "lockout_policy": { "failures": 3 } })).await, 200);
    assert_eq!(change(json!({ "code": "OTHER" })).await, 403);
    assert_eq!(change(json!({ "number": 77 })).await, 403);
}

#[tokio::test]
async fn the_audit_tells_what_was_before_and_after() {
    let instance = Instance::start().await;
    instance.patch(&here(), json!({ "time_zone": "Asia/Tokyo" })).await;
    let query = AuditQuery { action: Some(AuditAction::Changed), limit: 1, ..AuditQuery::default() };
    let entry = instance.server.store.audit(query).await.unwrap().entries.remove(0).record;
    assert_eq!(
        entry.target.map(|target| (target.kind, target.id)),
        Some((TargetKind::Account, ACCOUNT.into()))
    );
    assert_eq!(entry.after.as_deref(), Some(r#"{"time_zone":"Asia/Tokyo"}"#));
    assert!(entry.before.is_some_and(|before| before.contains("time_zone")));
    assert_eq!(entry.account.map(|account| account.to_string()), Some(ACCOUNT.into()));
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_no_entry() {
    let instance = Instance::start().await;
    let count = async || {
        let query = AuditQuery { action: Some(AuditAction::Changed), limit: 9, ..AuditQuery::default() };
        instance.server.store.audit(query).await.unwrap().entries.len()
    };
    let before = count().await;
    assert_eq!(instance.patch(&here(), json!({})).await.status, 200);
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn changes_that_come_together_are_all_made() {
    let instance = Instance::start().await;
    let change =
        async |name: &str| instance.patch(&here(), json!({ "services": [{ "name": name }] })).await.status;
    let make = async |name: &str| {
        let path = format!("{}/users", here());
        instance.send(Method::POST, &path, json!({ "login_name": name })).await.status
    };
    let statuses = tokio::join!(change("a"), make("a"), change("b"), make("b"), change("c"), make("c"));
    assert_eq!(statuses, (200, 201, 200, 201, 200, 201));
}

#[tokio::test]
async fn a_field_that_stands_twice_is_refused() {
    let instance = Instance::start().await;
    for body in [
        r#"{"state":"enabled","state":"disabled"}"#,
        r#"{"session_policy":{"idle_seconds":100,"idle_seconds":200}}"#,
        r#"{"services":[{"name":"a","name":"b"}]}"#,
    ] {
        let patch = instance.server.admin_request(Method::PATCH, &here()).bearer_auth(&instance.owner);
        let patch = patch.header("if-match", "*").header("content-type", "application/merge-patch+json");
        let answer = patch.body(body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
        assert!(answer.text().await.unwrap().contains("duplicate field"), "{body}");
    }
    let body = r#"{"id":"ACME","session_policy":{"idle_seconds":100,"idle_seconds":200}}"#;
    let make = instance.server.admin_request(Method::POST, "/admin/v1/accounts").bearer_auth(&instance.owner);
    let answer = make.header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("duplicate field"));
}
