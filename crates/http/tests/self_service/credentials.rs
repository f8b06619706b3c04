//! By which a session is shown.

use reqwest::Method;
use vestibule_auth::{AdministratorCredentials, FirstOwner};
use vestibule_model::Clock;

use crate::{OWN, ask, list, liveperson, livevox, start, status};

#[tokio::test]
async fn bearer_livevox_id_and_cookie_show_a_session() {
    let server = start().await;
    let session = liveperson(&server, "name", "password").await;
    let id = livevox(&server).await;
    for shown in [("authorization", &session.bearer), ("cookie", &session.cookie), ("lv-session", &id)] {
        let listed = list(&server, &[(shown.0, shown.1)]).await;
        assert_eq!(listed.len(), 2, "{shown:?}");
    }
}

#[tokio::test]
async fn nothing_and_what_is_no_session_is_refused() {
    let server = start().await;
    let session = liveperson(&server, "name", "password").await;
    let (zeros, csrf) = ("0".repeat(64), format!("Bearer {}", session.csrf));
    let cookie_as_bearer = session.cookie.replace("session_id=", "Bearer ");
    let forged = format!("session_id={zeros}");
    for (name, value) in [
        ("x-nothing", ""),
        ("authorization", "Bearer"),
        ("authorization", "Basic bmFtZTpwYXNzd29yZA=="),
        ("authorization", &csrf),
        ("authorization", &cookie_as_bearer),
        ("cookie", &forged),
        ("lv-session", "1"),
        ("lv-session", "5d2b7a30-5f0e-4b1c-9d51-3a2f4c6e8f00"),
    ] {
        let answer = ask(&server, Method::GET, OWN, &[(name, value)]).await;
        assert_eq!(answer.status(), 401, "{name}: {value}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn beside_what_is_no_credential_of_ours_another_counts() {
    let server = start().await;
    let session = liveperson(&server, "name", "password").await;
    let shown = [("authorization", "Bearer 0"), ("cookie", session.cookie.as_str())];
    assert_eq!(status(&server, Method::GET, OWN, &shown).await, 200);
    let shown = [("lv-session", "0"), ("cookie", session.cookie.as_str()), ("x-csrf-token", &session.csrf)];
    assert_eq!(status(&server, Method::DELETE, OWN, &shown).await, 200);
}

#[tokio::test]
async fn s2_two_credentials_of_different_users_show_nobody() {
    let server = start().await;
    let (one, other) =
        (liveperson(&server, "name", "password").await, liveperson(&server, "other", "other-password").await);
    for csrf in ["", &one.csrf, &other.csrf] {
        let shown = [("authorization", &*one.bearer), ("cookie", &*other.cookie), ("x-csrf-token", csrf)];
        assert_eq!(status(&server, Method::GET, OWN, &shown).await, 401);
        assert_eq!(status(&server, Method::DELETE, OWN, &shown).await, 401);
    }
}

#[tokio::test]
async fn a2_a_cookie_beside_what_is_no_credential_ends_nothing_without_its_csrf_value() {
    let server = start().await;
    let (held, other) =
        (liveperson(&server, "name", "password").await, liveperson(&server, "name", "password").await);
    for beside in [("authorization", "Bearer 0"), ("authorization", "Basic a"), ("lv-session", "0")] {
        let shown = [beside, ("cookie", held.cookie.as_str())];
        assert_eq!(status(&server, Method::DELETE, OWN, &shown).await, 403, "{beside:?}");
    }
    assert!(crate::lives(&server, &other).await);
}

#[tokio::test]
async fn a_session_that_has_ended_shows_nothing() {
    let server = start().await;
    let session = liveperson(&server, "name", "password").await;
    let pair = (session.cookie.replace("session_id=", ""), session.csrf.clone());
    assert_eq!(server.log_out(&pair).await, 200);
    assert_eq!(status(&server, Method::GET, OWN, &[("authorization", &session.bearer)]).await, 401);
}

#[tokio::test]
async fn administrators_are_not_known_here() {
    let server = start().await;
    let password = || "admin-password".to_owned().into();
    let now = server.clock.now();
    server
        .auth
        .administration()
        .make_administrators_account(FirstOwner::WithPassword(password()), now)
        .await
        .unwrap();
    let (user_name, password) = ("admin".to_owned(), "admin-password".as_bytes().to_vec().into());
    let shown = AdministratorCredentials { user_name, password, code: None };
    let owner = server.auth.administration();
    let owner = owner.log_in_administrator(shown, None, now).await.unwrap();
    let bearer = format!("Bearer {}", owner.opened.shown_by);
    assert_eq!(status(&server, Method::GET, OWN, &[("authorization", &bearer)]).await, 401);
}

#[tokio::test]
async fn looking_keeps_a_livevox_session_alive_as_its_policy_says() {
    let server = start().await;
    let id = livevox(&server).await;
    let shown = [("lv-session", id.as_str())];
    let last_used = async || list(&server, &shown).await[0]["last_used"].as_i64().unwrap();
    let before = last_used().await;
    server.clock.advance(std::time::Duration::from_mins(1));
    assert_eq!(last_used().await, before + 60_000);
}

#[tokio::test]
async fn other_methods_and_paths_are_problems_too() {
    let server = start().await;
    assert_eq!(status(&server, Method::POST, OWN, &[]).await, 405);
    assert_eq!(status(&server, Method::GET, "/self/v1/nothing", &[]).await, 404);
}
