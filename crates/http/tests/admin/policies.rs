//! `/admin/v1/policies`, and accounts that are made after them.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;

const ACCOUNTS: &str = "/admin/v1/accounts";

async fn made(instance: &Instance, body: Value) -> Value {
    let answer = instance.send(Method::POST, ACCOUNTS, body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

/// The fields of an account that a policy sets.
fn policies(of: &Value) -> Value {
    let mut kept = of.clone();
    kept.as_object_mut().unwrap().retain(|field, _| field.ends_with("_policy"));
    kept
}

#[tokio::test]
async fn each_policy_is_what_an_account_that_is_made_after_it_has() {
    let instance = Instance::start().await;
    let listed = instance.get("/admin/v1/policies").await.body;
    let listed = listed["policies"].as_array().unwrap();
    let names: Vec<&str> = listed.iter().map(|policy| policy["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["modern", "liveperson", "livevox"]);
    for policy in listed {
        let account = made(&instance, json!({ "id": policy["name"], "policy": policy["name"] })).await;
        assert_eq!(policies(&account), policies(policy));
    }
}

#[tokio::test]
async fn an_account_is_made_after_modern_unless_told() {
    let instance = Instance::start().await;
    let account = made(&instance, json!({ "id": "acme" })).await;
    let policy = &account["password_policy"];
    assert_eq!(
        (&policy["min_strength"], &policy["expiry_days"], &policy["history"]),
        (&json!(3), &json!(0), &json!(0))
    );
}

#[tokio::test]
async fn what_is_told_goes_over_the_policy() {
    let instance = Instance::start().await;
    let body = json!({ "id": "acme", "policy": "livevox", "password_policy": { "expiry_days": 30 } });
    let policy = made(&instance, body).await["password_policy"].clone();
    assert_eq!((&policy["expiry_days"], &policy["history"]), (&json!(30), &json!(4)));
}

#[tokio::test]
async fn the_copy_is_the_accounts_own() {
    let instance = Instance::start().await;
    made(&instance, json!({ "id": "acme", "policy": "livevox" })).await;
    let path = format!("{ACCOUNTS}/acme");
    instance.patch(&path, json!({ "lockout_policy": { "failures": 9 } })).await;
    assert_eq!(instance.get(&path).await.body["lockout_policy"]["failures"], json!(9));
    let listed = instance.get("/admin/v1/policies").await.body;
    assert_eq!(listed["policies"][2]["lockout_policy"]["failures"], json!(5));
}

#[tokio::test]
async fn an_account_of_before_asks_for_no_strength() {
    let instance = Instance::start().await;
    let account = instance.get(&format!("{ACCOUNTS}/{ACCOUNT}")).await.body;
    assert_eq!(account["password_policy"]["min_strength"], json!(0));
}

#[tokio::test]
async fn an_administrator_is_told_why_a_password_is_too_easy() {
    let instance = Instance::start().await;
    made(&instance, json!({ "id": "acme" })).await;
    let users = format!("{ACCOUNTS}/acme/users");
    let own = "the password is too easy to guess: it is made of names of the user or the account";
    let body = json!({ "login_name": "quarnaby", "password": "Quarnaby2024" });
    let answer = instance.send(Method::POST, &users, body).await;
    assert_eq!(
        (answer.status, &answer.body["field"], &answer.body["detail"]),
        (422, &json!("password"), &json!(own))
    );
    let body = json!({ "login_name": "quarnaby", "password": "lantern-otter-quilt" });
    let id = instance.send(Method::POST, &users, body).await.body["id"].clone();
    let path = format!("{users}/{id}/password");
    let answer = instance.send(Method::PUT, &path, json!({ "password": "Quarnaby2024" })).await;
    assert_eq!((answer.status, &answer.body["detail"]), (422, &json!(own)));
}

#[tokio::test]
async fn an_administrators_own_password_has_to_be_hard_to_guess() {
    let instance = Instance::start().await;
    let change = async |new: &str| {
        let body = json!({ "username": "admin", "password": crate::support::PASSWORD, "new_password": new });
        instance.ask(None, (Method::POST, "/admin/v1/password"), Some(body)).await
    };
    let answer = change("administrator1").await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("new_password")));
    assert_eq!(change("lantern-otter-quilt").await.status, 204);
}
