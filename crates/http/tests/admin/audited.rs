//! What the audit says of administrators' acts, entry by entry.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::Clock;
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;

/// The only entry of an action that the filter finds.
async fn only(instance: &Instance, filter: &str) -> Value {
    let found = instance.get(&format!("/admin/v1/audit?{filter}")).await;
    let entries = found.body["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries[0].clone()
}

/// By whom, by which means and from where.
fn origin(entry: &Value) -> Value {
    json!([entry["actor"], entry["means"], entry["address"]])
}

#[tokio::test]
async fn the_end_of_a_session_by_a_person_and_by_an_administration_token() {
    let instance = Instance::start().await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}/sessions");
    instance.server.session().await;
    assert_eq!(instance.delete(&path).await.body["ended"], 1);
    let owner = json!({ "kind": "user", "id": instance.owner_id().await, "name": "admin" });
    let entry = only(&instance, "action=session-ended").await;
    assert_eq!(origin(&entry), json!([owner, "session", "127.0.0.1"]));

    let (secret, id) = instance.token("watcher", "owner", None).await;
    let since = instance.server.clock.now().as_unix() + 1;
    instance.server.clock.advance(std::time::Duration::from_millis(1));
    instance.server.session().await;
    assert_eq!(instance.ask(Some(&secret), (Method::DELETE, &path), None).await.body["ended"], 1);
    let token = json!({ "kind": "administration-token", "id": id, "name": "watcher" });
    let entry = only(&instance, &format!("action=session-ended&since={since}")).await;
    assert_eq!(origin(&entry), json!([token, "administration-token", "127.0.0.1"]));
}

#[tokio::test]
async fn a_role_that_was_given_changed_and_taken() {
    let instance = Instance::start().await;
    let user = json!({ "login_name": "second", "password": "a second password 2" });
    let made = instance.send(Method::POST, "/admin/v1/accounts/administrators/users", user).await;
    let id = made.body["id"].as_i64().unwrap();
    let path = format!("/admin/v1/administrators/{id}");
    let target = json!({ "kind": "administrator", "id": id.to_string(), "name": "second" });
    let give = async |role: &str, condition: &str| {
        let request = instance.server.admin_request(Method::PUT, &path).bearer_auth(&instance.owner);
        let request = request.header(condition, "*").json(&json!({ "role": role }));
        assert_eq!(request.send().await.unwrap().status(), 200);
    };
    give("auditor", "if-none-match").await;
    let since = instance.server.clock.now().as_unix() + 1;
    instance.server.clock.advance(std::time::Duration::from_millis(1));
    give("owner", "if-match").await;
    let changed = only(&instance, &format!("user={id}&action=changed&since={since}")).await;
    assert_eq!(changed["target"], target);
    assert_eq!((&changed["before"]["role"], &changed["after"]["role"]), (&json!("auditor"), &json!("owner")));
    assert_eq!(instance.remove(&path).await.status, 204);
    let deleted = only(&instance, &format!("user={id}&action=deleted")).await;
    assert_eq!((&deleted["target"], &deleted["before"]["role"]), (&target, &json!("owner")));
}

#[tokio::test]
async fn an_unlocked_user() {
    let instance = Instance::start().await;
    for _ in 0..5 {
        instance.server.log_in("name", "wrong").await;
    }
    let unlock = format!("/admin/v1/accounts/{ACCOUNT}/users/3705342601/unlock");
    assert_eq!(instance.ask(Some(&instance.owner), (Method::POST, &unlock), None).await.status, 204);
    let entry = only(&instance, "action=user-unlocked").await;
    let at = instance.server.clock.now().as_unix();
    assert_eq!(entry["before"], json!({ "locked_at": at }));
    assert_eq!(entry["after"], json!({ "locked_at": null }));
}

#[tokio::test]
async fn who_made_an_administration_token_stands_in_the_list_of_them() {
    let instance = Instance::start().await;
    instance.token("watcher", "owner", None).await;
    let list = instance.get("/admin/v1/administration-tokens").await;
    assert_eq!(list.body["tokens"][0]["created_by"], "admin");
}

#[tokio::test]
async fn who_may_change_nothing_is_told_nothing_of_sessions_to_be_ended() {
    let instance = Instance::start().await;
    let (auditor, _) = instance.token("auditor", "auditor", None).await;
    let (administrator, _) = instance.token("administrator", "administrator", Some(ACCOUNT)).await;
    let path = "/admin/v1/sessions/01ec36e9-142a-4ca6-9713-4a49326f887a";
    for (bearer, status) in [(auditor, 403), (administrator, 404)] {
        assert_eq!(instance.ask(Some(&bearer), (Method::DELETE, path), None).await.status, status);
    }
}
