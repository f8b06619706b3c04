//! The service in its first moments: it answers while the table of live sessions is being filled.

use std::sync::Arc;

use super::*;

/// A server that was started anew on the data of one with a session, and has not read its sessions.
async fn started_anew() -> (TestServer, Tokens) {
    let mut server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    server.restart_unloaded().await;
    (server, tokens)
}

fn session(tokens: &Tokens) -> (String, String) {
    (tokens.cookie.clone(), tokens.csrf.clone())
}

#[tokio::test]
async fn a_session_that_is_not_read_yet_is_found() {
    let (server, tokens) = started_anew().await;
    assert_eq!(bearer(&server, &tokens.bearer).await, 200);
    assert_eq!(check(&server, "cookie", &format!("session_id={}", tokens.cookie)).await.status(), 200);
    assert_eq!(server.refresh(&session(&tokens)).await, 200);
}

#[tokio::test]
async fn a_session_that_is_not_read_yet_is_found_by_the_bearer_in_a_target() {
    let (server, tokens) = started_anew().await;
    for kind in kinds::KINDS {
        let target = format!("/ws_api/account/{ACCOUNT}/messaging/brand/{}", tokens.bearer);
        assert_eq!(kinds::asked_by(kind, &server, &target).send().await.unwrap().status(), 200, "{kind}");
        let other = "/api/account/99999999/x";
        let asked = kinds::asked_by(kind, &server, other).bearer_auth(&tokens.bearer);
        assert_eq!(asked.send().await.unwrap().status(), 401, "{kind}");
    }
}

#[tokio::test]
async fn g4_who_is_no_gateway_is_refused_before_the_sessions_are_read_too() {
    let (server, tokens) = started_anew().await;
    let asked = kinds::asked_by_a_stranger(&server, "nginx").bearer_auth(&tokens.bearer);
    assert_eq!(asked.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn what_is_no_session_is_refused_at_once() {
    let (server, tokens) = started_anew().await;
    assert_eq!(bearer(&server, &"0".repeat(64)).await, 401);
    assert_eq!(bearer(&server, &tokens.cookie).await, 401);
}

#[tokio::test]
async fn s3_a_logout_before_the_session_was_read_is_not_undone_by_reading_it() {
    let (mut server, tokens) = started_anew().await;
    assert_eq!(server.log_out(&session(&tokens)).await, 200);
    server.auth.load().await;
    assert_eq!(bearer(&server, &tokens.bearer).await, 401);
    assert_eq!(server.auth.session_count(), 0);
    server.restart().await;
    assert_eq!(bearer(&server, &tokens.bearer).await, 401);
}

#[tokio::test]
async fn s4_a_user_who_was_disabled_meanwhile_is_refused() {
    let mut server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    server.fixture.user("name").enabled = false;
    let user = Box::new(server.fixture.user("name").clone());
    server.store.commit(vec![Change::PutUser(user)]).await.unwrap();
    server.restart_unloaded().await;
    assert_eq!(bearer(&server, &tokens.bearer).await, 401);
    server.auth.load().await;
    assert_eq!(server.auth.session_count(), 0);
}

#[tokio::test]
async fn a_login_waits_until_it_knows_which_sessions_it_ends() {
    let (server, tokens) = started_anew().await;
    let server = Arc::new(server);
    let login = {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.log_in("name", "password").await.status() })
    };
    assert_eq!(bearer(&server, &tokens.bearer).await, 200);
    server.auth.load().await;
    assert_eq!(login.await.unwrap(), 200);
    assert_eq!(bearer(&server, &tokens.bearer).await, 401, "the login ended it");
}

#[tokio::test]
async fn s8_a_forged_livevox_id_is_refused_at_once() {
    let (server, _) = started_anew().await;
    assert_eq!(check(&server, "lv-session", "38de9bcc-7425-4392-b821-99026632c369").await.status(), 401);
}

#[tokio::test]
async fn a_livevox_id_waits_for_the_table() {
    let mut server = TestServer::start().await;
    let id = livevox(&server).await;
    server.restart_unloaded().await;
    let server = Arc::new(server);
    let asked = {
        let (server, id) = (Arc::clone(&server), id.clone());
        tokio::spawn(async move { check(&server, "lv-session", &id).await.status() })
    };
    server.auth.load().await;
    assert_eq!(asked.await.unwrap(), 200);
}

#[tokio::test]
async fn the_last_use_of_a_session_that_was_found_early_is_kept() {
    let (server, tokens) = started_anew().await;
    server.clock.advance(Duration::from_hours(5));
    assert_eq!(bearer(&server, &tokens.bearer).await, 200);
    server.auth.load().await;
    server.clock.advance(Duration::from_hours(5));
    assert_eq!(bearer(&server, &tokens.bearer).await, 200);
}
