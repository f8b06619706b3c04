//! Forms from elsewhere, and what every page says to a browser.

use reqwest::Method;
use vestibule_testkit::TestServer;

use crate::browser::{Browser, form, own};

fn fields(csrf: &str) -> [(&str, &str); 3] {
    [("csrf", csrf), ("user_name", "name"), ("password", "password")]
}

#[tokio::test]
async fn a2_a_login_needs_the_form_that_its_browser_was_given() {
    let server = TestServer::start().await;
    let (browser, other) = (Browser::of(&server), Browser::of(&server));
    let csrf = browser.get(&own("login")).await.hidden("csrf");
    other.get(&own("login")).await;
    for (who, csrf) in [(&other, csrf.as_str()), (&browser, ""), (&Browser::of(&server), &csrf)] {
        let shown = who.post(&own("login"), &fields(csrf)).await;
        assert!(shown.status == 403 && shown.html.contains("came from somewhere else"), "{}", shown.html);
        assert!(who.cookie("vestibule").is_none());
    }
    // The page that says so has a form that works.
    assert_eq!(browser.post(&own("login"), &fields(&csrf)).await.status, 303);
}

#[tokio::test]
async fn a2_a_form_of_another_origin_is_refused_whatever_it_carries() {
    let server = TestServer::start().await;
    let browser = Browser::of(&server);
    let csrf = browser.get(&own("login")).await.hidden("csrf");
    let here = format!("http://{}", server.address());
    for origin in [None, Some("null"), Some("https://evil.example"), Some(&*format!("{here}.evil.example"))] {
        let mut request = form(browser.request(Method::POST, &own("login")), &fields(&csrf));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        assert_eq!(browser.send(request).await.status, 403, "{origin:?}");
    }
    let twice = form(browser.request(Method::POST, &own("login")), &fields(&csrf));
    let twice = twice.header("origin", &here).header("origin", "https://evil.example");
    assert_eq!(browser.send(twice).await.status, 403);
}

#[tokio::test]
async fn a2_a_form_is_taken_as_a_form_alone() {
    let server = TestServer::start().await;
    let browser = Browser::of(&server);
    let csrf = browser.get(&own("login")).await.hidden("csrf");
    let body = format!("csrf={csrf}&user_name=name&password=password");
    for kind in ["text/plain", "application/json", "multipart/form-data", ""] {
        let request = browser.request(Method::POST, &own("login")).body(body.clone());
        let request =
            request.header("origin", format!("http://{}", server.address())).header("content-type", kind);
        assert_eq!(browser.send(request).await.status, 403, "{kind}");
    }
    let twice =
        [("csrf", csrf.as_str()), ("user_name", "name"), ("user_name", "other"), ("password", "password")];
    assert_eq!(browser.post(&own("login"), &twice).await.status, 403);
}

#[tokio::test]
async fn a2_what_is_done_with_a_session_needs_its_own_form() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    let other = Browser::signed_in(&server).await;
    let foreign = other.get(&own("")).await.hidden("csrf");
    let of_browser = Browser::of(&server).get(&own("login")).await.hidden("csrf");
    for csrf in ["", &foreign, &of_browser] {
        for path in ["sessions/end", "sessions/end-others", "password", "logout"] {
            assert_eq!(browser.post(&own(path), &[("csrf", csrf)]).await.status, 403, "{path}");
        }
    }
    assert!(browser.cookie("vestibule").is_some());
    assert_eq!(server.stored_sessions().await.len(), 2);
}

#[tokio::test]
async fn a2_nothing_is_done_by_any_method_but_post() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    for path in ["logout", "sessions/end", "sessions/end-others"] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let request = browser.request(method, &own(path)).header("x-http-method-override", "POST");
            assert_eq!(browser.send(request).await.status, 405, "{path}");
        }
    }
    assert_eq!(browser.get(&own("")).await.status, 200);
}

#[tokio::test]
async fn a7_every_page_allows_nothing_to_run_and_nobody_to_frame_it() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    for path in [
        "/me/login",
        &own("login"),
        &own(""),
        &own("password"),
        "/me/a-b/login",
        &own("none"),
        &own("logout"),
    ] {
        let shown = browser.get(path).await;
        let policy = shown.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
        assert_eq!(shown.header("cache-control"), "no-store", "{path}");
        assert!(shown.headers.get_all("content-type").iter().count() <= 1, "{path}: {:?}", shown.headers);
        assert_eq!(shown.header("x-content-type-options"), "nosniff");
        assert_eq!(shown.header("x-frame-options"), "DENY");
        for forbidden in ["<script", " style=", " onclick", "http://", "https://"] {
            assert!(!shown.html.contains(forbidden), "{path} has {forbidden}");
        }
    }
}

#[tokio::test]
async fn a7_what_somebody_wrote_is_text_on_the_page() {
    let evil = r#""><script>alert(1)</script><b x='"#;
    let mut server =
        TestServer::start_with(|fixture, _| fixture.user("name").full_name = evil.to_owned()).await;
    let shown = Browser::of(&server).log_in(evil, "wrong").await;
    assert!(
        shown.status == 403 && !shown.html.contains("<script") && !shown.html.contains("<b x"),
        "{}",
        shown.html
    );
    let browser = Browser::signed_in(&server).await;
    let home = browser.get(&own("")).await;
    assert!(home.html.contains("&#60;script&#62;") && !home.html.contains("<script"), "{}", home.html);
    server.change_user("name", |user| user.full_name.clear()).await;
    let home = Browser::signed_in(&server).await.get(&own("")).await;
    assert!(home.html.contains("<h1>name</h1>"));
}

#[tokio::test]
async fn the_stylesheet_and_the_icon_come_with_the_program() {
    let server = TestServer::start().await;
    let page = server.get("/me/login").await.text().await.unwrap();
    let style = page.split(r#"<link rel="stylesheet" href=""#).nth(1).unwrap().split('"').next().unwrap();
    let answer = server.get(style).await;
    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (200.try_into().unwrap(), &"text/css; charset=utf-8".parse().unwrap())
    );
    assert_eq!(server.get("/me/-/icon.svg").await.headers()["content-type"], "image/svg+xml");
    assert_eq!(server.get("/me/-/other").await.status(), 404);
}
