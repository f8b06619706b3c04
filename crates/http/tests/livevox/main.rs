//! Session Management over the wire: a real server, a real store, real HTTP.
//!
//! A file per operation, and one for what both dialects share.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::unchecked_time_subtraction,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod both_dialects;
mod errors;
mod expiry;
mod ids;
mod lockout;
mod login;
mod logout;
mod password;
mod sessions;
mod validate;
mod work;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use vestibule_auth::Settings;
use vestibule_model::{Population, RoleType};
use vestibule_testkit::{AccountFixture, TOKEN, TestServer};

const AUTHORIZATION_ERROR: &str = r#"{"code":401,"message":"Authorization error"}"#;

/// A server whose account has, besides `name` (a system administrator): `agent1` of the agents, and `super`, a super
/// user. Passwords: `password`, `agent1-password`, `super-password`.
async fn start() -> TestServer {
    start_with(|_, _| {}).await
}

async fn start_with(change: impl FnOnce(&mut AccountFixture, &mut Settings)) -> TestServer {
    TestServer::start_with(|fixture, settings| {
        let now = fixture.user("name").password.as_ref().expect("a password").changed_at;
        let agent = fixture.add_user("agent1", "agent1-password", now);
        agent.population = Population::Agent;
        agent.profiles = vec![2];
        let mut of_super_users = fixture.profiles[1].clone();
        of_super_users.id = 3;
        of_super_users.role = RoleType::CampaignManager;
        fixture.profiles.push(of_super_users);
        fixture.add_user("super", "super-password", now).profiles = vec![3];
        change(fixture, settings);
    })
    .await
}

fn credentials(user_name: &str, password: &str) -> Value {
    json!({ "clientName": "TEST", "userName": user_name, "password": password })
}

fn agent_credentials(user_name: &str, password: &str) -> Value {
    json!({ "clientName": "TEST", "userName": user_name, "password": password, "agent": true })
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

/// Status and text of an answer.
async fn told(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    (status, response.text().await.expect("a body"))
}

async fn log_in_with(server: &TestServer, token: &str, body: &Value) -> Response {
    send(server.request(Method::POST, "/session/login").header("LV-Access", token).json(body)).await
}

/// The id of a session of these credentials.
async fn session_of(server: &TestServer, token: &str, body: &Value) -> String {
    let response = log_in_with(server, token, body).await;
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.expect("a JSON body");
    body["sessionId"].as_str().expect("a string").to_owned()
}

/// A session of the system administrator.
async fn session(server: &TestServer) -> String {
    session_of(server, TOKEN, &credentials("name", "password")).await
}

async fn validate(server: &TestServer, session: &str) -> u16 {
    server.get(&format!("/session/validate/{session}")).await.status().as_u16()
}

async fn log_out(server: &TestServer, session: &str) -> u16 {
    send(server.request(Method::DELETE, &format!("/session/logout/{session}"))).await.status().as_u16()
}

/// An authorised request: the first page of the list.
async fn list(server: &TestServer, session: &str) -> Response {
    let request = server.request(Method::GET, "/session/sessions?count=1000&offset=0");
    send(request.header("LV-Session", session)).await
}

/// The status of an authorised request.
async fn used(server: &TestServer, session: &str) -> u16 {
    list(server, session).await.status().as_u16()
}
