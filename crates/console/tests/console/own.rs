//! The caller's own password and sessions

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::ACCOUNT;

use crate::support::{ANOTHER_PASSWORD, COOKIE, HOME, Instance, LOGIN, PASSWORD, log_in, set_up};
use crate::typing::{Typed, fill};

const SESSIONS: &str = "/console/own/sessions";
const CHANGE: &str = "/console/own/password";

#[tokio::test]
async fn an_own_password_change_signs_out_and_says_so() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let new = ("secret.new_password", "An0ther-long-pass");
    let fields = [("secret.password", PASSWORD), new, ("secret.again", new.1)];
    let changed = fill(&browser, CHANGE, &fields).await;
    assert_eq!(changed.status, 303, "{}", changed.html);
    assert!(changed.header("location").starts_with(LOGIN));
    assert!(browser.get(changed.header("location")).await.html.contains("Your password is changed"));
    assert_eq!(browser.cookie(COOKIE), None);
    assert_eq!(log_in(&browser, "admin", PASSWORD).await.status, 403);
    assert_eq!(log_in(&browser, "admin", new.1).await.status, 303);
}

#[tokio::test]
async fn a_password_that_is_not_changed_is_told_beside_its_field() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let other = "An0ther-long-pass";
    for (fields, told) in [
        (
            [("secret.password", PASSWORD), ("secret.new_password", other), ("secret.again", "x")],
            "secret.again-error",
        ),
        (
            [("secret.password", PASSWORD), ("secret.new_password", "x"), ("secret.again", "x")],
            "secret.new_password-error",
        ),
        (
            [("secret.password", "wrong"), ("secret.new_password", other), ("secret.again", other)],
            "id=\"notice\"",
        ),
    ] {
        let refused = fill(&browser, CHANGE, &fields).await;
        assert!(
            [403, 422].contains(&refused.status) && refused.html.contains(told),
            "{told}: {}",
            refused.html
        );
        assert!(!refused.html.contains(other) && !refused.html.contains(PASSWORD));
    }
    assert_eq!(browser.get(HOME).await.status, 200, "nobody was signed out");
}

#[tokio::test]
async fn who_has_a_second_factor_shows_a_code_for_it() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let (secret, _) = set_up(&instance, &browser, PASSWORD).await;
    let other = "An0ther-long-pass";
    let fields = [("secret.password", PASSWORD), ("secret.new_password", other), ("secret.again", other)];
    assert_eq!(fill(&browser, CHANGE, &fields).await.status, 403);
    instance.server.clock.advance(std::time::Duration::from_mins(1));
    let form = fields
        .iter()
        .fold(Typed::of(&browser.get(CHANGE).await), |form, (name, value)| form.with(name, value));
    let form = form.with("secret.code", &instance.code(&secret));
    assert_eq!(form.send(&browser, CHANGE).await.status, 303);
}

#[tokio::test]
async fn a_change_of_the_password_in_the_console_is_told_as_one_of_the_console() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let new = "An0ther-long-pass";
    fill(
        &browser,
        CHANGE,
        &[("secret.password", PASSWORD), ("secret.new_password", new), ("secret.again", new)],
    )
    .await;
    let login = instance.server.admin_request(Method::POST, "/admin/v1/login");
    let login = login.json(&json!({ "username": "admin", "password": new })).send().await.unwrap();
    let token: serde_json::Value = login.json().await.unwrap();
    let audit = instance.server.admin_request(Method::GET, "/admin/v1/audit?action=password-changed");
    let audit = audit.bearer_auth(token["token"].as_str().unwrap()).send().await.unwrap();
    let audit: serde_json::Value = audit.json().await.unwrap();
    assert_eq!(audit["entries"][0]["dialect"], json!("pages"), "{audit}");
}

#[tokio::test]
async fn own_sessions_are_listed_and_others_of_them_ended_whatever_the_role() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor", "account": ACCOUNT })).await;
    let (second, third) = (
        instance.signed_in_as("ben", ANOTHER_PASSWORD).await,
        instance.signed_in_as("ben", ANOTHER_PASSWORD).await,
    );
    let page = browser.get(SESSIONS).await;
    assert!(page.html.contains("3 live sessions") && page.html.contains("this one"), "{}", page.html);
    let picks = page.html.matches("name=\"pick.").count();
    assert_eq!(picks, 2, "not the one that is looked from");
    let pick = page.html.split_once("name=\"pick.").unwrap().1.split('"').next().unwrap();
    let one = Typed::of(&page).with(&format!("pick.{pick}"), "1").with("do", "picked");
    for _ in 0..2 {
        assert_eq!(one.send(&browser, SESSIONS).await.status, 303);
    }
    assert!(browser.get(SESSIONS).await.html.contains("2 live sessions"));
    let rest = Typed::of(&browser.get(SESSIONS).await).with("do", "others").send(&browser, SESSIONS).await;
    assert!(browser.get(rest.header("location")).await.html.contains("1 live session<"));
    for other in [second, third] {
        assert_eq!(other.get(HOME).await.status, 303);
    }
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else_here() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let pick = format!("pick.{}", things.session);
    let form = Typed::of(&browser.get(SESSIONS).await).with(&pick, "1").with("do", "picked");
    assert_eq!(form.send(&browser, SESSIONS).await.status, 303);
    let told = browser.get(&format!("/console/sessions/{}", things.session)).await;
    assert!(told.html.contains(">lives<"), "{}", told.html);
}
