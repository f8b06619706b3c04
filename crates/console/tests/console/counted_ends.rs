//! A form says how many live sessions end of what is done by it: so many end, and no others

use serde_json::json;
use vestibule_testkit::{ACCOUNT, Key, Shown, TOKEN};

use crate::support::Instance;
use crate::typing::{Typed, fill};

const CLIENT: Key =
    Key { app_key: "client-id", secret: "client-secret", access_token: "-", access_token_secret: "-" };

/// A session of a key, and one of a client.
async fn with_bots() -> Instance {
    let instance = Instance::start().await;
    for (bot, key) in [("bot", &Key::BOT), ("client", &CLIENT)] {
        assert_eq!(instance.server.log_in_with_key(bot, key).await.status(), 200);
    }
    instance
}

/// The same, and one of an application token.
async fn with_sessions() -> Instance {
    let instance = with_bots().await;
    let login = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request = instance.server.request(reqwest::Method::POST, "/session/login").header("LV-Access", TOKEN);
    assert_eq!(request.json(&login).send().await.unwrap().status(), 200);
    assert_eq!(live(&instance).await, 3);
    instance
}

async fn live(instance: &Instance) -> usize {
    let sessions = instance.listed(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
    sessions["sessions"].as_array().unwrap().len()
}

/// How many a page says that end.
fn said(page: &Shown) -> usize {
    let found = page.html.split_once("Ends ").filter(|(_, rest)| rest.contains(" live session"));
    found.map_or(0, |(_, rest)| rest.split(' ').next().unwrap().parse().unwrap())
}

/// Asserts that a form, filled in so, says that so many end, and that they do.
async fn ends(path: &str, fields: &[(&str, &str)], expected: usize) {
    let instance = with_sessions().await;
    let browser = instance.signed_in().await;
    let path = format!("/console/accounts/{ACCOUNT}{path}");
    let page = fill(&browser, &path, fields).await;
    assert_eq!((page.status, said(&page)), (200, expected), "{path} {fields:?}: {}", page.html);
    let done = Typed::of(&page).with("step", "do").send(&browser, &path).await;
    assert_eq!(done.status, 303, "{path} {fields:?}: {}", done.html);
    assert_eq!(live(&instance).await, 3 - expected, "{path} {fields:?}");
}

#[tokio::test]
async fn of_a_key_those_end_that_it_would_not_open_any_more() {
    for (field, value, expected) in [
        ("name", "Others", 0),
        ("privileges.data-read", "on", 0),
        ("privileges.user-login", "", 1),
        ("addresses", "127.0.0.0/8", 0),
        ("addresses", "192.0.2.0/24", 1),
        ("enabled", "", 1),
    ] {
        ends("/api-keys/1/edit", &[(field, value)], expected).await;
    }
}

#[tokio::test]
async fn of_a_client_those_end_that_it_would_not_open_any_more() {
    for (field, value, expected) in [
        ("description", "For bots", 0),
        ("scopes", "more", 0),
        ("addresses", "192.0.2.0/24", 1),
        ("enabled", "", 1),
    ] {
        ends("/oauth-clients/2/edit", &[(field, value)], expected).await;
    }
}

#[tokio::test]
async fn of_an_application_token_all_end_when_it_is_disabled() {
    for (field, value, expected) in [("name", "other", 0), ("enabled", "", 1)] {
        ends("/application-tokens/1/edit", &[(field, value)], expected).await;
    }
}

#[tokio::test]
async fn of_an_account_those_end_that_its_users_would_not_open_any_more() {
    for (path, field, value, expected) in [
        ("/edit", "time_zone", "Europe/Paris", 0),
        ("/edit", "features", "", 2),
        ("/edit", "sign_on", "sso-only", 1),
        ("/edit", "state", "disabled", 3),
        ("/policies/lockout_policy", "lockout_policy.failures", "9", 0),
    ] {
        ends(path, &[(field, value)], expected).await;
    }
}

#[tokio::test]
async fn of_what_is_deleted_all_end() {
    for (path, name) in [("/api-keys/1", "bots"), ("/oauth-clients/2", "client")] {
        let instance = with_bots().await;
        let browser = instance.signed_in().await;
        let path = format!("/console/accounts/{ACCOUNT}{path}/delete");
        let question = browser.get(&path).await;
        let deleted = Typed::of(&question).with("name", name).send(&browser, &path).await;
        assert_eq!(deleted.status, 303, "{path}: {}", deleted.html);
        assert_eq!([said(&question), live(&instance).await], [1, 1], "{path}");
    }
}

#[tokio::test]
async fn of_an_overlap_those_of_the_secrets_before_end() {
    for path in ["/api-keys/1", "/oauth-clients/2", "/application-tokens/1"] {
        let instance = with_sessions().await;
        let browser = instance.signed_in().await;
        let path = format!("/console/accounts/{ACCOUNT}{path}");
        fill(&browser, &format!("{path}/renew"), &[]).await;
        let end = format!("{path}/end-overlap");
        let question = browser.get(&end).await;
        let ended = Typed::of(&question).send(&browser, &end).await;
        assert_eq!(ended.status, 303, "{path}: {}", ended.html);
        assert_eq!([said(&question), live(&instance).await], [1, 2], "{path}");
    }
}
