//! `/gateway/check` and the checks by kind over the wire: a real server, a real store, real HTTP.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod attempts;
mod client_tokens;
mod credentials;
mod event_access;
mod events;
mod fast_path;
mod grpc;
mod kinds;
mod loading;
mod page_sessions;
mod redirects;
mod replays;
mod rules;
mod signatures;
mod signed_forms;
mod signing_keys;
mod targets;
mod traffic;
mod traffic_age;

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, TOKEN, TestServer};

const CHECK: &str = "/gateway/check";

/// The tokens of a login.
struct Tokens {
    bearer: String,
    cookie: String,
    csrf: String,
}

async fn liveperson(server: &TestServer) -> Tokens {
    let body: Value = server.log_in("name", "password").await.json().await.unwrap();
    let text = |key: &str| body[key].as_str().expect("a string").to_owned();
    Tokens { bearer: text("bearer"), cookie: text("sessionId"), csrf: text("csrf") }
}

async fn livevox(server: &TestServer) -> String {
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN).json(&body);
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    body["sessionId"].as_str().unwrap().to_owned()
}

async fn check(server: &TestServer, header: &str, value: &str) -> Response {
    server.request(Method::GET, CHECK).header(header, value).send().await.unwrap()
}

async fn bearer(server: &TestServer, bearer: &str) -> u16 {
    check(server, "authorization", &format!("Bearer {bearer}")).await.status().as_u16()
}

fn header(response: &Response, name: &str) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_kind_of_credential_passes() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let id = livevox(&server).await;
    for (name, value) in [
        ("authorization", format!("Bearer {}", tokens.bearer)),
        ("cookie", format!("session_id={}", tokens.cookie)),
        ("cookie", format!("a=b; Session_id={}", tokens.cookie)),
        ("lv-session", id),
    ] {
        assert_eq!(check(&server, name, &value).await.status(), 200, "{name}");
    }
}

#[tokio::test]
async fn tells_who_it_is() {
    let server = TestServer::start_with(|fixture, _| fixture.user("name").full_name = "N".to_owned()).await;
    let tokens = liveperson(&server).await;
    server.clock.advance(Duration::from_mins(1));
    let response = check(&server, "authorization", &format!("Bearer {}", tokens.bearer)).await;
    assert_eq!(header(&response, "x-vestibule-account"), ACCOUNT);
    assert_eq!(header(&response, "x-vestibule-user"), "3705342601");
    assert_eq!(header(&response, "x-vestibule-user-name"), "name");
    assert_eq!(header(&response, "x-vestibule-application"), "");
    assert_eq!(header(&response, "x-vestibule-roles"), "sys-admin");
    assert_eq!(header(&response, "x-vestibule-privileges"), "100,101,1730,1740");
    assert_eq!(header(&response, "x-vestibule-seconds-left"), "28800");
    assert_eq!(header(&response, "cache-control"), "no-store");
}

#[tokio::test]
async fn the_reference_is_no_credential() {
    let server = TestServer::start().await;
    let id = livevox(&server).await;
    let response = check(&server, "lv-session", &id).await;
    let reference = header(&response, "x-vestibule-session");
    assert_ne!(reference, id);
    assert_eq!(check(&server, "lv-session", &reference).await.status(), 401);
    assert_eq!(header(&response, "x-vestibule-application"), "1");
}

#[tokio::test]
async fn head_and_post_ask_like_get() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for method in [Method::HEAD, Method::POST] {
        let request = server.request(method.clone(), CHECK).bearer_auth(&tokens.bearer);
        assert_eq!(request.body("x".repeat(10)).send().await.unwrap().status(), 200, "{method}");
    }
    let response = server.request(Method::DELETE, CHECK).send().await.unwrap();
    assert_eq!(response.status(), 405);
}

#[tokio::test]
async fn a_refusal_has_the_shape_of_its_credential() {
    let server = TestServer::start().await;
    let wrong = "0".repeat(64);
    let told = async |name: &str, value: &str| {
        let response = check(&server, name, value).await;
        assert_eq!(
            (response.status().as_u16(), header(&response, "www-authenticate")),
            (401, "Bearer".to_owned())
        );
        response.text().await.unwrap()
    };
    assert_eq!(
        told("authorization", &format!("Bearer {wrong}")).await,
        "oauth_problem=token_rejected&oauth_problem_advice=\
         the oauth_token is unacceptable to the Service Provider"
    );
    assert!(told("cookie", &format!("session_id={wrong}")).await.starts_with(r#"{"error":{"time":"#));
    assert_eq!(told("lv-session", "123").await, r#"{"code":401,"message":"Authorization error"}"#);
    assert_eq!(told("accept", "*/*").await, r#"{"error":"Not authenticated"}"#);
}

#[tokio::test]
async fn g3_what_is_malformed_does_not_pass() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for value in ["", "Bearer", "Bearer ", "Basic bmFtZQ==", &tokens.bearer] {
        assert_eq!(check(&server, "authorization", value).await.status(), 401, "{value}");
    }
}

#[tokio::test]
async fn s8_kinds_are_not_confused() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let id = livevox(&server).await;
    for wrong in [&tokens.cookie, &tokens.csrf, &id, &TOKEN.to_owned()] {
        assert_eq!(bearer(&server, wrong).await, 401, "{wrong}");
    }
    assert_eq!(check(&server, "cookie", &format!("session_id={}", tokens.bearer)).await.status(), 401);
    assert_eq!(check(&server, "lv-session", &tokens.bearer).await.status(), 401);
}

#[tokio::test]
async fn s8_a_bearer_in_another_accounts_path_does_not_pass() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let path = format!("/ws_api/account/other/messaging/brand/{}", tokens.bearer);
    let asked = kinds::asked_by("nginx", &server, &path);
    assert_eq!(asked.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn g6_without_a_kind_no_header_names_a_target() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let own = format!("/ws_api/account/{ACCOUNT}/messaging/brand/{}", tokens.bearer);
    for name in ["x-original-uri", "x-forwarded-uri"] {
        let response = check(&server, name, &own).await;
        let told = (response.status().as_u16(), response.text().await.unwrap());
        assert_eq!(told, (401, r#"{"error":"Not authenticated"}"#.to_owned()), "{name}");
        let request = server.request(Method::GET, CHECK).bearer_auth(&tokens.bearer);
        let request = request.header(name, "/api/account/99999999/x").header(name, "/other");
        assert_eq!(request.send().await.unwrap().status(), 200, "{name}");
    }
}

#[tokio::test]
async fn s3_a_logout_ends_cookie_and_bearer_at_once() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    assert_eq!(server.log_out(&(tokens.cookie.clone(), tokens.csrf)).await, 200);
    assert_eq!(bearer(&server, &tokens.bearer).await, 401);
    assert_eq!(check(&server, "cookie", &format!("session_id={}", tokens.cookie)).await.status(), 401);
}

#[tokio::test]
async fn s4_a_disabled_user_does_not_pass() {
    let mut server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    server.change_user("name", |user| user.enabled = false).await;
    assert_eq!(bearer(&server, &tokens.bearer).await, 401);
}

#[tokio::test]
async fn a_check_keeps_the_session_alive() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for _ in 0..3 {
        server.clock.advance(Duration::from_hours(7));
        assert_eq!(bearer(&server, &tokens.bearer).await, 200);
    }
}

#[tokio::test]
async fn a_check_keeps_nothing_alive_where_the_policy_says_so() {
    let server =
        TestServer::start_with(|fixture, _| fixture.account.session_policy.kept_alive_by_use = false).await;
    let tokens = liveperson(&server).await;
    server.clock.advance(Duration::from_hours(7));
    assert_eq!(bearer(&server, &tokens.bearer).await, 200);
    server.clock.advance(Duration::from_hours(1));
    assert_eq!(bearer(&server, &tokens.bearer).await, 401);
}

#[tokio::test]
async fn s7_a_session_is_refused_at_its_end_to_the_millisecond() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    server.clock.advance(Duration::from_hours(8));
    assert_eq!(bearer(&server, &tokens.bearer).await, 401);
}

#[tokio::test]
async fn a_check_counts_for_the_application() {
    let server = TestServer::start().await;
    let id = livevox(&server).await;
    check(&server, "lv-session", &id).await;
    server.auth.flush().await.unwrap();
    let rows = server.store.account(server.fixture.account.id).await.unwrap().unwrap();
    assert_eq!(rows.application_tokens[0].requests, 2);
}

#[tokio::test]
async fn g4_identity_headers_of_the_caller_do_not_come_back() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let request = server.request(Method::GET, CHECK).bearer_auth(&tokens.bearer);
    let request = request.header("x-vestibule-user", "1").header("x-vestibule-roles", "sys-admin");
    let response = request.send().await.unwrap();
    assert_eq!(header(&response, "x-vestibule-user"), "3705342601");
}

#[tokio::test]
async fn s4_a_key_that_is_disabled_ends_the_pass() {
    let server = TestServer::start().await;
    let body: Value = server.log_in_with_key("bot", &vestibule_testkit::Key::BOT).await.json().await.unwrap();
    let token = body["bearer"].as_str().unwrap();
    assert_eq!(bearer(&server, token).await, 200);
    let mut key = server.fixture.api_key.clone();
    key.enabled = false;
    server.change(vec![Change::PutApiKey(server.fixture.account.id, Box::new(key))]).await;
    assert_eq!(bearer(&server, token).await, 401);
}

#[tokio::test]
async fn f3_no_more_seconds_are_left_than_the_idle_limit_by_a_clock_that_was_set_back() {
    let server = TestServer::start().await;
    let begun = vestibule_model::Clock::now(&*server.clock);
    server.clock.set(begun.plus(Duration::from_hours(24 * 365)));
    let tokens = liveperson(&server).await;
    server.clock.set(begun);
    let passed = check(&server, "authorization", &format!("Bearer {}", tokens.bearer)).await;
    assert_eq!(header(&passed, "x-vestibule-seconds-left"), "28800");
}

#[tokio::test]
async fn after_a_crash_no_more_seconds_are_left_than_the_idle_limit() {
    let mut server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    server.clock.advance(Duration::from_millis(1));
    server.restart().await;
    let passed = check(&server, "authorization", &format!("Bearer {}", tokens.bearer)).await;
    assert_eq!(header(&passed, "x-vestibule-seconds-left"), "28800");
}
