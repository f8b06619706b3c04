//! `/admin/v1/accounts/{account}/users`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{AuditAction, Clock, UserId};
use vestibule_store::{AuditQuery, Change};
use vestibule_testkit::{ACCOUNT, Key};

use crate::support::Instance;

/// The fixture's user who logs in by password.
const NAME: i64 = 3_705_342_601;

fn users() -> String {
    format!("/admin/v1/accounts/{ACCOUNT}/users")
}

fn user(id: i64) -> String {
    format!("{}/{id}", users())
}

async fn made(instance: &Instance, body: Value) -> Value {
    let answer = instance.send(Method::POST, &users(), body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn a_user_needs_nothing_but_a_login_name() {
    let instance = Instance::start().await;
    let anna = made(&instance, json!({ "login_name": "anna" })).await;
    let expected = json!(["user", "human", "anna", "anna", true, false, false]);
    let fields =
        ["population", "kind", "full_name", "nickname", "enabled", "has_password", "must_change_password"];
    assert_eq!(json!(fields.map(|field| &anna[field])), expected);
    assert_eq!(instance.get(&user(anna["id"].as_i64().unwrap())).await.body, anna);
}

#[tokio::test]
async fn a_first_password_has_to_be_changed_unless_told() {
    let instance = Instance::start().await;
    for (name, told, status) in [("anna", None, 401), ("ben", Some(false), 200)] {
        let mut body = json!({ "login_name": name, "password": "Tr1cky-pass" });
        if let Some(told) = told {
            body["must_change_password"] = told.into();
        }
        made(&instance, body).await;
        assert_eq!(instance.server.log_in(name, "Tr1cky-pass").await.status(), status, "{name}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_user_is_named() {
    let instance = Instance::start().await;
    let cases = [
        ("login_name", json!({})),
        ("login_name", json!({ "login_name": " a" })),
        ("password", json!({ "login_name": "a", "password": "short" })),
        ("password", json!({ "login_name": "a", "password": 5 })),
        ("password", json!({ "login_name": "a", "kind": "bot", "password": "Tr1cky-pass" })),
        ("kind", json!({ "login_name": "a", "kind": "cat" })),
        ("profiles", json!({ "login_name": "a", "profiles": [77] })),
        ("skills", json!({ "login_name": "a", "skills": [77] })),
        ("member_of", json!({ "login_name": "a", "member_of": 77 })),
        ("manager_of", json!({ "login_name": "a", "manager_of": [77] })),
        ("allowed_app_key", json!({ "login_name": "a", "allowed_app_key": "x" })),
        ("allowed_app_key", json!({ "login_name": "a", "kind": "bot", "allowed_app_key": "x" })),
        ("max_chats", json!({ "login_name": "a", "max_chats": -1 })),
        ("locked_at", json!({ "login_name": "a", "locked_at": 1 })),
    ];
    for (field, body) in cases {
        let answer = instance.send(Method::POST, &users(), body.clone()).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!(field)), "{body}");
        assert!(!answer.body.to_string().contains("Tr1cky"));
    }
}

#[tokio::test]
async fn a_login_name_is_given_once_in_each_population() {
    let instance = Instance::start().await;
    made(&instance, json!({ "login_name": "Anna", "population": "agent" })).await;
    made(&instance, json!({ "login_name": "Anna" })).await;
    for body in [json!({ "login_name": "anna", "population": "agent" }), json!({ "login_name": "Anna" })] {
        let answer = instance.send(Method::POST, &users(), body).await;
        assert_eq!((answer.status, &answer.body["field"]), (409, &json!("login_name")));
    }
    made(&instance, json!({ "login_name": "anna" })).await;
}

#[tokio::test]
async fn a_user_who_is_renamed_logs_in_by_the_new_name_only() {
    let instance = Instance::start().await;
    let body = json!({ "login_name": "anna", "password": "Tr1cky-pass", "must_change_password": false });
    let id = made(&instance, body).await["id"].as_i64().unwrap();
    assert_eq!(instance.patch(&user(id), json!({ "login_name": "hanna" })).await.status, 200);
    assert_eq!(instance.server.log_in("anna", "Tr1cky-pass").await.status(), 401);
    assert_eq!(instance.server.log_in("hanna", "Tr1cky-pass").await.status(), 200);
    made(&instance, json!({ "login_name": "anna" })).await;
}

#[tokio::test]
async fn a_disabled_user_loses_sessions_and_may_come_back() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    assert_eq!(instance.patch(&user(NAME), json!({ "enabled": false })).await.status, 200);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(instance.patch(&user(NAME), json!({ "enabled": true })).await.status, 200);
    assert_eq!(instance.server.refresh(&session).await, 401);
    instance.server.session().await;
}

#[tokio::test]
async fn a_bot_that_is_given_no_key_loses_its_sessions() {
    let instance = Instance::start().await;
    assert_eq!(instance.server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
    let list = instance.get(&format!("{}?name=bot", users())).await.body;
    let bot = list["users"][0]["id"].as_i64().unwrap();
    assert_eq!(instance.patch(&user(bot), json!({ "allowed_app_key": null })).await.status, 200);
    assert_eq!(instance.get(&format!("/admin/v1/sessions?user={bot}")).await.body["sessions"], json!([]));
    assert_eq!(instance.server.log_in_with_key("bot", &Key::BOT).await.status(), 401);
}

#[tokio::test]
async fn a_harmless_change_ends_nothing() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    assert_eq!(instance.patch(&user(NAME), json!({ "nickname": "Nick" })).await.status, 200);
    assert_eq!(instance.server.refresh(&session).await, 200);
}

#[tokio::test]
async fn a_deleted_user_is_gone_with_the_sessions() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    assert_eq!(instance.remove(&user(NAME)).await.status, 204);
    assert_eq!(instance.get(&user(NAME)).await.status, 404);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(instance.server.log_in("name", "password").await.status(), 401);
}

#[tokio::test]
async fn a_password_that_is_set_ends_sessions_and_has_to_be_changed() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    let path = format!("{}/password", user(NAME));
    let body = json!({ "password": "An0ther-pass", "must_change_password": false });
    assert_eq!(instance.send(Method::PUT, &path, body).await.status, 204);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(instance.server.log_in("name", "An0ther-pass").await.status(), 200);
    assert_eq!(instance.send(Method::PUT, &path, json!({ "password": "Th1rd-pass" })).await.status, 204);
    assert_eq!(instance.server.log_in("name", "Th1rd-pass").await.status(), 401);
    assert_eq!(instance.get(&user(NAME)).await.body["must_change_password"], json!(true));
}

#[tokio::test]
async fn whatever_ends_a_users_sessions_gives_another_version_of_the_credentials() {
    let instance = Instance::start().await;
    let version =
        async || instance.server.store.user(UserId(NAME)).await.unwrap().unwrap().credential_version;
    let first = version().await;
    let body = json!({ "password": "An0ther-pass" });
    assert_eq!(instance.send(Method::PUT, &format!("{}/password", user(NAME)), body).await.status, 204);
    assert_eq!(version().await, first + 1);
    assert_eq!(instance.patch(&user(NAME), json!({ "enabled": false })).await.status, 200);
    assert_eq!(version().await, first + 2);
    assert_eq!(instance.patch(&user(NAME), json!({ "full_name": "Somebody" })).await.status, 200);
    assert_eq!(version().await, first + 2);
}

#[tokio::test]
async fn who_belongs_to_a_group_that_is_gone_may_be_changed_and_joins_no_other_such() {
    let instance = Instance::start().await;
    let member = vestibule_model::User { member_of: Some(77), ..instance.server.fixture.users[0].clone() };
    instance.server.change(vec![Change::PutUser(member.into())]).await;
    assert_eq!(instance.patch(&user(NAME), json!({ "enabled": false })).await.status, 200);
    let joined = instance.patch(&user(NAME), json!({ "member_of": 78 })).await;
    assert_eq!((joined.status, &joined.body["field"]), (422, &json!("member_of")), "{joined:?}");
}

#[tokio::test]
async fn a_password_against_the_policy_is_not_set() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    let answer =
        instance.send(Method::PUT, &format!("{}/password", user(NAME)), json!({ "password": "short" })).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("password")));
    assert_eq!(instance.server.refresh(&session).await, 200);
}

#[tokio::test]
async fn a_locked_user_is_unlocked() {
    let instance = Instance::start().await;
    for _ in 0..5 {
        instance.server.log_in("name", "wrong").await;
    }
    assert!(instance.get(&user(NAME)).await.body["locked_at"].is_i64());
    let unlock = format!("{}/unlock", user(NAME));
    assert_eq!(instance.ask(Some(&instance.owner), (Method::POST, &unlock), None).await.status, 204);
    instance.server.session().await;
    assert!(instance.get(&user(NAME)).await.body["locked_at"].is_null());
}

#[tokio::test]
async fn users_are_found_by_name_population_and_state() {
    let instance = Instance::start().await;
    for body in [
        json!({ "login_name": "anna" }),
        json!({ "login_name": "Annabel", "population": "agent" }),
        json!({ "login_name": "andy", "enabled": false }),
    ] {
        made(&instance, body).await;
    }
    let names = async |query: &str| {
        let list = instance.get(&format!("{}?{query}", users())).await.body;
        let mut names: Vec<String> =
            list["users"].as_array().unwrap().iter().map(|user| user["login_name"].to_string()).collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(names("name=ann").await, r#""Annabel" "anna""#);
    assert_eq!(names("name=an&enabled=false").await, r#""andy""#);
    assert_eq!(names("name=an&population=agent").await, r#""Annabel""#);
}

#[tokio::test]
async fn pages_have_every_user_once() {
    let instance = Instance::start().await;
    for number in 0..5 {
        made(&instance, json!({ "login_name": format!("u{number}") })).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = instance.get(&format!("{}?name=u&limit=2{cursor}", users())).await.body;
        seen.extend(page["users"].as_array().unwrap().iter().map(|user| user["login_name"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    seen.sort();
    assert_eq!(seen, (0..5).map(|number| format!("\"u{number}\"")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_change_of_what_has_changed_is_refused() {
    let instance = Instance::start().await;
    let seen = instance.get(&user(NAME)).await.tag;
    for status in [200, 412] {
        let body = Some(json!({ "nickname": format!("after {status}") }));
        let path = user(NAME);
        let answer =
            instance.ask_if(Some(&instance.owner), (Method::PATCH, &path), body, seen.as_deref()).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_user_of_another_account_is_none() {
    let instance = Instance::start().await;
    let owner = instance.owner_id().await;
    assert_eq!(instance.get(&user(owner)).await.status, 404);
    assert_eq!(instance.remove(&user(owner)).await.status, 404);
    let path = format!("{}/password", user(owner));
    assert_eq!(instance.send(Method::PUT, &path, json!({ "password": "An0ther-pass" })).await.status, 404);
}

#[tokio::test]
async fn the_last_owner_is_neither_disabled_nor_deleted() {
    let instance = Instance::start().await;
    let path = format!("/admin/v1/accounts/administrators/users/{}", instance.owner_id().await);
    assert_eq!(instance.patch(&path, json!({ "enabled": false })).await.status, 409);
    assert_eq!(instance.remove(&path).await.status, 409);
    assert_eq!(instance.patch(&path, json!({ "nickname": "Boss" })).await.status, 200);
}

#[tokio::test]
async fn neither_answers_nor_the_audit_hold_a_password_or_a_hash() {
    let instance = Instance::start().await;
    let body = json!({ "login_name": "anna", "password": "Tr1cky-pass" });
    let id = made(&instance, body).await["id"].as_i64().unwrap();
    let path = format!("{}/password", user(id));
    instance.send(Method::PUT, &path, json!({ "password": "An0ther-pass" })).await;
    let shown = instance.get(&user(id)).await.body.to_string();
    let entries =
        instance.server.store.audit(AuditQuery { limit: 99, ..AuditQuery::default() }).await.unwrap();
    let told = serde_json::to_string(&entries.entries).unwrap();
    assert!(told.contains(r#""password":"set""#) && told.contains(r#""password":"another""#), "{told}");
    for secret in ["Tr1cky-pass", "An0ther-pass", "$argon2"] {
        assert!(!shown.contains(secret) && !told.contains(secret), "{secret}");
    }
    let set = |entry: &&vestibule_model::AuditEntry| entry.record.action == AuditAction::PasswordSet;
    assert_eq!(entries.entries.iter().filter(set).count(), 1);
}

#[tokio::test]
async fn a_user_shows_when_they_last_logged_in_and_a_login_is_no_change() {
    let instance = Instance::start().await;
    let before = instance.get(&user(NAME)).await;
    assert_eq!((before.status, before.body["last_login"].is_null()), (200, true));
    let at = instance.server.clock.now().as_unix();
    instance.server.session().await;
    let after = instance.get(&user(NAME)).await;
    assert_eq!((&after.body["last_login"], after.tag), (&json!(at), before.tag));
    let listed = instance.get(&format!("/admin/v1/accounts/{ACCOUNT}/users?name=name")).await;
    assert_eq!(listed.body["users"][0]["last_login"], json!(at), "{listed:?}");
}
