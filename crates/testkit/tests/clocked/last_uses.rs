//! Kills a process between the use of a session and the batch that would have written it.

use reqwest::Client;
use serde_json::{Value, json};
use vestibule_testkit::TOKEN;

use crate::process::Clocked;

const BEGUN: i64 = 1_474_549_184_722;
const IDLE: i64 = 2 * 60 * 60 * 1_000;
/// How far the last use may be ahead of the one that is written, in milliseconds.
const LAG: i64 = 30_000;

async fn log_in(server: &Clocked, client: &Client) -> String {
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request = client.post(format!("{}/session/login", server.http)).header("LV-Access", TOKEN);
    let answer: Value = request.json(&body).send().await.expect("an answer").json().await.expect("JSON");
    answer["sessionId"].as_str().expect("a session").to_owned()
}

async fn is_used(server: &Clocked, client: &Client, session: &str) -> bool {
    let request = client.get(format!("{}/session/sessions?count=1&offset=0", server.http));
    request.header("LV-Session", session).send().await.expect("an answer").status() == 200
}

async fn is_valid(server: &Clocked, client: &Client, session: &str) -> bool {
    let request = client.get(format!("{}/session/validate/{session}", server.http));
    request.send().await.expect("an answer").status() == 204
}

#[tokio::test]
async fn a_use_that_was_not_written_ends_no_session_early_and_prolongs_none_beyond_the_lag() {
    let folder = tempfile::tempdir().expect("a folder");
    let client = Client::builder().no_proxy().build().expect("a client");

    let mut server = Clocked::start(folder.path(), BEGUN, "still");
    let session = log_in(&server, &client).await;
    let used_at = LAG - 1;
    server.turn_to(BEGUN + used_at);
    assert!(is_used(&server, &client, &session).await);
    let now = server.kill();

    let mut server = Clocked::start(folder.path(), now, "still");
    server.turn_to(BEGUN + used_at + IDLE - 1);
    assert!(is_valid(&server, &client, &session).await, "it ended early");
    server.turn_to(BEGUN + used_at + IDLE + LAG);
    assert!(!is_valid(&server, &client, &session).await, "it lives beyond the bound");
}

#[tokio::test]
async fn two_crashes_in_a_row_end_no_session_early_that_was_used_between_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let client = Client::builder().no_proxy().build().expect("a client");

    let mut server = Clocked::start(folder.path(), BEGUN, "still");
    let session = log_in(&server, &client).await;
    server.turn_to(BEGUN + LAG - 1);
    assert!(is_used(&server, &client, &session).await);
    let now = server.kill();

    let mut server = Clocked::start(folder.path(), now, "still");
    let used_at = LAG + 1_000;
    server.turn_to(BEGUN + used_at);
    assert!(is_used(&server, &client, &session).await);
    server.write();
    let now = server.kill();

    let mut server = Clocked::start(folder.path(), now, "still");
    server.turn_to(BEGUN + used_at + IDLE - 1);
    assert!(is_valid(&server, &client, &session).await, "it ended early");
    server.turn_to(BEGUN + used_at + IDLE + LAG);
    assert!(!is_valid(&server, &client, &session).await, "it lives beyond the bound");
}
