//! Who may stay that an identity provider vouched for: whoever is there and enabled, whatever becomes of the password.

use std::time::Duration;

use vestibule_model::{
    AccountState, Application, AuthenticationMethod, Clock, Dialect, SecretVersion, Session, SessionId,
    SignOn,
};
use vestibule_store::Change;
use vestibule_testkit::TestServer;

/// A server that has one session, opened by an assertion; and its bearer.
async fn with_session() -> (TestServer, String) {
    let mut server =
        TestServer::start_with(|fixture, _| fixture.account.password_policy.expiry_days = 1).await;
    let (user, now) = (server.fixture.user("name").clone(), server.clock.now());
    let session = Session {
        id: SessionId([1; 16]),
        account: user.account,
        user: user.id,
        application: Application::None,
        secret_version: SecretVersion(0),
        method: AuthenticationMethod::Saml,
        dialect: Dialect::LivePerson,
        address: None,
        created: now,
        last_used: now,
        idle: Duration::from_hours(100),
        absolute_end: None,
        credential_version: user.credential_version,
    };
    let bearer = server.auth.tokens().bearer(session.id);
    server.store.commit(vec![Change::OpenSession(session.into())]).await.unwrap();
    server.restart().await;
    (server, bearer.as_str().to_owned())
}

async fn check(server: &TestServer, bearer: &str) -> u16 {
    let request = server.request(reqwest::Method::GET, "/gateway/check");
    request.header("authorization", format!("Bearer {bearer}")).send().await.unwrap().status().as_u16()
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
async fn a_user_who_is_disabled_is_out() {
    let (mut server, bearer) = with_session().await;
    server.change_user("name", |user| user.enabled = false).await;
    assert_eq!(check(&server, &bearer).await, 401);
}

#[tokio::test]
async fn an_account_that_is_disabled_ends_it() {
    let (server, bearer) = with_session().await;
    let state = AccountState::Disabled;
    let account = vestibule_model::Account { state, ..server.fixture.account.clone() };
    server.change(vec![Change::PutAccount(account.into())]).await;
    assert_eq!(check(&server, &bearer).await, 401);
    assert!(server.stored_sessions().await.is_empty());
}
