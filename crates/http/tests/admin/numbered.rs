//! `/admin/v1/accounts/{account}/profiles`, `groups`, `skills`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::AuditAction;
use vestibule_store::AuditQuery;
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;

const KINDS: [&str; 3] = ["profiles", "groups", "skills"];

/// The fixture's user who logs in by password, with both profiles and in the main group.
const NAME: i64 = 3_705_342_601;

fn of(kind: &str) -> String {
    format!("/admin/v1/accounts/{ACCOUNT}/{kind}")
}

fn one(kind: &str, thing: &Value) -> String {
    format!("{}/{}", of(kind), thing["id"])
}

fn user() -> String {
    format!("/admin/v1/accounts/{ACCOUNT}/users/{NAME}")
}

async fn made(instance: &Instance, kind: &str, body: Value) -> Value {
    let answer = instance.send(Method::POST, &of(kind), body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn what_is_made_can_be_read_where_the_answer_says() {
    let instance = Instance::start().await;
    for kind in KINDS {
        let request = instance.server.admin_request(Method::POST, &of(kind)).bearer_auth(&instance.owner);
        let answer = request.json(&json!({ "name": "night" })).send().await.unwrap();
        let place = answer.headers()["location"].to_str().unwrap().to_owned();
        let made: Value = answer.json().await.unwrap();
        assert_eq!(instance.get(&place).await.body, made, "{kind}");
    }
}

#[tokio::test]
async fn a_profile_needs_nothing_but_its_name() {
    let instance = Instance::start().await;
    let profile = made(&instance, "profiles", json!({ "name": "night" })).await;
    let expected = json!({ "id": 3, "name": "night", "role": "agent", "rank": null, "permissions": [] });
    assert_eq!(profile, expected);
}

#[tokio::test]
async fn each_gets_the_next_id_unless_it_says_which() {
    let instance = Instance::start().await;
    let mut ids = Vec::new();
    for body in [
        json!({ "name": "a" }),
        json!({ "name": "b", "id": 70 }),
        json!({ "name": "c" }),
        json!({ "name": "e", "id": -5 }),
    ] {
        ids.push(made(&instance, "groups", body).await["id"].clone());
    }
    assert_eq!(json!(ids), json!([1, 70, 71, -5]));
}

#[tokio::test]
async fn an_id_and_a_name_are_given_once() {
    let instance = Instance::start().await;
    for kind in KINDS {
        made(&instance, kind, json!({ "id": 7, "name": "night" })).await;
        for (field, body) in
            [("id", json!({ "id": 7, "name": "day" })), ("name", json!({ "id": 8, "name": "night" }))]
        {
            let answer = instance.send(Method::POST, &of(kind), body).await;
            assert_eq!((answer.status, &answer.body["field"]), (409, &json!(field)), "{kind}");
        }
    }
}

#[tokio::test]
async fn nothing_is_renamed_to_a_name_that_is_taken() {
    let instance = Instance::start().await;
    for kind in KINDS {
        made(&instance, kind, json!({ "name": "day" })).await;
        let night = made(&instance, kind, json!({ "name": "night" })).await;
        let answer = instance.patch(&one(kind, &night), json!({ "name": "day" })).await;
        assert_eq!((answer.status, &answer.body["field"]), (409, &json!("name")), "{kind}");
        assert_eq!(instance.patch(&one(kind, &night), json!({ "name": "late" })).await.status, 200);
    }
}

#[tokio::test]
async fn two_accounts_have_the_same_names_and_ids() {
    let instance = Instance::start().await;
    instance.send(Method::POST, "/admin/v1/accounts", json!({ "id": "other" })).await;
    made(&instance, "skills", json!({ "id": 7, "name": "greek" })).await;
    let path = "/admin/v1/accounts/other/skills";
    let there = instance.send(Method::POST, path, json!({ "id": 7, "name": "greek" })).await;
    assert_eq!(there.status, 201);
    instance.patch(&format!("{path}/7"), json!({ "name": "dutch" })).await;
    assert_eq!(instance.get(&format!("{}/7", of("skills"))).await.body["name"], json!("greek"));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let instance = Instance::start().await;
    let cases = [
        ("skills", "name", json!({})),
        ("skills", "name", json!({ "name": "" })),
        ("skills", "name", json!({ "name": " a" })),
        ("skills", "name", json!({ "name": "a".repeat(255) })),
        ("skills", "id", json!({ "name": "a", "id": "7" })),
        ("skills", "id", json!({ "name": "a", "id": 9_007_199_254_740_992_i64 })),
        ("skills", "colour", json!({ "name": "a", "colour": 1 })),
        ("profiles", "role", json!({ "name": "a", "role": "boss" })),
        ("profiles", "rank", json!({ "name": "a", "rank": "boss" })),
        ("profiles", "permissions[1]", json!({ "name": "a", "permissions": [1, 4_294_967_296_i64] })),
        ("profiles", "permissions", json!({ "name": "a", "permissions": (0..10_001).collect::<Vec<i32>>() })),
        ("groups", "parent", json!({ "name": "a", "parent": 77 })),
        ("groups", "parent", json!({ "name": "a", "id": 77, "parent": 77 })),
    ];
    for (kind, field, body) in cases {
        let answer = instance.send(Method::POST, &of(kind), body.clone()).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!(field)), "{kind} {answer:?}");
    }
}

#[tokio::test]
async fn a_change_needs_what_its_maker_has_seen() {
    let instance = Instance::start().await;
    for kind in KINDS {
        let path = one(kind, &made(&instance, kind, json!({ "name": "night" })).await);
        for (method, ok) in [(Method::PATCH, 200), (Method::DELETE, 204)] {
            let body = (method == Method::PATCH).then(|| json!({ "name": "late" }));
            let ask = async |tag: Option<&str>| {
                instance
                    .ask_if(Some(&instance.owner), (method.clone(), &path), body.clone(), tag)
                    .await
                    .status
            };
            assert_eq!(ask(None).await, 428, "{kind}");
            assert_eq!(ask(Some("\"0123456789abcdef\"")).await, 412, "{kind}");
            let seen = instance.get(&path).await.tag;
            assert_eq!(ask(seen.as_deref()).await, ok, "{kind}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let instance = Instance::start().await;
    for kind in KINDS {
        let path = format!("{}/77", of(kind));
        assert_eq!(instance.get(&path).await.status, 404, "{kind}");
        assert_eq!(instance.patch(&path, json!({})).await.status, 404, "{kind}");
        assert_eq!(instance.remove(&path).await.status, 404, "{kind}");
        assert_eq!(instance.get(&format!("{}/x", of(kind))).await.status, 404, "{kind}");
        assert_eq!(instance.get(&format!("/admin/v1/accounts/nowhere/{kind}")).await.status, 404, "{kind}");
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone() {
    let instance = Instance::start().await;
    for kind in KINDS {
        let path = one(kind, &made(&instance, kind, json!({ "name": "night" })).await);
        assert_eq!(instance.remove(&path).await.status, 204, "{kind}");
        assert_eq!(instance.get(&path).await.status, 404, "{kind}");
    }
}

#[tokio::test]
async fn pages_have_everything_once_in_order() {
    let instance = Instance::start().await;
    for id in [5, -7, 3, 100, 4] {
        made(&instance, "groups", json!({ "name": format!("g{id}"), "id": id })).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = instance.get(&format!("{}?limit=2{cursor}", of("groups"))).await.body;
        seen.extend(page["groups"].as_array().unwrap().iter().map(|group| group["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(json!(seen), json!([-7, -1, 3, 4, 5, 100]));
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list() {
    let instance = Instance::start().await;
    made(&instance, "skills", json!({ "name": "a" })).await;
    let next = instance.get(&format!("{}?limit=1", of("profiles"))).await.body["next"].clone();
    let cursor = next.as_str().unwrap();
    let answer = instance.get(&format!("{}?cursor={cursor}", of("skills"))).await;
    assert_eq!((answer.status, &answer.body["field"]), (400, &json!("cursor")));
}

#[tokio::test]
async fn a_page_has_a_bound() {
    let instance = Instance::start().await;
    for limit in ["0", "1001"] {
        let answer = instance.get(&format!("{}?limit={limit}", of("skills"))).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!("limit")), "{limit}");
    }
}

#[tokio::test]
async fn what_somebody_refers_to_is_not_deleted() {
    let instance = Instance::start().await;
    let skill = made(&instance, "skills", json!({ "name": "greek" })).await;
    instance.patch(&user(), json!({ "skills": [skill["id"]] })).await;
    let cases = [
        (format!("{}/1", of("profiles")), "3 users refer to it"),
        (format!("{}/-1", of("groups")), "3 users refer to it"),
        (one("skills", &skill), "1 user refers to it"),
    ];
    for (path, reason) in cases {
        let answer = instance.remove(&path).await;
        assert_eq!((answer.status, &answer.body["detail"]), (409, &json!(reason)), "{path}");
    }
    instance.patch(&user(), json!({ "skills": [] })).await;
    assert_eq!(instance.remove(&one("skills", &skill)).await.status, 204);
}

#[tokio::test]
async fn a_group_above_another_is_not_deleted() {
    let instance = Instance::start().await;
    let above = made(&instance, "groups", json!({ "name": "above" })).await;
    let below = made(&instance, "groups", json!({ "name": "below", "parent": above["id"] })).await;
    let answer = instance.remove(&one("groups", &above)).await;
    assert_eq!((answer.status, &answer.body["detail"]), (409, &json!("1 group refers to it")));
    instance.patch(&one("groups", &below), json!({ "parent": null })).await;
    assert_eq!(instance.remove(&one("groups", &above)).await.status, 204);
}

#[tokio::test]
async fn a_manager_holds_a_group() {
    let instance = Instance::start().await;
    let group = made(&instance, "groups", json!({ "name": "night" })).await;
    instance.patch(&user(), json!({ "manager_of": [group["id"]] })).await;
    assert_eq!(instance.remove(&one("groups", &group)).await.status, 409);
}

#[tokio::test]
async fn no_group_is_above_itself() {
    let instance = Instance::start().await;
    let first = made(&instance, "groups", json!({ "name": "first" })).await;
    let second = made(&instance, "groups", json!({ "name": "second", "parent": first["id"] })).await;
    let third = made(&instance, "groups", json!({ "name": "third", "parent": second["id"] })).await;
    for parent in [&first, &second, &third] {
        let answer = instance.patch(&one("groups", &first), json!({ "parent": parent["id"] })).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!("parent")));
    }
    assert_eq!(instance.patch(&one("groups", &third), json!({ "parent": first["id"] })).await.status, 200);
}

#[tokio::test]
async fn a_user_may_do_at_once_what_a_profile_permits_now() {
    let instance = Instance::start().await;
    let privileges = async || {
        let body: Value = instance.server.log_in("name", "password").await.json().await.unwrap();
        body["config"]["userPrivileges"].clone()
    };
    assert_eq!(privileges().await, json!([100, 101, 1_730, 1_740]));
    let path = format!("{}/2", of("profiles"));
    let changed = instance.patch(&path, json!({ "permissions": [9, 7, 9] })).await;
    assert_eq!(changed.body["permissions"], json!([7, 9]));
    assert_eq!(privileges().await, json!([7, 9, 100, 101, 1_730]));
}

#[tokio::test]
async fn the_audit_tells_what_was_made_changed_and_deleted() {
    let instance = Instance::start().await;
    let skill = made(&instance, "skills", json!({ "name": "greek" })).await;
    instance.patch(&one("skills", &skill), json!({ "name": "dutch" })).await;
    instance.remove(&one("skills", &skill)).await;
    let account = Some(ACCOUNT.parse().unwrap());
    let page = instance.server.store.audit(AuditQuery { account, limit: 3, ..AuditQuery::default() }).await;
    let told: Vec<_> = page
        .unwrap()
        .entries
        .into_iter()
        .map(|entry| (entry.record.action, entry.record.before, entry.record.after))
        .collect();
    let name = |name: &str| Some(format!(r#"{{"name":"{name}"}}"#));
    let expected = [
        (AuditAction::Deleted, name("dutch"), None),
        (AuditAction::Changed, name("greek"), name("dutch")),
        (AuditAction::Created, None, name("greek")),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_no_entry() {
    let instance = Instance::start().await;
    let path = format!("{}/2", of("profiles"));
    instance.patch(&path, json!({})).await;
    let query = AuditQuery { action: Some(AuditAction::Changed), limit: 1, ..AuditQuery::default() };
    assert_eq!(instance.server.store.audit(query).await.unwrap().entries.len(), 0);
}
