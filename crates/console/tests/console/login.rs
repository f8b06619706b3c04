//! `/console/login`, and the way out

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vestibule_model::{AuditAction, Clock as _};
use vestibule_store::AuditQuery;
use vestibule_testkit::Browser;

use crate::support::{
    ANOTHER_PASSWORD, COOKIE, FACTOR, HOME, Instance, LOGIN, PASSWORD, log_in, log_in_at, set_up,
};

#[tokio::test]
async fn the_right_password_leads_to_the_overview() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let page = browser.get(HOME).await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains("Live sessions") && page.html.contains("owner"), "{}", page.html);
}

#[tokio::test]
async fn wrong_ones_are_refused_in_the_same_words_whoever_it_is() {
    let instance = Instance::start().await;
    let refused = async |name: &str, password: &str| {
        let shown = log_in(&instance.browser(), name, password).await;
        assert!(shown.header("set-cookie").is_empty(), "{name}");
        let notice = shown.html.split_once(r#"role="alert">"#).unwrap().1;
        (shown.status, notice.split('<').next().unwrap().to_owned())
    };
    let expected = refused("nobody", "wrong").await;
    assert_eq!(expected.0, 403);
    assert_eq!(refused("admin", "wrong").await, expected);
    assert_eq!(refused("name", "password").await, expected, "a user of another account");
}

#[tokio::test]
async fn s8_a_cookie_that_is_tried_at_the_login_is_noted() {
    let instance = Instance::start().await;
    let browser = instance.browser();
    browser.keep(COOKIE, &"0".repeat(64));
    assert_eq!(browser.get(LOGIN).await.status, 200);
    let refused = instance.server.auth.refusal_counts();
    let of_administration =
        refused.iter().filter(|(action, ..)| *action == AuditAction::AdministrationRefused);
    assert_eq!(of_administration.map(|(.., count)| count).sum::<u64>(), 1);
}

#[tokio::test]
async fn s2_guessing_is_charged_like_the_api() {
    let instance = Instance::start().await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(log_in(&instance.browser(), "admin", "wrong").await.status);
    }
    let api = instance.server.admin_request(Method::POST, "/admin/v1/login");
    let api = api.json(&json!({ "username": "admin", "password": PASSWORD })).send().await.unwrap();
    assert_ne!(api.status(), 200, "{statuses:?}");
    assert_ne!(log_in(&instance.browser(), "admin", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn whoever_is_nobody_is_sent_to_sign_in_and_back_to_where_they_wanted() {
    let instance = Instance::start().await;
    let browser = instance.browser();
    let sent = browser.get("/console/own/second-factor?a=1").await;
    assert_eq!(sent.status, 303);
    let login = sent.header("location").to_owned();
    assert_eq!(login, "/console/login?next=%2Fconsole%2Fown%2Fsecond-factor%3Fa%3D1");
    let signed_in = log_in_at(&browser, &login, "admin", PASSWORD).await;
    assert_eq!((signed_in.status, signed_in.header("location")), (303, "/console/own/second-factor?a=1"));
}

#[tokio::test]
async fn a7_nobody_is_sent_elsewhere() {
    let instance = Instance::start().await;
    let hostile = "/console/login?next=https%3A%2F%2Fevil.example%2Fconsole%2F";
    let shown = log_in_at(&instance.browser(), hostile, "admin", PASSWORD).await;
    assert_eq!((shown.status, shown.header("location")), (303, HOME));
    let browser = instance.signed_in().await;
    assert_eq!(browser.get("/console/login?next=%2F%2Fevil.example").await.header("location"), HOME);
}

#[tokio::test]
async fn after_signing_out_the_cookie_shows_nothing() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let cookie = browser.cookie(COOKIE).unwrap();
    let csrf = browser.get(HOME).await.hidden("csrf");
    let out = browser.post("/console/logout", &[("csrf", &csrf)]).await;
    assert_eq!((out.status, out.header("location")), (303, "/console/login?done=signed-out"));
    assert_eq!((out.header("clear-site-data"), browser.cookie(COOKIE)), ("\"cache\"", None));
    browser.keep(COOKIE, &cookie);
    assert_eq!(browser.get(HOME).await.status, 303);
}

#[tokio::test]
async fn signing_in_once_more_ends_the_session_of_before() {
    let instance = Instance::start().await;
    let browser = instance.browser();
    let page = browser.get(LOGIN).await;
    let fields =
        [("csrf", &*page.hidden("csrf")), ("next", ""), ("user_name", "admin"), ("password", PASSWORD)];
    browser.post(LOGIN, &fields).await;
    let before = browser.cookie(COOKIE).unwrap();
    browser.post(LOGIN, &fields).await;
    assert_eq!(browser.get(HOME).await.status, 200);
    browser.keep(COOKIE, &before);
    assert_eq!(browser.get(HOME).await.status, 303);
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    instance.server.clock.advance(Duration::from_mins(31));
    assert_eq!(browser.get(HOME).await.header("location"), LOGIN);
}

#[tokio::test]
async fn a_code_is_asked_for_where_there_is_a_factor() {
    let instance = Instance::start().await;
    let (secret, _) = set_up(&instance, &instance.signed_in().await, PASSWORD).await;
    instance.server.clock.advance(Duration::from_secs(30));
    let browser = instance.browser();
    let asked = log_in(&browser, "admin", PASSWORD).await;
    assert_eq!((asked.status, asked.header("location")), (303, "/console/login/code"));
    assert_eq!(browser.cookie(COOKIE), None);
    let page = browser.get("/console/login/code").await;
    let csrf = page.hidden("csrf");
    let wrong = browser.post("/console/login/code", &[("csrf", &csrf), ("code", "000000")]).await;
    assert_eq!((wrong.status, browser.cookie(COOKIE)), (403, None));
    let code = instance.code(&secret);
    let right = browser.post("/console/login/code", &[("csrf", &csrf), ("code", &code)]).await;
    assert_eq!((right.status, right.header("location")), (303, HOME), "{}", right.html);
    assert_eq!(browser.get(HOME).await.status, 200);
}

#[tokio::test]
async fn without_a_password_there_is_no_code_to_show() {
    let instance = Instance::start().await;
    let browser = instance.browser();
    let shown = browser.get("/console/login/code").await;
    assert_eq!((shown.status, shown.header("location")), (303, LOGIN));
}

/// A browser of an administrator who has to choose another password first.
async fn with_a_password_to_change(instance: &Instance) -> Browser {
    let body = json!({ "login_name": "ben", "password": ANOTHER_PASSWORD });
    let made = instance.api(Method::POST, "/admin/v1/accounts/administrators/users", &body).await;
    let path = format!("/admin/v1/administrators/{}", made["id"]);
    instance.api(Method::PUT, &path, &json!({ "role": "auditor" })).await;
    instance.browser()
}

#[tokio::test]
async fn who_must_change_the_password_changes_it_on_the_way_in() {
    let instance = Instance::start().await;
    let browser = with_a_password_to_change(&instance).await;
    let page = log_in(&browser, "ben", ANOTHER_PASSWORD).await;
    assert_eq!((page.status, browser.cookie(COOKIE)), (403, None));
    let csrf = page.hidden("csrf");
    let change = async |new: &str, again: &str| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("next", ""),
            ("user_name", "ben"),
            ("password", ANOTHER_PASSWORD),
            ("new", new),
            ("again", again),
        ];
        browser.post("/console/login/password", &fields).await
    };
    assert_eq!(change("Sec0nd-admin-pass", "Another-admin-pass").await.status, 422);
    assert_eq!(change("short", "short").await.status, 422);
    let changed = change("Sec0nd-admin-pass", "Sec0nd-admin-pass").await;
    assert_eq!((changed.status, changed.header("location")), (303, HOME), "{}", changed.html);
    assert_eq!(browser.get(HOME).await.status, 200);
    assert_eq!(log_in(&instance.browser(), "ben", ANOTHER_PASSWORD).await.status, 403);
}

#[tokio::test]
async fn s3_who_lost_the_role_is_out() {
    let instance = Instance::start().await;
    let id = instance.administrator("ben", &json!({ "role": "owner" })).await;
    let browser = instance.signed_in_as("ben", ANOTHER_PASSWORD).await;
    assert_eq!(browser.get(HOME).await.status, 200);
    let path = format!("/admin/v1/administrators/{id}");
    let gone = instance.server.admin_request(Method::DELETE, &path).bearer_auth(&instance.bearer);
    assert_eq!(gone.header("if-match", "*").send().await.unwrap().status(), 204);
    assert_eq!(browser.get(HOME).await.header("location"), LOGIN);
    let refused = log_in(&instance.browser(), "ben", ANOTHER_PASSWORD).await;
    assert_eq!(refused.status, 403);
    assert!(refused.html.contains("This user has no role"), "{}", refused.html);
}

#[tokio::test]
async fn what_is_refused_is_counted_for_the_audit() {
    let instance = Instance::start().await;
    let browser = instance.browser();
    browser.keep(COOKIE, &"0".repeat(64));
    assert_eq!(browser.get(FACTOR).await.status, 303);
    let query =
        AuditQuery { action: Some(AuditAction::AdministrationRefused), limit: 10, ..AuditQuery::default() };
    let page = instance.server.auth.audit(query).await.unwrap();
    let details: Vec<_> = page.entries.iter().filter_map(|entry| entry.record.details.clone()).collect();
    assert!(details.iter().any(|details| details.contains("GET /console/own/second-factor")), "{details:?}");
    assert!(instance.server.clock.now().as_unix() > 0);
}

#[tokio::test]
async fn a_session_of_before_whose_holder_has_lost_the_role_ends_when_somebody_else_signs_in() {
    let instance = Instance::start().await;
    let id = instance.administrator("ben", &json!({ "role": "owner" })).await;
    let browser = instance.signed_in_as("ben", crate::support::ANOTHER_PASSWORD).await;
    let path = format!("/admin/v1/administrators/{id}");
    let request = instance.server.admin_request(Method::DELETE, &path).bearer_auth(&instance.bearer);
    assert!(request.header("if-match", "*").send().await.unwrap().status().is_success());
    let of_ben = async || {
        let sessions = instance.server.stored_sessions().await;
        sessions.iter().filter(|session| session.user.0 == id).count()
    };
    assert_eq!(of_ben().await, 1);
    assert_eq!(log_in(&browser, "admin", PASSWORD).await.status, 303);
    assert_eq!(of_ben().await, 0);
}
