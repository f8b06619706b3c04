//! The way in with a password.

use std::sync::atomic::Ordering;

use vestibule_auth::FailureLimit;
use vestibule_model::{AuthenticationMethod, Dialect, LockoutPolicy, SignOn, Unlock};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::{oidc_connection, saml_connection};
use vestibule_testkit::{ACCOUNT, CHEAP, TestServer};

use crate::browser::{Browser, Shown, own};

const SAID_OF_BAD_CREDENTIALS: &str = "User name or password are wrong, or may not be used.";

#[tokio::test]
async fn the_account_is_asked_for_first() {
    let server = TestServer::start().await;
    let browser = Browser::of(&server);
    assert!(browser.get("/me/login").await.html.contains("Account"));
    let led_on = browser.get(&format!("/me/login?account={ACCOUNT}")).await;
    assert_eq!((led_on.status, led_on.header("location")), (303, own("login").as_str()));
    let none = browser.get("/me/login?account=a/b").await;
    assert!(none.status == 200 && none.html.contains("1 to 20 of the characters"));
}

#[tokio::test]
async fn a_password_opens_a_page_session() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    let sessions = server.stored_sessions().await;
    assert_eq!(sessions.len(), 1);
    assert_eq!((sessions[0].dialect, sessions[0].method), (Dialect::Pages, AuthenticationMethod::Password));
    let home = browser.get(&own("")).await;
    assert!(home.status == 200 && home.html.contains("this one"), "{}", home.html);
    // Whoever is signed in already goes on.
    assert_eq!(browser.get(&own("login")).await.header("location"), own(""));
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_the_login() {
    let server = TestServer::start().await;
    for path in ["", "password"] {
        let shown = Browser::of(&server).get(&own(path)).await;
        assert_eq!((shown.status, shown.header("location")), (303, own("login").as_str()));
    }
}

#[tokio::test]
async fn a7_a_login_leads_on_to_a_path_of_the_account_and_nowhere_else() {
    let server = TestServer::start().await;
    let on = Browser::of(&server)
        .log_in_at(&own("login?continue=%2Fme%2F12345678%2Fpassword"), "name", "password")
        .await;
    assert_eq!(on.header("location"), own("password"));
    for elsewhere in
        ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2Fme%2F87654321%2F", "%2F%5Cevil.example"]
    {
        let page = own(&format!("login?continue={elsewhere}"));
        let shown = Browser::of(&server).log_in_at(&page, "name", "password").await;
        assert_eq!(shown.header("location"), own(""), "{elsewhere}");
    }
    // The field of the form is no other way.
    let browser = Browser::of(&server);
    let csrf = browser.get(&own("login")).await.hidden("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("continue", "//evil.example/"),
        ("user_name", "name"),
        ("password", "password"),
    ];
    assert_eq!(browser.post(&own("login"), &fields).await.header("location"), own(""));
}

#[tokio::test]
async fn a_login_leads_back_to_a_service_behind_a_gate_from_either_page() {
    let server = TestServer::start().await;
    for url in ["https://vestibule.example.net/app?x=1&y=2", "https://app.example.com/"] {
        let encoded: String = form_urlencoded::byte_serialize(url.as_bytes()).collect();
        let goes = format!("url={}\"", url.replace('&', "&#38;"));
        let shown = Browser::of(&server)
            .log_in_at(&own(&format!("login?continue={encoded}")), "name", "password")
            .await;
        assert!(shown.status == 200 && shown.html.contains(&goes), "{}", shown.html);
        let choice = Browser::of(&server).get(&format!("/me/login?continue={encoded}")).await;
        assert_eq!(choice.hidden("continue").replace("&#38;", "&"), url);
        let chosen =
            Browser::of(&server).get(&format!("/me/login?continue={encoded}&account={ACCOUNT}")).await;
        assert_eq!(chosen.header("location"), own(&format!("login?continue={encoded}")));
    }
    let choice = Browser::of(&server).get("/me/login?continue=https%3A%2F%2Fevil.example%2F").await;
    assert!(!choice.html.contains("evil"), "{}", choice.html);
}

/// A gate that has said no would send the browser here again, and so on.
#[tokio::test]
async fn whoever_is_signed_in_goes_back_to_a_service_behind_a_gate_by_a_link() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    let shown = browser.get(&own("login?continue=https%3A%2F%2Fapp.example.com%2F")).await;
    assert_eq!((shown.status, shown.header("location")), (200, ""));
    assert!(shown.html.contains(r#"href="https://app.example.com/""#) && !shown.html.contains("refresh"));
}

#[tokio::test]
async fn a_login_leads_on_to_an_authorization_by_a_page_that_goes_there() {
    let server = TestServer::start().await;
    let page = own("login?continue=%2Fsentinel%2Fapi%2Faccount%2F12345678%2Fauthorize%3Fv%3D1.0%26state%3Dx");
    let shown = Browser::of(&server).log_in_at(&page, "name", "password").await;
    let goes = "url=/sentinel/api/account/12345678/authorize?v=1.0&#38;state=x";
    assert!(shown.status == 200 && shown.html.contains(goes), "{}", shown.html);
}

/// Everything of an answer that tells one person from another, but for what they wrote themselves.
fn told(shown: &Shown) -> (u16, String, Vec<String>) {
    let names = shown.headers.keys().map(|name| name.as_str().to_owned());
    let html = shown.html.replace(&shown.hidden("csrf"), "").replace("nobody", "name");
    (shown.status, html, names.collect())
}

#[tokio::test]
async fn l5_an_unknown_user_is_told_what_a_wrong_password_is_told() {
    let server = TestServer::start_with(|fixture, _| {
        let now = vestibule_model::Millis::from_unix(1_474_549_184_722);
        fixture.add_user("gone", "password", now).enabled = false;
    })
    .await;
    let wrong = Browser::of(&server).log_in("name", "wrong").await;
    assert!(wrong.status == 403 && wrong.html.contains(SAID_OF_BAD_CREDENTIALS));
    let nobody = Browser::of(&server).log_in("nobody", "wrong").await;
    assert_eq!(told(&wrong), told(&nobody));
    let gone = Browser::of(&server).log_in("gone", "wrong").await;
    assert_eq!(gone.status, 403);
    assert_eq!(gone.html.matches(SAID_OF_BAD_CREDENTIALS).count(), 1);
    let unknown_account = Browser::of(&server).log_in_at("/me/nowhere/login", "name", "wrong").await;
    let as_here =
        |(status, html, names): (u16, String, Vec<String>)| (status, html.replace("nowhere", ACCOUNT), names);
    assert_eq!(as_here(told(&unknown_account)), told(&wrong));
}

#[tokio::test]
async fn l5_every_failure_is_the_same_work() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.lockout_policy = LockoutPolicy { failures: 0, ..LockoutPolicy::default() };
        let now = vestibule_model::Millis::from_unix(1_474_549_184_722);
        fixture.add_user("gone", "password", now).enabled = false;
        fixture.add_user("federated", "password", now).password = None;
    })
    .await;
    let filled = || server.auth.hash_pool_gauges().filled_kib.load(Ordering::SeqCst);
    let nowhere = "/me/nowhere/login";
    let login = own("login");
    let here = ["name", "nobody", "gone", "federated"].map(|user_name| (&*login, user_name));
    for (page, user_name) in std::iter::once((nowhere, "name")).chain(here) {
        let before = filled();
        assert_eq!(Browser::of(&server).log_in_at(page, user_name, "wrong").await.status, 403);
        assert_eq!(filled() - before, u64::from(CHEAP.memory_kib), "{page} {user_name}");
    }
}

#[tokio::test]
async fn whoever_proved_the_password_is_told_why_they_may_not_sign_in() {
    let mut server = TestServer::start().await;
    server.change_user("name", |user| user.enabled = false).await;
    let shown = Browser::of(&server).log_in("name", "password").await;
    assert!(shown.status == 403 && shown.html.contains("disabled"), "{}", shown.html);
}

#[tokio::test]
async fn failures_on_the_page_lock_the_user() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.lockout_policy = LockoutPolicy { failures: 2, unlock: Unlock::AfterMinutes(30) };
    })
    .await;
    for _ in 0..2 {
        assert_eq!(Browser::of(&server).log_in("name", "wrong").await.status, 403);
    }
    let shown = Browser::of(&server).log_in("name", "password").await;
    assert!(shown.status == 403 && shown.html.contains("locked"), "{}", shown.html);
    assert_eq!(server.log_in("name", "password").await.status(), 401);
}

#[tokio::test]
async fn too_many_failures_from_an_address_are_told_how_long_to_wait() {
    let server = TestServer::start_with(|_, settings| {
        settings.failures = FailureLimit { per_minute: 1, burst: 1 };
    })
    .await;
    assert_eq!(Browser::of(&server).log_in("nobody", "wrong").await.status, 403);
    let shown = Browser::of(&server).log_in("name", "password").await;
    assert_eq!(shown.status, 429);
    assert!(shown.html.contains("too many failed attempts") && !shown.header("retry-after").is_empty());
}

#[tokio::test]
async fn an_account_with_single_sign_on_alone_asks_for_no_password() {
    let server = TestServer::start_with(|fixture, _| fixture.account.sign_on = SignOn::SsoOnly).await;
    let browser = Browser::of(&server);
    let shown = browser.get(&own("login")).await;
    assert!(shown.status == 200 && !shown.html.contains(r#"name="password""#), "{}", shown.html);
}

#[tokio::test]
async fn s1_each_login_has_a_session_of_its_own_and_adopts_none() {
    let server = TestServer::start().await;
    let browser = Browser::of(&server);
    browser.keep("vestibule", &"a".repeat(64));
    assert_eq!(browser.log_in("name", "password").await.status, 303);
    let first = browser.cookie("vestibule").unwrap();
    assert_ne!(first, "a".repeat(64));
    let csrf = browser.get(&own("login")).await;
    assert_eq!(csrf.status, 303);
    assert_eq!(browser.get(&own("")).await.status, 200);
}

#[tokio::test]
async fn s2_a_login_in_a_browser_of_somebody_else_ends_their_session() {
    let server = TestServer::start_with(|fixture, _| {
        let now = vestibule_model::Millis::from_unix(1_474_549_184_722);
        fixture.add_user("other", "password", now);
    })
    .await;
    let browser = Browser::of(&server);
    // The form of the second tab was loaded before the first signed in.
    let csrf = browser.get(&own("login")).await.hidden("csrf");
    assert_eq!(browser.log_in("name", "password").await.status, 303);
    let fields = [("csrf", csrf.as_str()), ("user_name", "other"), ("password", "password")];
    assert_eq!(browser.post(&own("login"), &fields).await.status, 303);
    assert_eq!(server.stored_sessions().await.len(), 1);
    assert!(browser.get(&own("")).await.html.contains("<strong>other</strong>"));
}

#[tokio::test]
async fn a_session_of_one_account_opens_no_page_of_another() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    assert_eq!(browser.get("/me/87654321/").await.status, 303);
    assert_eq!(browser.get("/me/vestibule/").await.status, 303);
}

#[tokio::test]
async fn the_administrators_account_is_none_here() {
    let server = TestServer::start().await;
    let shown = Browser::of(&server).log_in_at("/me/vestibule/login", "owner", "password").await;
    assert!(shown.status == 403 && shown.html.contains(SAID_OF_BAD_CREDENTIALS));
}

#[tokio::test]
async fn connections_are_buttons_that_keep_where_somebody_wants_to_go() {
    let server = TestServer::start().await;
    let account = ACCOUNT.parse().unwrap();
    let mut off = oidc_connection();
    (off.id, off.enabled) = (vestibule_model::ConnectionId(2), false);
    off.name = "off".to_owned();
    let on = saml_connection();
    let (on_name, off_name) = (on.name.clone(), off.name.clone());
    let put = [on, off].map(|own| Change::PutConnection(account, own.into()));
    server.change(put.into()).await;
    let html = Browser::of(&server).get(&own("login?continue=%2Fme%2F12345678%2Fpassword")).await.html;
    let link = format!("/sso/saml/{ACCOUNT}/{on_name}/login?continue=%2Fme%2F12345678%2Fpassword");
    assert!(html.contains(&link), "{html}");
    assert!(!html.contains(&format!("/sso/oidc/{ACCOUNT}/{off_name}")), "{html}");
}
