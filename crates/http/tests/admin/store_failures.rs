//! Changes that administrators ask for while the store takes none: told as failed, done in no part, and done when asked again.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::{ACCOUNT, Fault};

use crate::support::Instance;

/// What is asked for, one after the other. `{account}` is that of the fixture, `{made}` what was made last.
fn changes() -> Vec<(Method, &'static str, Option<Value>)> {
    let named = |name: &str| Some(json!({ "name": name }));
    vec![
        (Method::POST, "accounts", Some(json!({ "id": "another" }))),
        (Method::PATCH, "{account}", Some(json!({ "time_zone": "Europe/Berlin" }))),
        (Method::POST, "{account}/users", Some(json!({ "login_name": "somebody" }))),
        (Method::PATCH, "{account}/users/3705342601", Some(json!({ "full_name": "Somebody" }))),
        (Method::PUT, "{account}/users/3705342601/password", Some(json!({ "password": "An0ther-pass" }))),
        (Method::POST, "{account}/profiles", named("new")),
        (Method::PATCH, "{account}/profiles/{made}", named("renamed")),
        (Method::DELETE, "{account}/profiles/{made}", None),
        (Method::POST, "{account}/groups", named("new")),
        (Method::PATCH, "{account}/groups/{made}", named("renamed")),
        (Method::DELETE, "{account}/groups/{made}", None),
        (Method::POST, "{account}/skills", named("new")),
        (Method::PATCH, "{account}/skills/{made}", named("renamed")),
        (Method::DELETE, "{account}/skills/{made}", None),
        (Method::POST, "{account}/api-keys", named("new")),
        (Method::PATCH, "{account}/api-keys/1", named("renamed")),
        (Method::POST, "{account}/api-keys/1/secrets", None),
        (Method::DELETE, "{account}/api-keys/1", None),
        (Method::POST, "{account}/oauth-clients", named("new")),
        (Method::PATCH, "{account}/application-tokens/1", named("renamed")),
        (Method::POST, "{account}/application-tokens/1/secrets", None),
        (Method::DELETE, "{account}/application-tokens/1", None),
        (Method::DELETE, "{account}/users/3705342601", None),
        (Method::DELETE, "{account}", None),
    ]
}

#[tokio::test]
async fn f2_a_change_that_the_store_does_not_take_is_done_in_no_part_and_done_when_asked_again() {
    let (instance, mut made) = (Instance::start().await, Value::Null);
    for (method, path, body) in changes() {
        let path = path.replace("{account}", &format!("accounts/{ACCOUNT}"));
        let path = format!("/admin/v1/{}", path.replace("{made}", &made.to_string()));
        let ask = async || {
            instance.ask_if(Some(&instance.owner), (method.clone(), &path), body.clone(), Some("*")).await
        };
        let before = instance.server.store.directory().await.unwrap();
        instance.server.faults.fail(Fault::commits());
        assert!(ask().await.status >= 500, "{method} {path}");
        assert_eq!(instance.server.store.directory().await.unwrap(), before, "{method} {path}");
        instance.server.faults.heal();
        let answer = ask().await;
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        made = answer.body["id"].clone();
        assert_ne!(
            instance.server.store.directory().await.unwrap().accounts,
            before.accounts,
            "{method} {path}"
        );
    }
}
