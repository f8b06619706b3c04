//! Who may stay that an identity provider vouched for: whoever is there and enabled, whatever becomes of the password.

use std::time::Duration;

use vestibule_model::{AccountState, SignOn};
use vestibule_store::Change;
use vestibule_testkit::TestServer;

use crate::support::{bearer, check, log_in, response, server_with};

/// A server that has one session, opened by an assertion; and its bearer.
async fn with_session() -> (TestServer, String) {
    let server = server_with(|fixture| {
        fixture.account.password_policy.expiry_days = 1;
        fixture.account.session_policy.idle_seconds = 100 * 3_600;
    })
    .await;
    let bearer = bearer(log_in(&server, &response(&server, "_1")).await).await;
    (server, bearer)
}

#[tokio::test]
async fn an_expired_password_and_one_that_must_be_changed_end_nothing() {
    let (mut server, bearer) = with_session().await;
    server.change_user("name", |user| user.must_change_password = true).await;
    server.clock.advance(Duration::from_hours(48));
    assert_eq!(check(&server, &bearer).await, 200);
}

#[tokio::test]
async fn single_sign_on_that_becomes_the_only_way_ends_nothing() {
    let (server, bearer) = with_session().await;
    let account = vestibule_model::Account { sign_on: SignOn::SsoOnly, ..server.fixture.account.clone() };
    server.change(vec![Change::PutAccount(account.into())]).await;
    assert_eq!(check(&server, &bearer).await, 200);
}

#[tokio::test]
async fn s4_a_user_who_is_disabled_is_out() {
    let (mut server, bearer) = with_session().await;
    server.change_user("name", |user| user.enabled = false).await;
    assert_eq!(check(&server, &bearer).await, 401);
}

#[tokio::test]
async fn s4_an_account_that_is_disabled_ends_it() {
    let (server, bearer) = with_session().await;
    let state = AccountState::Disabled;
    let account = vestibule_model::Account { state, ..server.fixture.account.clone() };
    server.change(vec![Change::PutAccount(account.into())]).await;
    assert_eq!(check(&server, &bearer).await, 401);
    assert!(server.stored_sessions().await.is_empty());
}
