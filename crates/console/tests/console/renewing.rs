//! Applications are given other secrets, which overlap with those so far

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::{ACCOUNT, Browser, Shown};

use crate::resource_forms::{log_in, shown_once};
use crate::support::Instance;
use crate::typing::{Typed, fill};

const DAY: Duration = Duration::from_hours(24);

/// A key, two bots that log in with it, what was shown of the key, and its page.
async fn bot(instance: &Instance, browser: &Browser) -> (Shown, String) {
    let keys = format!("/console/accounts/{ACCOUNT}/api-keys");
    let fields = [("name", "Bots"), ("privileges.user-login", "on")];
    let made = fill(browser, &format!("{keys}/new"), &fields).await;
    let app_key = shown_once(&made, "App key");
    for name in ["robot", "other"] {
        let user = json!({ "login_name": name, "kind": "bot", "allowed_app_key": app_key });
        instance.api(Method::POST, &format!("/admin/v1/accounts/{ACCOUNT}/users"), &user).await;
    }
    let (_, rest) = made.html.split_once("<a class=\"button\" href=\"").unwrap();
    let page = rest.split('"').next().unwrap().to_owned();
    (made, page)
}

async fn sessions(instance: &Instance) -> usize {
    let live = instance.listed(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
    live["sessions"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn renewed_secrets_overlap_as_said() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let (old, page) = bot(&instance, &browser).await;
    assert_eq!(log_in(&instance, "robot", &old).await, 200);
    let renew = format!("{page}/renew");
    let form = browser.get(&renew).await;
    assert!(form.html.contains("1 live session was opened with it"), "{}", form.html);
    let form = Typed::of(&form);
    assert_eq!(form.get("overlap_seconds"), "86400", "a day unless something else is chosen");
    let new = form.send(&browser, &renew).await;
    let again = form.send(&browser, &renew).await;
    assert_eq!(shown_once(&new, "Secret"), shown_once(&again, "Secret"), "a second click renews nothing");
    assert_eq!(shown_once(&new, "App key"), shown_once(&old, "App key"));
    assert_ne!(shown_once(&new, "Access token"), shown_once(&old, "Access token"));
    let shown = browser.get(&page).await;
    assert!(shown.html.contains("The secrets of before work until"), "{}", shown.html);
    assert_eq!([log_in(&instance, "robot", &old).await, log_in(&instance, "robot", &new).await], [200, 200]);
    instance.server.clock.advance(DAY);
    assert_eq!([log_in(&instance, "robot", &old).await, log_in(&instance, "robot", &new).await], [401, 200]);
}

#[tokio::test]
async fn a_second_overlap_is_refused_in_words_and_none_ends_all_at_once() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let (old, page) = bot(&instance, &browser).await;
    let renew = format!("{page}/renew");
    let second = fill(&browser, &renew, &[]).await;
    assert_eq!(log_in(&instance, "robot", &second).await, 200);
    let refused = fill(&browser, &renew, &[]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.html.contains("still work"), "{}", refused.html);
    let third = fill(&browser, &renew, &[("overlap_seconds", "0")]).await;
    assert_eq!(sessions(&instance).await, 0);
    let statuses = [
        log_in(&instance, "robot", &old).await,
        log_in(&instance, "robot", &second).await,
        log_in(&instance, "robot", &third).await,
    ];
    assert_eq!(statuses, [401, 401, 200]);
    let forged = fill(&browser, &renew, &[("overlap_seconds", "99999999999")]).await;
    assert_eq!(forged.status, 422);
}

#[tokio::test]
async fn an_overlap_is_ended_before_its_time() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let (old, page) = bot(&instance, &browser).await;
    assert!(!browser.get(&page).await.html.contains("/end-overlap"));
    assert_eq!(log_in(&instance, "robot", &old).await, 200);
    let new = fill(&browser, &format!("{page}/renew"), &[]).await;
    assert_eq!(log_in(&instance, "other", &new).await, 200);
    let before = sessions(&instance).await;
    assert!(browser.get(&page).await.html.contains("/end-overlap"));
    for _ in 0..2 {
        let ended = fill(&browser, &format!("{page}/end-overlap"), &[]).await;
        assert_eq!((ended.status, ended.header("location")), (303, &*format!("{page}?done=overlap-ended")));
    }
    assert_eq!([before, sessions(&instance).await], [2, 1], "those of the present secrets go on");
    assert_eq!([log_in(&instance, "robot", &old).await, log_in(&instance, "robot", &new).await], [401, 200]);
    assert!(!browser.get(&page).await.html.contains("/end-overlap"));
}

#[tokio::test]
async fn another_overlap_than_the_page_has_shown_is_not_ended() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let (_, page) = bot(&instance, &browser).await;
    let (renew, end) = (format!("{page}/renew"), format!("{page}/end-overlap"));
    fill(&browser, &renew, &[]).await;
    let old = Typed::of(&browser.get(&end).await);
    fill(&browser, &renew, &[("overlap_seconds", "0")]).await;
    instance.server.clock.advance(Duration::from_secs(1));
    let new = fill(&browser, &renew, &[]).await;
    let refused = old.send(&browser, &end).await;
    assert_eq!((refused.status, log_in(&instance, "robot", &new).await), (409, 200), "{}", refused.html);
    assert!(browser.get(&page).await.html.contains("/end-overlap"), "it goes on");
    assert_eq!(Typed::of(&refused).send(&browser, &end).await.status, 303);
}

#[tokio::test]
async fn an_application_token_and_a_client_get_other_secrets() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for (kind, secret) in [("oauth-clients", "Client secret"), ("application-tokens", "Application token")] {
        let path = format!("/admin/v1/accounts/{ACCOUNT}/{kind}");
        let made = instance.api(Method::POST, &path, &json!({ "name": "Renewed" })).await;
        let page = format!("/console/accounts/{ACCOUNT}/{kind}/{}", made["id"]);
        let renewed = fill(&browser, &format!("{page}/renew"), &[]).await;
        let before = made.get("secret").or_else(|| made.get("token")).and_then(Value::as_str).unwrap();
        assert_ne!(shown_once(&renewed, secret), before);
    }
}
