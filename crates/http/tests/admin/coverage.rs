//! Who may call what: every operation of the router's own list, with every kind of caller who may not.
//!
//! A route without its line here fails the test.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_auth::Settings;
use vestibule_http::admin;
use vestibule_model::SecondFactorPolicy;
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;

#[derive(Clone, Copy, PartialEq)]
enum Who {
    /// Anybody: it is how one becomes somebody.
    Anybody,
    /// Every administrator, about themselves, also one who has to set up a second factor first.
    Oneself,
    /// Every administrator.
    EveryAdministrator,
    /// Everybody who may read the installation.
    ReadsInstallation,
    /// Owners.
    WritesInstallation,
    /// Everybody who may see an account, each what they may see.
    Reads,
    /// Owners and the administrator of the account.
    Writes,
}

const OPERATIONS: &[(&str, &str, Who)] = &[
    ("post", "/admin/v1/login", Who::Anybody),
    ("post", "/admin/v1/password", Who::Anybody),
    ("post", "/admin/v1/logout", Who::Oneself),
    ("get", "/admin/v1/second-factor", Who::Oneself),
    ("post", "/admin/v1/second-factor", Who::Oneself),
    ("post", "/admin/v1/second-factor/confirm", Who::Oneself),
    ("post", "/admin/v1/second-factor/recovery-codes", Who::Oneself),
    ("post", "/admin/v1/second-factor/remove", Who::Oneself),
    ("get", "/admin/v1/administrators", Who::ReadsInstallation),
    ("get", "/admin/v1/administrators/{user}", Who::ReadsInstallation),
    ("put", "/admin/v1/administrators/{user}", Who::WritesInstallation),
    ("delete", "/admin/v1/administrators/{user}", Who::WritesInstallation),
    ("get", "/admin/v1/administration-tokens", Who::ReadsInstallation),
    ("post", "/admin/v1/administration-tokens", Who::WritesInstallation),
    ("get", "/admin/v1/administration-tokens/{id}", Who::ReadsInstallation),
    ("delete", "/admin/v1/administration-tokens/{id}", Who::WritesInstallation),
    ("get", "/admin/v1/master-keys", Who::ReadsInstallation),
    ("post", "/admin/v1/master-keys/reload", Who::WritesInstallation),
    ("get", "/admin/v1/master-keys/{generation}", Who::ReadsInstallation),
    ("post", "/admin/v1/master-keys/{generation}/activate", Who::WritesInstallation),
    ("post", "/admin/v1/master-keys/{generation}/retire", Who::WritesInstallation),
    ("get", "/admin/v1/signing-keys", Who::ReadsInstallation),
    ("post", "/admin/v1/signing-keys/rotate", Who::WritesInstallation),
    ("delete", "/admin/v1/signing-keys/{key}", Who::WritesInstallation),
    ("get", "/admin/v1/gateway-rules", Who::ReadsInstallation),
    ("get", "/admin/v1/gateway-rules/{name}", Who::ReadsInstallation),
    ("put", "/admin/v1/gateway-rules/{name}", Who::WritesInstallation),
    ("delete", "/admin/v1/gateway-rules/{name}", Who::WritesInstallation),
    ("get", "/admin/v1/policies", Who::EveryAdministrator),
    ("get", "/admin/v1/accounts", Who::Reads),
    ("post", "/admin/v1/accounts", Who::WritesInstallation),
    ("get", "/admin/v1/accounts/{account}", Who::Reads),
    ("patch", "/admin/v1/accounts/{account}", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}", Who::WritesInstallation),
    ("put", "/admin/v1/accounts/{account}/logo", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/logo", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/consequences", Who::Reads),
    ("get", "/admin/v1/accounts/{account}/users", Who::Reads),
    ("post", "/admin/v1/accounts/{account}/users", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/users/{user}", Who::Reads),
    ("patch", "/admin/v1/accounts/{account}/users/{user}", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/users/{user}", Who::Writes),
    ("put", "/admin/v1/accounts/{account}/users/{user}/password", Who::Writes),
    ("post", "/admin/v1/accounts/{account}/users/{user}/unlock", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/users/{user}/second-factor", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/profiles", Who::Reads),
    ("post", "/admin/v1/accounts/{account}/profiles", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/profiles/{id}", Who::Reads),
    ("patch", "/admin/v1/accounts/{account}/profiles/{id}", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/profiles/{id}", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/groups", Who::Reads),
    ("post", "/admin/v1/accounts/{account}/groups", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/groups/{id}", Who::Reads),
    ("patch", "/admin/v1/accounts/{account}/groups/{id}", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/groups/{id}", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/skills", Who::Reads),
    ("post", "/admin/v1/accounts/{account}/skills", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/skills/{id}", Who::Reads),
    ("patch", "/admin/v1/accounts/{account}/skills/{id}", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/skills/{id}", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/api-keys", Who::Reads),
    ("post", "/admin/v1/accounts/{account}/api-keys", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/api-keys/{id}", Who::Reads),
    ("patch", "/admin/v1/accounts/{account}/api-keys/{id}", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/api-keys/{id}", Who::Writes),
    ("post", "/admin/v1/accounts/{account}/api-keys/{id}/secrets", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/api-keys/{id}/previous-values", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/oauth-clients", Who::Reads),
    ("post", "/admin/v1/accounts/{account}/oauth-clients", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/oauth-clients/{id}", Who::Reads),
    ("patch", "/admin/v1/accounts/{account}/oauth-clients/{id}", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/oauth-clients/{id}", Who::Writes),
    ("post", "/admin/v1/accounts/{account}/oauth-clients/{id}/secrets", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/oauth-clients/{id}/previous-values", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/application-tokens", Who::Reads),
    ("post", "/admin/v1/accounts/{account}/application-tokens", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/application-tokens/{id}", Who::Reads),
    ("patch", "/admin/v1/accounts/{account}/application-tokens/{id}", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/application-tokens/{id}", Who::Writes),
    ("post", "/admin/v1/accounts/{account}/application-tokens/{id}/secrets", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/application-tokens/{id}/previous-values", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/connections", Who::Reads),
    ("post", "/admin/v1/accounts/{account}/connections", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/connections/{id}", Who::Reads),
    ("patch", "/admin/v1/accounts/{account}/connections/{id}", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/connections/{id}", Who::Writes),
    ("post", "/admin/v1/accounts/{account}/connections/{id}/keys", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/connections/{id}/previous-key", Who::Writes),
    ("put", "/admin/v1/accounts/{account}/connections/{id}/client-secret", Who::Writes),
    ("post", "/admin/v1/accounts/{account}/connections/{id}/refresh", Who::Writes),
    ("post", "/admin/v1/accounts/{account}/connections/{id}/test", Who::Writes),
    ("post", "/admin/v1/accounts/{account}/connections/{id}/tests", Who::Writes),
    ("get", "/admin/v1/accounts/{account}/connections/{id}/tests/{test}", Who::Writes),
    ("post", "/admin/v1/session-ends", Who::Writes),
    ("get", "/admin/v1/session-ends/{job}", Who::Writes),
    ("get", "/admin/v1/sessions", Who::Reads),
    ("delete", "/admin/v1/sessions", Who::WritesInstallation),
    ("delete", "/admin/v1/addresses/{address}/sessions", Who::WritesInstallation),
    ("get", "/admin/v1/sessions/{reference}", Who::Reads),
    ("delete", "/admin/v1/sessions/{reference}", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/sessions", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/users/{user}/sessions", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/applications/{application}/sessions", Who::Writes),
    ("delete", "/admin/v1/accounts/{account}/addresses/{address}/sessions", Who::Writes),
    ("get", "/admin/v1/events", Who::Reads),
    ("get", "/admin/v1/accounts/{account}/traffic", Who::Reads),
    ("get", "/admin/v1/traffic", Who::ReadsInstallation),
    ("get", "/admin/v1/audit", Who::Reads),
    ("get", "/admin/v1/audit/export", Who::Reads),
    ("post", "/admin/v1/search", Who::Reads),
    ("get", "/admin/v1/ended-sessions", Who::Reads),
    ("post", "/admin/v1/why", Who::Reads),
];

/// What needs nothing but a name.
const NAMED: [&str; 7] =
    ["/profiles", "/groups", "/skills", "/api-keys", "/oauth-clients", "/application-tokens", "/connections"];

/// A body that says what the operation asks for, as far as its form goes.
fn body(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("put", path) if path.ends_with("/password") => Some(json!({ "password": "f0rged-password" })),
        ("put", path) if path.ends_with("/client-secret") => Some(json!({ "client_secret": "forged" })),
        ("post", path) if path.ends_with("/keys") => Some(json!({})),
        ("post", path) if path.ends_with("/test") => Some(json!({ "id_token": "forged" })),
        ("put", _) => Some(json!({ "role": "owner" })),
        ("patch", _) => Some(json!({})),
        ("post", "/admin/v1/accounts") => Some(json!({ "id": "forged" })),
        ("post", path) if path.ends_with("/retire") => Some(json!({})),
        ("post", path) if path.ends_with("/users") => Some(json!({ "login_name": "forged" })),
        ("post", path) if NAMED.iter().any(|kind| path.ends_with(kind)) => Some(json!({ "name": "forged" })),
        ("post", "/admin/v1/administration-tokens") => {
            Some(json!({ "name": "forged", "role": "owner", "expires": 1_000_000_000_000_000_i64 }))
        }
        ("post", "/admin/v1/search") => Some(json!({ "text": "name" })),
        ("post", "/admin/v1/session-ends") => Some(json!({ "matching": { "account": ACCOUNT } })),
        ("post", "/admin/v1/why") => Some(json!({ "session": "5d2b7a30-5f0e-4b1c-9d51-3a2f4c6e8f00" })),
        _ => None,
    }
}

fn method(name: &str) -> Method {
    name.to_uppercase().parse().unwrap()
}

/// The path with things that exist, of the fixture's account.
async fn path(instance: &Instance, pattern: &str) -> String {
    let sessions = instance.get(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
    let reference = sessions.body["sessions"][0]["reference"].as_str().unwrap_or_default().to_owned();
    let user = if pattern.contains("administrators/") { instance.owner_id().await } else { 3_705_342_601 };
    pattern
        .replace("{reference}", &reference)
        .replace("{account}", ACCOUNT)
        .replace("{key}", "1")
        .replace("{user}", &user.to_string())
        .replace("{application}", "1")
        .replace("{address}", "192.0.2.1")
        .replace("{generation}", "1")
        .replace("{job}", "5d2b7a30-5f0e-4b1c-9d51-3a2f4c6e8f00")
        .replace("{test}", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
        .replace("{id}", "1")
}

async fn status(instance: &Instance, bearer: Option<&str>, (name, pattern): (&str, &str)) -> u16 {
    let path = path(instance, pattern).await;
    instance.ask_if(bearer, (method(name), &path), body(name, pattern), Some("*")).await.status
}

#[test]
fn every_operation_of_the_router_is_listed_here() {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    let paths = description["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone()))
    });
    let known: BTreeSet<_> =
        OPERATIONS.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(operations.collect::<BTreeSet<_>>(), known);
}

#[test]
fn the_description_names_the_roles_that_are_let_in() {
    let description: Value = serde_json::from_str(&admin::openapi()).unwrap();
    for &(method, path, who) in OPERATIONS {
        let expected = match who {
            Who::Anybody => Value::Null,
            Who::Oneself | Who::EveryAdministrator | Who::Reads => {
                json!(["owner", "administrator", "auditor"])
            }
            Who::ReadsInstallation => json!(["owner", "auditor"]),
            Who::WritesInstallation => json!(["owner"]),
            Who::Writes => json!(["owner", "administrator"]),
        };
        let operation = &description["paths"][path][method];
        assert_eq!(operation["security"][0]["bearer"], expected, "{method} {path}");
    }
}

#[tokio::test]
async fn nobody_and_forgers_are_refused_everywhere() {
    let instance = Instance::start().await;
    let (session, _) = instance.server.session().await;
    let forged = format!("vat_{}", "A".repeat(43));
    let bearers = [None, Some(forged.as_str()), Some("vat_"), Some(session.as_str()), Some("0")];
    for &(name, pattern, _) in OPERATIONS.iter().filter(|(_, _, who)| *who != Who::Anybody) {
        for bearer in bearers {
            assert_eq!(status(&instance, bearer, (name, pattern)).await, 401, "{name} {pattern} {bearer:?}");
        }
    }
}

#[tokio::test]
async fn who_has_to_set_up_a_second_factor_reaches_nothing_else() {
    let require =
        |settings: &mut Settings| settings.administrators_second_factor = SecondFactorPolicy::Required;
    let instance = Instance::start_with(require).await;
    let own = instance.owner.clone();
    for &(name, pattern, who) in OPERATIONS.iter().filter(|(_, _, who)| *who != Who::Anybody) {
        // The last of all that is asked, since it ends the session.
        if pattern == "/admin/v1/logout" {
            continue;
        }
        let path = pattern.replace("{account}", ACCOUNT).replace("{address}", "192.0.2.1");
        let path = ["{user}", "{reference}", "{application}", "{generation}", "{key}", "{id}"]
            .iter()
            .fold(path, |path, one| path.replace(one, "1"));
        let answer = instance.ask_if(Some(&own), (method(name), &path), body(name, pattern), Some("*")).await;
        let kind = answer.body["type"].as_str() == Some("urn:vestibule:second-factor-to-be-set-up");
        let is_refused = (answer.status, kind) == (403, true);
        assert_eq!(is_refused, who != Who::Oneself, "{name} {pattern}: {answer:?}");
    }
    assert_eq!(status(&instance, Some(&own), ("post", "/admin/v1/logout")).await, 204);
}

#[tokio::test]
async fn auditors_change_nothing() {
    let instance = Instance::start().await;
    instance.server.session().await;
    let (all, _) = instance.token("all", "auditor", None).await;
    let (here, _) = instance.token("here", "auditor", Some(ACCOUNT)).await;
    for &(name, pattern, who) in OPERATIONS {
        if matches!(who, Who::Writes | Who::WritesInstallation) {
            for bearer in [&all, &here] {
                assert_eq!(status(&instance, Some(bearer), (name, pattern)).await, 403, "{name} {pattern}");
            }
        }
    }
}

#[tokio::test]
async fn the_administrator_of_an_account_does_nothing_to_the_installation() {
    let instance = Instance::start().await;
    instance.server.session().await;
    let (here, _) = instance.token("here", "administrator", Some(ACCOUNT)).await;
    for &(name, pattern, who) in OPERATIONS {
        if matches!(who, Who::ReadsInstallation | Who::WritesInstallation) {
            assert_eq!(status(&instance, Some(&here), (name, pattern)).await, 403, "{name} {pattern}");
        }
    }
}

#[tokio::test]
async fn the_administrator_of_another_account_learns_nothing() {
    let instance = Instance::start().await;
    let mut other = instance.server.fixture.account.clone();
    (other.id, other.code, other.number) = ("other".parse().unwrap(), "OTHER".to_owned(), 568);
    instance.server.change(vec![vestibule_store::Change::PutAccount(Box::new(other))]).await;
    instance.server.session().await;
    let (there, _) = instance.token("there", "administrator", Some("other")).await;
    for &(name, pattern, who) in OPERATIONS {
        if matches!(who, Who::Reads | Who::Writes) {
            let status = status(&instance, Some(&there), (name, pattern)).await;
            let expected = match pattern {
                // Their own, of which there are none; and what is said of a session that never was.
                "/admin/v1/sessions"
                | "/admin/v1/accounts"
                | "/admin/v1/events"
                | "/admin/v1/audit"
                | "/admin/v1/audit/export"
                | "/admin/v1/search"
                | "/admin/v1/ended-sessions"
                | "/admin/v1/why" => 200,
                // One of another account is none.
                "/admin/v1/sessions/{reference}" | "/admin/v1/session-ends/{job}" => 404,
                _ => 403,
            };
            assert_eq!(status, expected, "{name} {pattern}");
        }
    }
    let listed = instance.ask(Some(&there), (Method::GET, "/admin/v1/sessions"), None).await;
    assert_eq!(listed.body["sessions"], json!([]));
    for account in [ACCOUNT, "nowhere"] {
        let path = format!("/admin/v1/sessions?account={account}");
        assert_eq!(instance.ask(Some(&there), (Method::GET, &path), None).await.status, 403, "{account}");
    }
}
