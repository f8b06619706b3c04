//! `/console/own/second-factor`

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vestibule_model::SecondFactorPolicy;
use vestibule_testkit::{Browser, Shown};

use crate::sso_provider::{by_saml, with_connections};
use crate::support::{COOKIE, FACTOR, HOME, Instance, PASSWORD, set_up};

#[tokio::test]
async fn it_is_set_up_with_a_code_and_the_password_and_the_session_goes_on() {
    let instance = Instance::start().await;
    let (browser, other) = (instance.signed_in().await, instance.signed_in().await);
    let before = browser.cookie(COOKIE).unwrap();
    let (_, page) = set_up(&instance, &browser, PASSWORD).await;
    assert_eq!(page.status, 200, "{}", page.html);
    assert_eq!(page.html.matches("<li>").count() - page.html.matches("<li><a").count(), 10, "{}", page.html);
    assert_ne!(browser.cookie(COOKIE).unwrap(), before);
    assert_eq!(browser.get(HOME).await.status, 200);
    assert_eq!(other.get(HOME).await.status, 303, "others have ended");
    let out = browser.post("/console/logout", &[("csrf", &page.hidden("csrf"))]).await;
    assert_eq!(out.status, 303, "its page has the form of the new session");
}

#[tokio::test]
async fn a_wrong_code_leaves_the_same_secret_to_try_again() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let page = browser.get(FACTOR).await;
    let fields = [
        ("csrf", &*page.hidden("csrf")),
        ("do", "set"),
        ("state", &*page.hidden("state")),
        ("code", "000000"),
        ("password", PASSWORD),
    ];
    let wrong = browser.post(FACTOR, &fields).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(crate::support::secret(&wrong), crate::support::secret(&page));
}

#[tokio::test]
async fn who_lacks_one_that_there_has_to_be_is_led_to_it_and_nowhere_else() {
    let required = |settings: &mut vestibule_auth::Settings| {
        settings.administrators_second_factor = SecondFactorPolicy::Required;
    };
    let instance = Instance::start_with(required).await;
    let browser = instance.signed_in().await;
    assert_eq!(browser.get(HOME).await.header("location"), FACTOR);
    let page = browser.get(FACTOR).await;
    assert_eq!(page.status, 200);
    assert!(!page.html.contains("aria-label=\"Console\""), "there is nowhere to go: {}", page.html);
    let (_, set_up) = set_up(&instance, &browser, PASSWORD).await;
    assert_eq!(set_up.status, 200, "{}", set_up.html);
    assert_eq!(browser.get(HOME).await.status, 200);
}

#[tokio::test]
async fn it_is_taken_away_with_a_code_and_the_password() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let (secret, _) = set_up(&instance, &browser, PASSWORD).await;
    let change = async |what: &str, code: &str, password: &str| {
        let csrf = browser.get(FACTOR).await.hidden("csrf");
        let fields = [("csrf", csrf.as_str()), ("do", what), ("code", code), ("password", password)];
        browser.post(FACTOR, &fields).await
    };
    let code = next_code(&instance, &secret);
    assert_eq!(change("remove", &code, "wrong").await.status, 422);
    assert_eq!(change("renew", &code, PASSWORD).await.status, 200);
    let code = next_code(&instance, &secret);
    let removed = change("remove", &code, PASSWORD).await;
    assert_eq!(removed.status, 200);
    assert!(removed.html.contains("The second factor is removed."), "{}", removed.html);
    assert!(browser.get(FACTOR).await.html.contains("Set up the second factor"));
}

/// An owner who has no password and has set up a second factor, signed in by the identity provider; and the secret.
async fn owner_without_password() -> (Instance, Browser, String) {
    let (instance, _) = with_connections().await;
    let new = json!({ "login_name": "jane" });
    let made = instance.api(Method::POST, "/admin/v1/accounts/administrators/users", &new).await;
    let role = json!({ "role": "owner" });
    instance.api(Method::PUT, &format!("/admin/v1/administrators/{}", made["id"]), &role).await;
    let browser = instance.browser();
    by_saml(&instance, &browser, "_1", "jane").await;
    let (secret, page) = set_up(&instance, &browser, "").await;
    assert_eq!(page.status, 200, "{}", page.html);
    by_saml(&instance, &browser, "_2", "jane").await;
    let csrf = browser.get("/console/login/code").await.hidden("csrf");
    let code = next_code(&instance, &secret);
    let fields = [("csrf", &*csrf), ("next", ""), ("code", &*code)];
    assert_eq!(browser.post("/console/login/code", &fields).await.status, 303);
    (instance, browser, secret)
}

fn next_code(instance: &Instance, secret: &str) -> String {
    instance.server.clock.advance(Duration::from_secs(30));
    instance.code(secret)
}

async fn change_without_password(browser: &Browser, what: &str, code: &str) -> Shown {
    let csrf = browser.get(FACTOR).await.hidden("csrf");
    browser.post(FACTOR, &[("csrf", &*csrf), ("do", what), ("code", code)]).await
}

#[tokio::test]
async fn who_has_no_password_makes_recovery_codes_anew_with_a_code_alone() {
    let (instance, browser, secret) = owner_without_password().await;
    assert_eq!(change_without_password(&browser, "renew", "000000").await.status, 422);
    let renewed = change_without_password(&browser, "renew", &next_code(&instance, &secret)).await;
    assert_eq!(renewed.status, 200, "{}", renewed.html);
    assert!(renewed.html.contains("These are your recovery codes now."), "{}", renewed.html);
}

#[tokio::test]
async fn who_has_no_password_takes_it_away_with_a_code_alone() {
    let (instance, browser, secret) = owner_without_password().await;
    let refused = change_without_password(&browser, "remove", "000000").await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    let removed = change_without_password(&browser, "remove", &next_code(&instance, &secret)).await;
    assert!(removed.html.contains("The second factor is removed."), "{}", removed.html);
}

#[tokio::test]
async fn a_password_is_asked_for_of_whoever_has_one() {
    let asks = |page: &Shown| page.html.contains(r#"name="password""#);
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    assert!(asks(&browser.get(FACTOR).await));
    set_up(&instance, &browser, PASSWORD).await;
    assert!(asks(&browser.get(FACTOR).await));
    let (_instance, browser, _) = owner_without_password().await;
    assert!(!asks(&browser.get(FACTOR).await));
}
