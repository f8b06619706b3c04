//! A store that fails, below a real server: what callers are told, what readiness says, and that nothing is lost which the
//! store takes later.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

mod background;
mod later_decisions;
mod master_keys;
mod names;
mod overtaken;
mod pages;
mod promise;
mod readiness;
mod retries;
mod traffic;
mod unavailable;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vestibule_model::{Clock, Session};
use vestibule_testkit::{AccountFixture, TestServer};

/// Status, `Retry-After` and body of an answer.
async fn told(answer: Response) -> (u16, Option<String>, Value) {
    let status = answer.status().as_u16();
    let retry = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (status, retry, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

async fn livevox_login(server: &TestServer, token: &str) -> Response {
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request = server.request(Method::POST, "/session/login").header("LV-Access", token);
    request.json(&body).send().await.unwrap()
}

async fn stored(server: &TestServer) -> Vec<Session> {
    server.stored_sessions().await
}

/// A server with a first owner, whose bearer is given.
async fn with_owner() -> (TestServer, String) {
    with_owner_of(|_| {}).await
}

/// The same with an account that the test changes first.
async fn with_owner_of(change: impl FnOnce(&mut AccountFixture)) -> (TestServer, String) {
    let server = TestServer::start_with(|fixture, _| change(fixture)).await;
    let first = vestibule_auth::FirstOwner::WithPassword("admin-password".to_owned().into());
    server.auth.administration().make_administrators_account(first, server.clock.now()).await.unwrap();
    let (status, _, body) = told(admin_login(&server).await).await;
    assert_eq!(status, 200);
    (server, body["token"].as_str().unwrap().to_owned())
}

async fn admin_login(server: &TestServer) -> Response {
    let body = json!({ "username": "admin", "password": "admin-password" });
    server.admin_request(Method::POST, "/admin/v1/login").json(&body).send().await.unwrap()
}
