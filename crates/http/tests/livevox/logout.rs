//! `DELETE /session/logout/{sessionId}`.

use reqwest::Method;

use crate::{log_out, send, session, start, told, used};

#[tokio::test]
async fn ends_the_session_without_any_header() {
    let server = start().await;
    let id = session(&server).await;
    let response = send(server.request(Method::DELETE, &format!("/session/v6.0/logout/{id}"))).await;
    assert_eq!(told(response).await, (204, String::new()));
    assert_eq!(used(&server, &id).await, 401);
}

#[tokio::test]
async fn a_second_time_it_is_404() {
    let server = start().await;
    let id = session(&server).await;
    assert_eq!(log_out(&server, &id).await, 204);
    assert_eq!(log_out(&server, &id).await, 404);
}

#[tokio::test]
async fn after_it_a_login_opens_another_session() {
    let server = start().await;
    let id = session(&server).await;
    log_out(&server, &id).await;
    assert_ne!(session(&server).await, id);
}

#[tokio::test]
async fn s3_a_session_that_ended_stays_ended_after_a_restart() {
    let mut server = start().await;
    let id = session(&server).await;
    log_out(&server, &id).await;
    server.restart().await;
    assert_eq!(used(&server, &id).await, 401);
}

#[tokio::test]
async fn a_session_that_lives_is_the_same_after_a_restart() {
    let mut server = start().await;
    let id = session(&server).await;
    server.restart().await;
    assert_eq!(used(&server, &id).await, 200);
    assert_eq!(session(&server).await, id);
}
