//! A session that ends in the middle of a form

use std::time::Duration;

use serde_json::json;
use vestibule_testkit::{ACCOUNT, Browser, Shown};

use crate::support::{ANOTHER_PASSWORD, FACTOR, HOME, Instance, LOGIN, PASSWORD, log_in, set_up};
use crate::typing::Typed;

fn new_user() -> String {
    format!("/console/accounts/{ACCOUNT}/users/new?kind=human")
}

async fn is_made(instance: &Instance) -> bool {
    format!("{:?}", instance.server.store.directory().await.unwrap()).contains("\"kept\"")
}

/// A form that was filled in, and sent when its session had ended: the login page that it is answered with.
async fn sent_too_late(instance: &Instance, browser: &Browser) -> Shown {
    let form = Typed::of(&browser.get(&new_user()).await);
    let form = form
        .with("login_name", "kept")
        .with("full_name", "<b>Kept")
        .with("secret.password", "Sh0wn-to-nobody");
    instance.server.clock.advance(Duration::from_mins(31));
    let sent = form.send(browser, &new_user()).await;
    assert_eq!(sent.status, 401, "{}", sent.html);
    assert!(!sent.html.contains("Kept") && !sent.html.contains("Sh0wn"), "whoever comes by sees none of it");
    sent
}

/// Signs in on a login page that keeps something.
async fn sign_in(browser: &Browser, page: &Shown, name: &str, password: &str) -> Shown {
    let (csrf, kept) = (page.hidden("csrf"), page.hidden("kept"));
    let fields = [("csrf", csrf.as_str()), ("kept", &kept), ("user_name", name), ("password", password)];
    browser.post(LOGIN, &fields).await
}

#[tokio::test]
async fn nothing_typed_is_lost_when_the_session_ends() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let login = sent_too_late(&instance, &browser).await;
    let wrong = sign_in(&browser, &login, "admin", "wrong").await;
    let back = sign_in(&browser, &wrong, "admin", PASSWORD).await;
    assert_eq!(back.status, 200);
    assert!(back.html.contains("Nothing was done yet"), "{}", back.html);
    assert!(!back.html.contains("Sh0wn"));
    let again = Typed::of(&back).send(&browser, &new_user()).await;
    assert_eq!(again.status, 200);
    let form = Typed::of(&again);
    assert_eq!(
        (form.get("login_name"), form.get("full_name"), form.get("secret.password")),
        ("kept", "<b>Kept", "")
    );
    assert!(!is_made(&instance).await, "it does nothing by itself");
    assert_eq!(form.send(&browser, &new_user()).await.status, 303);
    assert!(is_made(&instance).await);
}

#[tokio::test]
async fn another_user_gets_nothing_of_what_was_typed() {
    let instance = Instance::start().await;
    instance.administrator("ben", &json!({ "role": "owner" })).await;
    let browser = instance.signed_in().await;
    let login = sent_too_late(&instance, &browser).await;
    let other = sign_in(&browser, &login, "ben", ANOTHER_PASSWORD).await;
    assert_eq!((other.status, other.header("location")), (303, HOME));
    assert!(!is_made(&instance).await);
}

#[tokio::test]
async fn what_was_kept_is_forgotten_after_half_an_hour() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let login = sent_too_late(&instance, &browser).await;
    instance.server.clock.advance(Duration::from_mins(30));
    let back = sign_in(&browser, &login, "admin", PASSWORD).await;
    assert_eq!((back.status, back.header("location")), (303, HOME));
}

#[tokio::test]
async fn a_code_is_asked_for_with_what_was_typed() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let (secret, _) = set_up(&instance, &browser, PASSWORD).await;
    let login = sent_too_late(&instance, &browser).await;
    let asked = sign_in(&browser, &login, "admin", PASSWORD).await;
    assert_eq!(asked.status, 200, "{}", asked.html);
    let (csrf, kept, code) = (asked.hidden("csrf"), asked.hidden("kept"), instance.code(&secret));
    let fields = [("csrf", csrf.as_str()), ("kept", &kept), ("code", &code)];
    let back = browser.post("/console/login/code", &fields).await;
    assert_eq!(back.status, 200);
    assert!(back.html.contains("Nothing was done yet") && back.html.contains("Kept"), "{}", back.html);
}

#[tokio::test]
async fn who_signed_out_in_another_window_loses_nothing() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let form = Typed::of(&browser.get(&new_user()).await).with("login_name", "kept");
    let csrf = browser.get(HOME).await.hidden("csrf");
    browser.post("/console/logout", &[("csrf", &csrf)]).await;
    assert_eq!(form.send(&browser, &new_user()).await.status, 401);
    let shown = crate::support::log_in(&browser, "admin", PASSWORD).await;
    assert_eq!(shown.status, 303);
    let back = form.send(&browser, &new_user()).await;
    assert_eq!(back.status, 200);
    assert!(back.html.contains("Nothing was done yet"), "{}", back.html);
    let again = Typed::of(&back).send(&browser, &new_user()).await;
    assert_eq!(Typed::of(&again).get("login_name"), "kept");
    assert!(!is_made(&instance).await);
}

#[tokio::test]
async fn a2_a_form_of_somebody_else_is_not_kept() {
    let instance = Instance::start().await;
    let (browser, other) = (instance.signed_in().await, instance.signed_in().await);
    let form = Typed::of(&other.get(&new_user()).await).with("login_name", "kept");
    assert_eq!(form.clone().with("of", "1").send(&browser, &new_user()).await.status, 403);
    instance.server.clock.advance(Duration::from_mins(31));
    let sent = form.send(&browser, &new_user()).await;
    assert_eq!((sent.status, sent.header("location")), (303, LOGIN));
    assert!(!is_made(&instance).await);
}

#[tokio::test]
async fn what_is_no_seal_of_ours_keeps_nothing() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let login = sent_too_late(&instance, &browser).await;
    let csrf = login.hidden("csrf");
    for kept in ["x", "", "<b>", &"A".repeat(2_000)] {
        let fields =
            [("csrf", csrf.as_str()), ("kept", kept), ("user_name", "admin"), ("password", PASSWORD)];
        let shown = browser.post(LOGIN, &fields).await;
        assert_eq!((shown.status, shown.header("location")), (303, HOME), "{kept}");
    }
    assert_eq!(browser.get(FACTOR).await.status, 200);
}

#[tokio::test]
async fn a_form_that_is_too_long_to_be_kept_says_so_and_is_sent_again_by_whoever_signs_in_elsewhere() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let path = format!("/console/accounts/{ACCOUNT}/connections/new");
    let long = "x".repeat(30_000);
    let form = Typed::of(&browser.get(&path).await).with("name", "kept").with("metadata", &long);
    instance.server.clock.advance(Duration::from_mins(31));
    let sent = form.send(&browser, &path).await;
    assert_eq!(sent.status, 401);
    assert!(sent.html.contains("too long to be kept"), "{}", sent.html);
    assert_eq!(log_in(&browser, "admin", PASSWORD).await.status, 303);
    let back = form.send(&browser, &path).await;
    let again = Typed::of(&Typed::of(&back).send(&browser, &path).await);
    assert_eq!((again.get("name"), again.get("metadata")), ("kept", long.as_str()));
}
