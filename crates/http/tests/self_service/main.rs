//! `/self/v1/sessions` over the wire, with the sessions of both dialects.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod credentials;
mod csrf;
mod password;
mod sessions;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vestibule_model::{Concurrency, WhenFull};
use vestibule_testkit::{TOKEN, TestServer};

const OWN: &str = "/self/v1/sessions";

/// A way to show a session.
type Shown<'a> = &'a [(&'a str, &'a str)];

/// A server whose users may have as many sessions as they like, with two humans: `name` and `other`.
async fn start() -> TestServer {
    TestServer::start_with(|fixture, _| {
        let now = fixture.user("name").password.as_ref().expect("a password").changed_at;
        fixture.add_user("other", "other-password", now);
        let many = Concurrency::Many { limit: 100, when_full: WhenFull::Refuse };
        fixture.account.session_policy.concurrency = many;
        fixture.account.livevox_session_policy.concurrency = many;
    })
    .await
}

/// A LivePerson session, with what opens it.
struct Session {
    cookie: String,
    bearer: String,
    csrf: String,
}

async fn liveperson(server: &TestServer, user: &str, password: &str) -> Session {
    let answer = server.log_in(user, password).await;
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    let text = |key: &str| body[key].as_str().unwrap().to_owned();
    Session {
        cookie: format!("session_id={}", text("sessionId")),
        bearer: format!("Bearer {}", text("bearer")),
        csrf: text("csrf"),
    }
}

/// A LiveVox session's id.
async fn livevox(server: &TestServer) -> String {
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN).json(&body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["sessionId"].as_str().unwrap().to_owned()
}

async fn ask(server: &TestServer, method: Method, path: &str, shown: Shown<'_>) -> Response {
    let request = shown
        .iter()
        .fold(server.request(method, path), |request, (name, value)| request.header(*name, *value));
    let answer = request.send().await.unwrap();
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    if answer.status().as_u16() >= 400 {
        assert_eq!(kind.as_deref(), Some("application/problem+json"));
    }
    answer
}

async fn status(server: &TestServer, method: Method, path: &str, shown: Shown<'_>) -> u16 {
    ask(server, method, path, shown).await.status().as_u16()
}

/// The sessions that are listed.
async fn list(server: &TestServer, shown: Shown<'_>) -> Vec<Value> {
    let answer = ask(server, Method::GET, OWN, shown).await;
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    body["sessions"].as_array().unwrap().clone()
}

async fn reference(server: &TestServer, shown: Shown<'_>) -> String {
    list(server, shown).await[0]["reference"].as_str().unwrap().to_owned()
}

/// Whether the session opens anything.
async fn lives(server: &TestServer, session: &Session) -> bool {
    let answer = ask_gateway(server, &session.bearer).await;
    answer == 200
}

async fn ask_gateway(server: &TestServer, bearer: &str) -> u16 {
    let request = server.request(Method::GET, "/gateway/check").header("authorization", bearer);
    request.send().await.unwrap().status().as_u16()
}
