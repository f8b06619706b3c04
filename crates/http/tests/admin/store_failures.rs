//! Changes that administrators ask for while the store takes none: told as failed, done in no part, and done when asked again.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_auth::HOME;
use vestibule_model::Clock as _;
use vestibule_testkit::{ACCOUNT, Fault};

use crate::support::Instance;

/// What is asked for, one after the other. `{account}` is that of the fixture, `{home}` that of the administrators, `{made}` what was
/// made last.
/// A token of an administrator ends at `expires`.
fn changes(expires: i64) -> Vec<(Method, &'static str, Option<Value>)> {
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
        (Method::POST, "{home}/users", Some(json!({ "login_name": "second" }))),
        (Method::PUT, "administrators/{made}", Some(json!({ "role": "auditor" }))),
        (Method::PUT, "administrators/{made}", Some(json!({ "role": "administrator", "account": ACCOUNT }))),
        (Method::DELETE, "administrators/{made}", None),
        (
            Method::POST,
            "administration-tokens",
            Some(json!({ "name": "ci", "role": "auditor", "expires": expires })),
        ),
        (Method::DELETE, "administration-tokens/{made}", None),
        (Method::PUT, "gateway-rules/default", Some(json!({ "minimum_rank": "manager" }))),
        (Method::DELETE, "gateway-rules/default", None),
        (Method::DELETE, "{account}", None),
    ]
}

#[tokio::test]
async fn f2_a_change_that_the_store_does_not_take_is_done_in_no_part_and_done_when_asked_again() {
    let (instance, mut made) = (Instance::start().await, Value::Null);
    let store = &instance.server.store;
    let stored = async || {
        let directory = store.directory().await.unwrap();
        (
            directory.accounts,
            directory.gateway_rules,
            store.administrators().await.unwrap(),
            store.administration_tokens().await.unwrap(),
        )
    };
    for (method, path, body) in changes(instance.server.clock.now().as_unix() + 60_000) {
        let path = path.replace("{account}", &format!("accounts/{ACCOUNT}"));
        let path = path.replace("{home}", &format!("accounts/{HOME}"));
        let path = format!("/admin/v1/{}", path.replace("{made}", &made.to_string()));
        // The first role that a user gets rests on there being none.
        let is_first = body == Some(json!({ "role": "auditor" }));
        let condition = if is_first { "if-none-match" } else { "if-match" };
        let ask = async || {
            let request = instance.server.admin_request(method.clone(), &path).bearer_auth(&instance.owner);
            let request = request.header(condition, "*");
            let request = body.iter().fold(request, reqwest::RequestBuilder::json);
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap_or_default())
        };
        let (before, sequence) = (stored().await, store.directory().await.unwrap().sequence);
        instance.server.faults.fail(Fault::commits());
        assert!(ask().await.0 >= 500, "{method} {path}");
        assert_eq!(stored().await, before, "{method} {path}");
        assert_eq!(store.directory().await.unwrap().sequence, sequence, "{method} {path}");
        instance.server.faults.heal();
        let (status, answer) = ask().await;
        assert!((200..300).contains(&status), "{method} {path}: {answer}");
        if let Some(id) = answer.get("id") {
            made = id.clone();
        }
        assert_ne!(stored().await, before, "{method} {path}");
    }
}
