//! `/admin/v1/administrators`

use reqwest::Method;
use serde_json::json;
use vestibule_auth::FirstOwner;
use vestibule_model::{Clock, UserId};
use vestibule_store::Change;

use crate::support::Instance;

#[tokio::test]
async fn the_first_owner_is_listed() {
    let instance = Instance::start().await;
    let answer = instance.get("/admin/v1/administrators").await;
    let first = &answer.body["administrators"][0];
    assert_eq!((&first["name"], &first["role"]), (&json!("admin"), &json!("owner")));
}

#[tokio::test]
async fn the_last_owner_stays() {
    let instance = Instance::start().await;
    let path = format!("/admin/v1/administrators/{}", instance.owner_id().await);
    let removed = instance.ask_if(Some(&instance.owner), (Method::DELETE, &path), None, Some("*")).await;
    assert_eq!(removed.status, 409);
    let body = Some(json!({ "role": "auditor" }));
    assert_eq!(
        instance.ask_if(Some(&instance.owner), (Method::PUT, &path), body, Some("*")).await.status,
        409
    );
}

#[tokio::test]
async fn a_change_needs_the_tag_of_what_was_seen() {
    let instance = Instance::start().await;
    let path = format!("/admin/v1/administrators/{}", instance.owner_id().await);
    let seen = instance.get(&path).await.tag.unwrap();
    let put = async |tag: Option<&str>| {
        let body = Some(json!({ "role": "owner" }));
        instance.ask_if(Some(&instance.owner), (Method::PUT, &path), body, tag).await.status
    };
    assert_eq!(put(None).await, 428);
    assert_eq!(put(Some("\"0000000000000000\"")).await, 412);
    assert_eq!(put(Some(&seen)).await, 200);
}

#[tokio::test]
async fn a_user_of_another_account_is_given_no_role() {
    let instance = Instance::start().await;
    let body = Some(json!({ "role": "owner" }));
    let path = "/admin/v1/administrators/3705342601";
    let answer = instance.ask_if(Some(&instance.owner), (Method::PUT, path), body, Some("*")).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn no_role_is_limited_to_the_administrators_account() {
    let instance = Instance::start().await;
    let path = format!("/admin/v1/administrators/{}", instance.owner_id().await);
    let body = Some(json!({ "role": "administrator", "account": "administrators" }));
    let answer = instance.ask_if(Some(&instance.owner), (Method::PUT, &path), body, Some("*")).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("account")));
}

#[tokio::test]
async fn nobody_but_a_person_administers() {
    let instance = Instance::start().await;
    for body in [
        json!({ "login_name": "robot", "kind": "bot" }),
        json!({ "login_name": "agent", "population": "agent", "password": "Tr1cky-admin-pass" }),
    ] {
        let made = instance.send(Method::POST, "/admin/v1/accounts/administrators/users", body).await;
        let path = format!("/admin/v1/administrators/{}", made.body["id"]);
        let put = instance.server.admin_request(Method::PUT, &path).bearer_auth(&instance.owner);
        let put = put.header("if-none-match", "*").json(&json!({ "role": "owner" })).send().await.unwrap();
        assert_eq!(put.status(), 409);
    }
}

#[tokio::test]
async fn an_owner_without_a_password_does_not_count_as_the_one_who_is_left() {
    let instance = Instance::start().await;
    let users = "/admin/v1/accounts/administrators/users";
    let made = instance.send(Method::POST, users, json!({ "login_name": "ben" })).await;
    let path = format!("/admin/v1/administrators/{}", made.body["id"]);
    let put = instance.server.admin_request(Method::PUT, &path).bearer_auth(&instance.owner);
    let put = put.header("if-none-match", "*").json(&json!({ "role": "owner" })).send().await.unwrap();
    assert_eq!(put.status(), 200);
    let own = instance.owner_id().await.min(made.body["id"].as_i64().unwrap());
    let admin =
        if own == made.body["id"].as_i64().unwrap() { other_owner(&instance, own).await } else { own };
    assert_eq!(instance.remove(&format!("{users}/{admin}")).await.status, 409);
}

async fn other_owner(instance: &Instance, not: i64) -> i64 {
    let list = instance.get("/admin/v1/administrators").await.body;
    let ids = list["administrators"].as_array().unwrap().iter().filter_map(|one| one["user"].as_i64());
    ids.into_iter().find(|id| *id != not).unwrap()
}

#[tokio::test]
async fn a_start_without_an_owner_makes_one() {
    let instance = Instance::start().await;
    let owner = UserId(instance.owner_id().await);
    instance.server.change(vec![Change::DeleteAdministrator(owner)]).await;
    let first = FirstOwner::WithPassword("Sec0nd-admin-pass".to_owned().into());
    instance
        .server
        .auth
        .administration()
        .make_administrators_account(first, instance.server.clock.now())
        .await
        .unwrap();
    assert_eq!(instance.log_in("admin-2", "Sec0nd-admin-pass").await.body["role"], json!("owner"));
}
