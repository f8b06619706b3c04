//! `GET /session/validate`.

use std::time::Duration;

use crate::{log_out, session, start, told, used, validate};

#[tokio::test]
async fn a_valid_session_is_204_in_path_and_query_without_any_header() {
    let server = start().await;
    let id = session(&server).await;
    for path in [
        format!("/session/validate/{id}"),
        format!("/session/v6.0/validate/{id}"),
        format!("/session/validate?sessionId={id}"),
        format!("/session/v5.0/validate?sessionId={id}"),
        format!("/session/validate?sessionId={}", id.replace('-', "%2D")),
    ] {
        assert_eq!(told(server.get(&path).await).await, (204, String::new()), "{path}");
    }
}

#[tokio::test]
async fn anything_else_is_404() {
    let server = start().await;
    let id = session(&server).await;
    let last = if id.ends_with('0') { '1' } else { '0' };
    let other_end = format!("{}{last}", &id[..35]);
    for wrong in [&other_end, &id[..35], &id.replace('-', ""), "123"] {
        assert_eq!(validate(&server, wrong).await, 404, "{wrong}");
    }
}

#[tokio::test]
async fn a_session_that_ended_is_404() {
    let server = start().await;
    let id = session(&server).await;
    assert_eq!(log_out(&server, &id).await, 204);
    assert_eq!(validate(&server, &id).await, 404);
}

#[tokio::test]
async fn validating_does_not_keep_a_session_alive() {
    let server = start().await;
    let id = session(&server).await;
    server.clock.advance(Duration::from_mins(119));
    assert_eq!(validate(&server, &id).await, 204);
    server.clock.advance(Duration::from_mins(1));
    assert_eq!(validate(&server, &id).await, 404);
    assert_eq!(used(&server, &id).await, 401);
}

#[tokio::test]
async fn without_an_id_it_is_a_bad_request() {
    let server = start().await;
    assert_eq!(server.get("/session/validate").await.status(), 400);
}
