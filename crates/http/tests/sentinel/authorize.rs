//! `GET …/authorize`: where users are sent, and where they are not.

use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, Url};
use serde_json::Value;
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::grants::page;
use crate::support::{BACK, CLIENT, SECRET, body, error, path, post, start, start_with};

const OTHER: &str = "https://app.example/back?tenant=7";

/// Asks to authorize, signed in with this cookie or not.
async fn ask(server: &TestServer, pairs: &[(&str, &str)], cookie: Option<&str>) -> Response {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let url = format!("http://{}{}?{query}", server.address(), path("authorize"));
    let request = client.get(url);
    let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
    request.send().await.unwrap()
}

const VENDOR: [(&str, &str); 5] = [
    ("v", "1.0"),
    ("response_type", "code"),
    ("client_id", CLIENT),
    ("redirect_uri", BACK),
    ("state", "s t&=ä"),
];

fn with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut pairs: Vec<_> = VENDOR.into_iter().filter(|(known, _)| *known != name).collect();
    if !value.is_empty() {
        pairs.push((name, value));
    }
    pairs
}

fn without(name: &str) -> Vec<(&str, &str)> {
    with(name, "")
}

async fn cookie(server: &TestServer) -> String {
    let page = page(server, "name").await;
    format!("vestibule={}", server.auth.page_cookie(&page.session))
}

fn location(response: &Response) -> Url {
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap();
    Url::parse("http://here").unwrap().join(location).unwrap()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn somebody_who_is_not_signed_in_goes_to_the_login_page_and_comes_back() {
    let server = start().await;
    let login = location(&ask(&server, &VENDOR, None).await);
    assert_eq!(login.path(), format!("/me/{ACCOUNT}/login"));
    let back = parameter(&login, "continue").unwrap();
    let back = Url::parse("http://here").unwrap().join(&back).unwrap();
    assert_eq!(back.path(), path("authorize"));
    for (name, value) in VENDOR {
        assert_eq!(parameter(&back, name).as_deref(), Some(value));
    }
}

#[tokio::test]
async fn somebody_who_is_signed_in_goes_back_with_a_code_and_the_state() {
    let server = start().await;
    let answer = ask(&server, &VENDOR, Some(&cookie(&server).await)).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
    let back = location(&answer);
    assert!(back.as_str().starts_with(&format!("{BACK}?")), "{back}");
    assert_eq!(parameter(&back, "state").as_deref(), Some("s t&=ä"));
    assert_eq!(parameter(&back, "iss"), None, "the vendor's path has none");
    let code = parameter(&back, "code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", BACK),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
    ];
    body(post(&server, &path("token?v=1.0"), &form).await, 200).await;
}

#[tokio::test]
async fn the_form_of_older_pages_is_taken_as_well() {
    let server = start().await;
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(without("v")).finish();
    let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let url = format!("http://{}{}?v=1.0", server.address(), path("authorize"));
    let request = client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
    let login = location(&request.send().await.unwrap());
    assert!(parameter(&login, "continue").unwrap().contains("response_type=code"));
}

/// Incident of X10: Pocket ID CVE-2026-28512 (`@` in an address).
#[tokio::test]
async fn x10_nobody_is_sent_to_an_address_that_is_not_the_clients_byte_by_byte() {
    let server = start().await;
    let cookie = cookie(&server).await;
    for other in [
        "http://127.0.0.1:9099/callback/",
        "http://127.0.0.1:9099/callback?x=1",
        "http://127.0.0.1:9098/callback",
        "http://127.0.0.1:9099/callback#x",
        "http://127.0.0.1:9099/CALLBACK",
        "http://127.0.0.1:9099/callback/../callback",
        "http://127.0.0.1:9099@evil.example/callback",
        "https://evil.example/callback",
        "//evil.example",
        "javascript:alert(1)",
    ] {
        let refused = ask(&server, &with("redirect_uri", other), Some(&cookie)).await;
        assert!(refused.headers().get("location").is_none(), "{other}");
        assert_eq!(error(refused).await, (400, "invalid_request".into()), "{other}");
    }
}

#[tokio::test]
async fn the_address_may_be_left_out_where_there_is_one() {
    let server = start().await;
    let back = location(&ask(&server, &without("redirect_uri"), Some(&cookie(&server).await)).await);
    assert!(back.as_str().starts_with(&format!("{BACK}?code=")), "{back}");
    let several = start_with(|fixture, _| {
        fixture.oauth_client.metadata.redirect_uris = vec![BACK.to_owned(), OTHER.to_owned()];
    })
    .await;
    let refused = ask(&several, &without("redirect_uri"), None).await;
    assert_eq!(error(refused).await, (400, "invalid_request".into()));
}

#[tokio::test]
async fn a_query_of_the_clients_address_stays() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.redirect_uris = vec![OTHER.to_owned()];
    })
    .await;
    let cookie = cookie(&server).await;
    let back = location(&ask(&server, &with("redirect_uri", OTHER), Some(&cookie)).await);
    assert!(back.as_str().starts_with(&format!("{OTHER}&code=")), "{back}");
}

#[tokio::test]
async fn unknown_accounts_and_clients_are_told_and_sent_nowhere() {
    let server = start().await;
    let refused = ask(&server, &with("client_id", "nobody"), None).await;
    assert_eq!(error(refused).await, (401, "invalid_client".into()));
    let elsewhere = server.get("/sentinel/api/account/nowhere/authorize?v=1.0&client_id=x").await;
    assert_eq!(error(elsewhere).await, (401, "invalid_client".into()));
    assert_eq!(error(ask(&server, &without("client_id"), None).await).await, (400, "invalid_request".into()));
    let twice = [&VENDOR[..], &[("client_id", "other")]].concat();
    assert_eq!(error(ask(&server, &twice, None).await).await, (400, "invalid_request".into()));
}

#[tokio::test]
async fn what_the_client_did_wrong_it_is_told_with_its_state() {
    let server = start().await;
    for (name, value, expected) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "unsupported_response_type"),
        ("scope", "nothing-of-its-own", "invalid_scope"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("response_mode", "form_post", "invalid_request"),
        ("prompt", "none", "login_required"),
    ] {
        let back = location(&ask(&server, &with(name, value), None).await);
        assert!(back.as_str().starts_with(BACK), "{back}");
        assert_eq!(parameter(&back, "error").as_deref(), Some(expected), "{name}={value}");
        assert!(parameter(&back, "error_description").is_some());
        assert_eq!(parameter(&back, "state").as_deref(), Some("s t&=ä"));
        assert_eq!(parameter(&back, "code"), None);
    }
}

#[tokio::test]
async fn the_provider_says_who_it_is() {
    let server = start().await;
    let back = location(&ask(&server, &without("v"), Some(&cookie(&server).await)).await);
    let configuration: Value =
        server.get(&path(".well-known/openid-configuration")).await.json().await.unwrap();
    assert_eq!(parameter(&back, "iss").as_deref(), configuration["issuer"].as_str());
}

#[tokio::test]
async fn no_other_cookie_and_no_bearer_signs_anybody_in_here() {
    let server = start().await;
    let login: Value = server.log_in("name", "password").await.json().await.unwrap();
    let id = login["sessionId"].as_str().unwrap();
    for cookie in [format!("vestibule={id}"), format!("session_id={id}")] {
        let answer = location(&ask(&server, &VENDOR, Some(&cookie)).await);
        assert!(answer.path().starts_with("/me/"), "{cookie}");
    }
}

/// A client whose users are asked, and its consent page.
async fn asking() -> (TestServer, String, String) {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.consent = true;
        fixture.oauth_client.metadata.display_name = "Wall <b>board</b>".into();
    })
    .await;
    let cookie = cookie(&server).await;
    let answer = ask(&server, &with("scope", "openid reports"), Some(&cookie)).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    (server, cookie, answer.text().await.unwrap())
}

/// The value of a hidden field.
fn field(html: &str, name: &str) -> String {
    let from = html.find(&format!("name=\"{name}\"")).expect("a field");
    let value = html[from..].split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    value.replace("&amp;", "&").replace("&#38;", "&").replace("&#43;", "+").replace("&#61;", "=")
}

async fn answer(server: &TestServer, cookie: &str, html: &str, said: &str, origin: &str) -> Response {
    let pairs =
        [("csrf", field(html, "csrf")), ("request", field(html, "request")), ("answer", said.to_owned())];
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = server.request(Method::POST, &path("authorize/consent")).header("cookie", cookie);
    let request =
        request.header("origin", origin).header("content-type", "application/x-www-form-urlencoded");
    request.body(form).send().await.unwrap()
}

#[tokio::test]
async fn a_user_is_asked_where_the_client_says_so_and_goes_back_with_a_code() {
    let (server, cookie, html) = asking().await;
    assert!(html.contains("Wall &#60;b&#62;board") || html.contains("Wall &lt;b&gt;board"), "{html}");
    assert!(html.contains("reports"));
    let origin = format!("http://{}", server.address());
    let allowed = answer(&server, &cookie, &html, "allow", &origin).await;
    assert_eq!(allowed.status(), 200);
    let page = allowed.text().await.unwrap();
    assert!(page.contains("http-equiv=\"refresh\"") && page.contains("callback?code="), "{page}");
    let refused = answer(&server, &cookie, &html, "refuse", &origin).await.text().await.unwrap();
    assert!(refused.contains("error=access_denied") && !refused.contains("code="), "{refused}");
}

#[tokio::test]
async fn a6_an_answer_from_elsewhere_is_none() {
    let (server, cookie, html) = asking().await;
    let origin = format!("http://{}", server.address());
    assert_eq!(answer(&server, &cookie, &html, "allow", "https://evil.example").await.status(), 403);
    assert_eq!(answer(&server, "vestibule=x", &html, "allow", &origin).await.status(), 403);
    let forged = html.replace(&field(&html, "csrf"), &"0".repeat(64));
    assert_eq!(answer(&server, &cookie, &forged, "allow", &origin).await.status(), 403);
}

#[tokio::test]
async fn nobody_is_asked_in_silence() {
    let (server, cookie, _) = asking().await;
    let back = location(&ask(&server, &with("prompt", "none"), Some(&cookie)).await);
    assert_eq!(parameter(&back, "error").as_deref(), Some("consent_required"));
}
