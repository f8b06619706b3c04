//! `POST /api/account/{account}/logout`.

use serde_json::json;
use vestibule_testkit::TestServer;

use crate::told;

#[tokio::test]
async fn answers_with_an_empty_body() {
    let server = TestServer::start().await;
    let session = server.session().await;
    let response = server.with_session("logout", &session).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn ends_the_session_at_once() {
    let server = TestServer::start().await;
    let session = server.session().await;
    assert_eq!(server.log_out(&session).await, 200);
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn s3_a_session_that_ended_stays_ended_after_a_restart() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    assert_eq!(server.log_out(&session).await, 200);
    server.restart().await;
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn a_second_logout_is_told_that_there_is_no_session() {
    let server = TestServer::start().await;
    let session = server.session().await;
    assert_eq!(server.log_out(&session).await, 200);
    let (status, body) = told(server.with_session("logout", &session).await).await;
    assert_eq!((status, &body["error"]["internalCode"]), (401, &json!(10)));
}

#[tokio::test]
async fn a_wrong_csrf_ends_nothing() {
    let server = TestServer::start().await;
    let session = server.session().await;
    assert_eq!(server.log_out(&(session.0.clone(), "0".repeat(64))).await, 401);
    assert_eq!(server.refresh(&session).await, 200);
}

#[tokio::test]
async fn s2_a_logout_ends_nobody_elses_session() {
    let server = TestServer::start_with(|fixture, _| {
        let now = fixture.user("name").password.as_ref().unwrap().changed_at;
        fixture.add_user("neighbour", "password", now);
    })
    .await;
    let mine = server.session().await;
    let neighbour = vestibule_testkit::session_of(server.log_in("neighbour", "password").await).await;
    assert_eq!(server.log_out(&mine).await, 200);
    assert_eq!(server.refresh(&neighbour).await, 200);
}

#[tokio::test]
async fn s6_refreshes_against_a_logout_leave_no_orphan() {
    let server = TestServer::start().await;
    for _ in 0..20 {
        let session = server.session().await;
        let refreshes = (0..4).map(|_| server.refresh(&session));
        let all = refreshes.map(|refresh| async { refresh.await == 200 });
        let (ended, _) = tokio::join!(server.log_out(&session), futures(all));
        assert_eq!(ended, 200);
        assert_eq!(server.refresh(&session).await, 401);
    }
    assert_eq!(server.stored_sessions().await, []);
}

/// Awaits all, one after the other.
async fn futures(all: impl Iterator<Item = impl Future<Output = bool>>) -> usize {
    let mut count = 0;
    for each in all {
        count += usize::from(each.await);
    }
    count
}
