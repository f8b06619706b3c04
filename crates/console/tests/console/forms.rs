//! Forms: from a page of the same host, browser and session, and from nowhere else

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::{ACCOUNT, Browser, form};

use crate::support::{COOKIE, FACTOR, HOME, Instance, LOGIN, PASSWORD};

const OUT: &str = "/console/logout";

/// The status of a form that signs out, sent with this origin.
async fn out(browser: &Browser, origin: Option<&str>, fields: &[(&str, &str)]) -> u16 {
    let request = form(browser.request(Method::POST, OUT), fields);
    let request = match origin {
        Some(origin) => request.header("origin", origin),
        None => request,
    };
    browser.send(request).await.status
}

#[tokio::test]
async fn a2_a_form_of_another_origin_is_refused() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let csrf = browser.get(HOME).await.hidden("csrf");
    let own = browser.origin();
    let over_tls = own.replace("http:", "https:");
    for origin in [None, Some("null"), Some("http://evil.example"), Some(over_tls.as_str())] {
        assert_eq!(out(&browser, origin, &[("csrf", &csrf)]).await, 403, "{origin:?}");
    }
    assert_eq!(browser.get(HOME).await.status, 200, "nobody was signed out");
    assert_eq!(out(&browser, Some(&own), &[("csrf", &csrf)]).await, 303);
}

#[tokio::test]
async fn a2_a_form_of_another_session_is_refused() {
    let instance = Instance::start().await;
    let (browser, other) = (instance.signed_in().await, instance.signed_in().await);
    let csrf = other.get(HOME).await.hidden("csrf");
    assert_eq!(browser.post(OUT, &[("csrf", &csrf)]).await.status, 403);
    assert_eq!(browser.post(OUT, &[]).await.status, 403);
    assert_eq!(browser.get(HOME).await.status, 200);
}

#[tokio::test]
async fn a2_a_login_form_of_another_browser_is_refused() {
    let instance = Instance::start().await;
    let (browser, other) = (instance.browser(), instance.browser());
    let csrf = other.get(LOGIN).await.hidden("csrf");
    browser.get(LOGIN).await;
    let fields = [("csrf", &*csrf), ("user_name", "admin"), ("password", PASSWORD)];
    let refused = browser.post(LOGIN, &fields).await;
    assert_eq!((refused.status, browser.cookie(COOKIE)), (403, None));
}

#[tokio::test]
async fn a_field_twice_is_refused() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let csrf = browser.get(HOME).await.hidden("csrf");
    assert_eq!(browser.post(OUT, &[("csrf", &csrf), ("csrf", &csrf)]).await.status, 403);
    assert_eq!(browser.get(HOME).await.status, 200);
}

#[tokio::test]
async fn a2_what_is_no_form_is_refused() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let csrf = browser.get(HOME).await.hidden("csrf");
    let request = browser.request(Method::POST, OUT).header("origin", browser.origin());
    let request = request.header("content-type", "text/plain").body(format!("csrf={csrf}"));
    assert_eq!(browser.send(request).await.status, 403);
}

#[tokio::test]
async fn a_form_of_a_session_that_has_ended_leads_to_the_login_and_does_nothing() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let csrf = browser.get(HOME).await.hidden("csrf");
    instance.server.clock.advance(std::time::Duration::from_mins(31));
    let sent = browser.post(OUT, &[("csrf", &csrf)]).await;
    assert_eq!((sent.status, sent.header("location")), (303, LOGIN));
}

#[tokio::test]
async fn a_form_that_is_too_long_is_refused() {
    let instance = Instance::start().await;
    let long = "x".repeat(45_000);
    let refused = instance.browser().post(LOGIN, &[("user_name", &long)]).await;
    assert_eq!((refused.status, refused.header("content-type")), (413, "text/html; charset=utf-8"));
}

#[tokio::test]
async fn a_form_that_is_too_old_is_no_refusal_in_the_audit_and_what_is_not_allowed_is() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor", "account": ACCOUNT })).await;
    assert_eq!(browser.post(OUT, &[("csrf", "0")]).await.status, 403);
    let csrf = browser.get(HOME).await.hidden("csrf");
    assert_eq!(browser.post(FACTOR, &[("csrf", &csrf), ("do", "unknown")]).await.status, 403);
    assert_eq!(browser.get("/console/accounts/administrators").await.status, 403);
    let page = instance.listed("/admin/v1/audit?action=administration-refused").await;
    let [entry] = page["entries"].as_array().unwrap().as_slice() else { panic!("one entry: {page}") };
    assert_eq!(entry["count"].as_u64().unwrap_or(1), 1, "{page}");
    assert_eq!(entry["details"]["operation"], "GET /console/accounts/{account}");
}
