//! `/console/own/second-factor`

use std::time::Duration;

use vestibule_model::SecondFactorPolicy;

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
    let next_code = || {
        instance.server.clock.advance(Duration::from_secs(30));
        instance.code(&secret)
    };
    let code = next_code();
    assert_eq!(change("remove", &code, "wrong").await.status, 422);
    assert_eq!(change("renew", &code, PASSWORD).await.status, 200);
    let code = next_code();
    let removed = change("remove", &code, PASSWORD).await;
    assert_eq!(removed.status, 200);
    assert!(removed.html.contains("The second factor is removed."), "{}", removed.html);
    assert!(browser.get(FACTOR).await.html.contains("Set up the second factor"));
}
