//! `/readyz` tells what can be asked for now, and why not more.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use vestibule_store::Change;
use vestibule_testkit::{Fault, Operation, TestServer};

use crate::told;

async fn ready(server: &TestServer, question: &str) -> (u16, String) {
    let asked = server.admin_request(Method::GET, &format!("/readyz{question}"));
    let (status, _, body) = told(asked.send().await.unwrap()).await;
    (status, body["reason"].as_str().unwrap_or_default().to_owned())
}

async fn check(server: &TestServer, bearer: &str) -> StatusCode {
    let asked = server.request(Method::GET, "/gateway/check").bearer_auth(bearer);
    asked.send().await.unwrap().status()
}

async fn bearer(server: &TestServer) -> String {
    let (status, _, body) = told(server.log_in("name", "password").await).await;
    assert_eq!(status, 200, "{body}");
    body["bearer"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn f2_after_a_commit_that_failed_it_is_503_with_the_reason_while_checks_go_on() {
    let server = TestServer::start().await;
    let bearer = bearer(&server).await;
    assert_eq!(ready(&server, "").await, (200, String::new()));
    server.faults.fail(Fault::commits());
    assert_eq!(server.log_in("name", "password").await.status(), 503);
    let (status, reason) = ready(&server, "").await;
    assert_eq!(status, 503);
    assert_eq!(reason, "the database takes no changes: the test wants this to fail");
    assert_eq!(ready(&server, "?for=checks").await.0, 200);
    assert_eq!(check(&server, &bearer).await, 200);
}

#[tokio::test]
async fn f2_it_is_200_again_by_itself_when_the_store_takes_changes_and_not_before() {
    let server = TestServer::start().await;
    // Commits of nothing need no space.
    server.faults.fail(Fault::of(|operation| matches!(operation, Operation::Commit([_, ..]))));
    assert_eq!(server.log_in("name", "password").await.status(), 503);
    assert!(server.auth.probe_store().await.is_err());
    assert_eq!(ready(&server, "").await.0, 503);
    server.faults.heal();
    server.auth.probe_store().await.unwrap();
    assert_eq!(ready(&server, "").await.0, 200);
}

#[tokio::test]
async fn a_probe_writes_something_only_when_changes_were_refused() {
    let server = TestServer::start().await;
    let probes = |change: &Change| matches!(change, Change::Probe);
    server.faults.fail(Fault::commits_with(probes));
    server.auth.probe_store().await.unwrap();
    assert_eq!(server.faults.failed(), 0);
}

#[tokio::test]
async fn f2_what_is_refused_for_a_reason_of_its_own_is_no_trouble_of_the_store() {
    let server = TestServer::start().await;
    server.faults.fail(Fault::commits().as_a_misfit().times(1));
    server.log_in("name", "password").await;
    assert_eq!(ready(&server, "").await.0, 200);
}

#[tokio::test]
async fn f2_checks_are_not_to_be_asked_for_while_the_sessions_can_be_found_nowhere() {
    let mut server = TestServer::start().await;
    let bearer = bearer(&server).await;
    server.restart_unloaded().await;
    server.faults.fail(Fault::reads_by("session"));
    assert_eq!(check(&server, &bearer).await, 503);
    let (status, reason) = ready(&server, "?for=checks").await;
    assert_eq!((status, reason.starts_with("the database cannot be read")), (503, true), "{reason}");
    assert_eq!(ready(&server, "").await.0, 503);
    server.faults.heal();
    server.auth.load().await;
    assert_eq!(ready(&server, "?for=checks").await.0, 200);
    assert_eq!(check(&server, &bearer).await, 200);
}

#[tokio::test]
async fn what_is_not_ready_says_so_in_words() {
    let server = TestServer::start().await;
    let asked = server.admin_request(Method::GET, "/readyz").send().await.unwrap();
    let body: Value = asked.json().await.unwrap();
    assert_eq!(body["status"], "ready");
}
