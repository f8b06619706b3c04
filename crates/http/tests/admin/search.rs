//! `/admin/v1/search`, and `/admin/v1/accounts/{account}/consequences`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::Connection;
use vestibule_store::Change;
use vestibule_testkit::identity_provider::saml_connection;
use vestibule_testkit::{ACCOUNT, Key};

use crate::support::Instance;

async fn search_as(instance: &Instance, bearer: &str, text: &str) -> Value {
    let body = json!({ "text": text });
    let answer = instance.ask(Some(bearer), (Method::POST, "/admin/v1/search"), Some(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn search(instance: &Instance, text: &str) -> Value {
    search_as(instance, &instance.owner, text).await
}

fn all(found: &Value, kind: &str, field: &str) -> Vec<Value> {
    found[kind].as_array().unwrap().iter().map(|one| one[field].clone()).collect()
}

#[tokio::test]
async fn a_user_is_found_by_how_the_login_name_begins_in_any_case_and_by_id() {
    let instance = Instance::start().await;
    for text in ["name", "NAME", " nam ", "3705342601"] {
        assert!(
            all(&search(&instance, text).await, "users", "id").contains(&json!(3_705_342_601_i64)),
            "{text}"
        );
    }
    assert_eq!(search(&instance, "ame").await["users"], json!([]));
}

#[tokio::test]
async fn who_is_called_exactly_so_is_first() {
    let instance = Instance::start().await;
    let users = format!("/admin/v1/accounts/{ACCOUNT}/users");
    for name in ["names-0", "names-1", "bo"] {
        instance.send(Method::POST, &users, json!({ "login_name": name })).await;
    }
    assert_eq!(all(&search(&instance, "name").await, "users", "login_name")[0], "name");
    assert_eq!(all(&search(&instance, "bo").await, "users", "login_name"), ["bo", "bot"]);
}

#[tokio::test]
async fn a_session_is_found_by_its_reference_and_by_what_opens_it() {
    let instance = Instance::start().await;
    let (cookie, _) = instance.server.session().await;
    let list = instance.get(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
    let reference = list.body["sessions"][0]["reference"].as_str().unwrap();
    let expected = json!({ "reference": reference, "lives": true });
    for text in [reference, &cookie] {
        let found = search(&instance, text).await;
        assert_eq!(found["session"], expected);
        assert!(!found.to_string().contains(&cookie));
    }
    assert_eq!(instance.delete(&format!("/admin/v1/sessions/{reference}")).await.status, 204);
    assert_eq!(search(&instance, &cookie).await["session"]["lives"], false);
}

#[tokio::test]
async fn an_address_is_found_with_how_many_sessions_there_are_from_it() {
    let instance = Instance::start().await;
    instance.server.session().await;
    let found = search(&instance, "127.0.0.1").await;
    assert_eq!(found["address"], json!({ "address": "127.0.0.1", "sessions": 2 }));
    assert_eq!(search(&instance, "192.0.2.1").await["address"]["sessions"], 0);
}

#[tokio::test]
async fn accounts_and_applications_are_found_by_what_they_are_called() {
    let instance = Instance::start().await;
    assert_eq!(search(&instance, &ACCOUNT[..4]).await["accounts"], json!([ACCOUNT]));
    let key = &instance.server.fixture.api_key;
    let expected = json!({ "account": ACCOUNT, "kind": "api-key", "id": key.id.0, "name": key.name });
    for text in [&key.app_key, &key.name] {
        let found = search(&instance, text).await;
        assert!(found["applications"].as_array().unwrap().contains(&expected), "{text}: {found}");
    }
}

#[tokio::test]
async fn a_connection_is_found_by_its_id_and_by_how_its_names_begin_and_by_whom_may_see_it() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let connection = Connection { display_name: "Northwind staff".to_owned(), ..saml_connection() };
    let Connection { id, name, display_name, enabled, .. } = &connection;
    let (id, account) = (id.0, ACCOUNT.parse().unwrap());
    let expected = json!([{ "account": ACCOUNT, "id": id, "name": name, "display_name": display_name, "enabled": enabled }]);
    instance.server.change(vec![Change::PutConnection(account, connection.clone().into())]).await;
    for text in [&id.to_string(), name, display_name, "northw"] {
        assert_eq!(search(&instance, text).await["connections"], expected, "{text}");
    }
    let (there, _) = instance.token("there", "administrator", Some("other")).await;
    assert_eq!(search_as(&instance, &there, display_name).await["connections"], json!([]));
}

#[tokio::test]
async fn nothing_is_found_of_what_the_caller_may_not_see() {
    let instance = Instance::start().await;
    let (cookie, _) = instance.server.session().await;
    instance.other_account().await;
    let (there, _) = instance.token("there", "administrator", Some("other")).await;
    let (auditor, _) = instance.token("all", "auditor", None).await;
    assert_eq!(search_as(&instance, &auditor, "admin").await["users"], json!([]), "the owner");
    assert_eq!(all(&search_as(&instance, &there, "name").await, "users", "account"), ["other"]);
    assert_eq!(search_as(&instance, &there, ACCOUNT).await["accounts"], json!([]));
    assert_eq!(search_as(&instance, &there, "127.0.0.1").await["address"]["sessions"], 0);
    assert_eq!(search_as(&instance, &there, &cookie).await["session"]["lives"], false);
    assert_eq!(
        search_as(&instance, &there, &instance.server.fixture.api_key.app_key).await["applications"],
        json!([])
    );
}

#[tokio::test]
async fn nothing_is_found_of_nothing_or_of_too_much() {
    let instance = Instance::start().await;
    let empty = json!({
        "session": null, "address": null, "accounts": [], "users": [], "connections": [], "applications": [],
    });
    assert_eq!(search(&instance, "  ").await, empty);
    assert_eq!(search(&instance, &"n".repeat(9_000)).await, empty);
}

async fn consequences(instance: &Instance, query: &str) -> Value {
    let answer = instance.get(&format!("/admin/v1/accounts/{ACCOUNT}/consequences?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn what_rests_on_an_account_a_user_and_an_application_is_told() {
    let instance = Instance::start().await;
    instance.server.session().await;
    assert_eq!(instance.server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
    let account = consequences(&instance, "").await;
    assert_eq!(account["sessions"], 2);
    let users = instance.get(&format!("/admin/v1/accounts/{ACCOUNT}/users")).await.body["total"].clone();
    assert_eq!(account["users"], users);
    assert!(account["applications"].as_u64().unwrap() >= 1);
    assert_eq!(consequences(&instance, "user=3705342601").await["sessions"], 1);
    let key = consequences(&instance, &format!("application={}", instance.server.fixture.api_key.id.0)).await;
    assert_eq!((&key["sessions"], &key["users"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn nothing_rests_on_what_is_not_there() {
    let instance = Instance::start().await;
    for query in ["user=9", "application=999", "connection=9"] {
        let path = format!("/admin/v1/accounts/{ACCOUNT}/consequences?{query}");
        assert_eq!(instance.get(&path).await.status, 404, "{query}");
    }
    let two = format!("/admin/v1/accounts/{ACCOUNT}/consequences?user=3705342601&application=1");
    assert_eq!(instance.get(&two).await.status, 400);
}
