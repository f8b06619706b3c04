//! Who, whom, by which means, in which dialect and from where: what every entry about a user says.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Actor, AuditAction, AuditRecord, Concurrency, Dialect, Means, WhenFull};
use vestibule_testkit::TestServer;

use crate::{change_password, delete, here, livevox_login, livevox_session, of_action};

/// The entry of an action of which there is one.
async fn only(server: &TestServer, action: AuditAction) -> AuditRecord {
    let mut found = of_action(server, action).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// That an entry is about the fixture's user, and from the test's address.
fn assert_about(record: &AuditRecord, dialect: Dialect) {
    assert_eq!((record.account, record.user_name.as_deref()), (here(), Some("name")), "{record:?}");
    assert_eq!((record.dialect, record.address), (Some(dialect), "127.0.0.1".parse().ok()), "{record:?}");
}

fn assert_by_the_user(record: &AuditRecord, means: Means) {
    assert!(matches!(&record.actor, Actor::User { name, .. } if name == "name"), "{record:?}");
    assert_eq!(record.means, means, "{record:?}");
}

#[tokio::test]
async fn a_login() {
    let server = TestServer::start().await;
    server.session().await;
    let record = only(&server, AuditAction::LoggedIn).await;
    assert_about(&record, Dialect::LivePerson);
    assert_by_the_user(&record, Means::Password);
    assert!(record.session.is_some());
}

#[tokio::test]
async fn a_login_that_is_given_the_session_that_lives() {
    let server = TestServer::start().await;
    livevox_session(&server, "name", "password").await;
    assert_eq!(livevox_login(&server, "name", "password").await.status(), 200);
    let record = only(&server, AuditAction::JoinedSession).await;
    assert_about(&record, Dialect::LiveVox);
    assert_eq!(record.session, only(&server, AuditAction::LoggedIn).await.session);
}

#[tokio::test]
async fn a_refused_login() {
    let server = TestServer::start().await;
    server.log_in("name", "wrong").await;
    let record = only(&server, AuditAction::LogInRefused).await;
    assert_about(&record, Dialect::LivePerson);
}

#[tokio::test]
async fn a_lock() {
    let server = TestServer::start().await;
    for _ in 0..5 {
        server.log_in("name", "wrong").await;
    }
    server.store.commit(Vec::new()).await.unwrap();
    let record = only(&server, AuditAction::UserLocked).await;
    assert_about(&record, Dialect::LivePerson);
    assert_eq!((record.actor, record.means), (Actor::System, Means::System));
}

#[tokio::test]
async fn a_changed_password_and_the_sessions_that_it_ends() {
    let server = TestServer::start().await;
    server.session().await;
    assert_eq!(change_password(&server, "password", "a-new-password-1").await, 204);
    for action in [AuditAction::PasswordChanged, AuditAction::SessionEnded] {
        let record = only(&server, action).await;
        assert_about(&record, Dialect::LiveVox);
        assert_by_the_user(&record, Means::Password);
    }
}

#[tokio::test]
async fn a_refused_change_of_password() {
    let server = TestServer::start().await;
    assert_eq!(change_password(&server, "wrong", "a-new-password-1").await, 401);
    let record = only(&server, AuditAction::ChangePasswordRefused).await;
    assert_about(&record, Dialect::LiveVox);
}

#[tokio::test]
async fn a_logout_in_each_dialect() {
    let server = TestServer::start().await;
    let session = server.session().await;
    assert_eq!(server.log_out(&session).await, 200);
    let record = only(&server, AuditAction::SessionEnded).await;
    assert_about(&record, Dialect::LivePerson);
    assert_by_the_user(&record, Means::Session);

    let id = livevox_session(&server, "name", "password").await;
    assert_eq!(delete(&server, &format!("/session/logout/{id}"), &id).await, 204);
    let records = of_action(&server, AuditAction::SessionEnded).await;
    assert_about(&records[1], Dialect::LiveVox);
    assert_by_the_user(&records[1], Means::Session);
}

#[tokio::test]
async fn a_replaced_session() {
    let server = TestServer::start().await;
    server.session().await;
    server.session().await;
    let record = only(&server, AuditAction::SessionEnded).await;
    assert_about(&record, Dialect::LivePerson);
    assert_by_the_user(&record, Means::Password);
}

#[tokio::test]
async fn an_end_among_ones_own_sessions() {
    let many = Concurrency::Many { limit: 0, when_full: WhenFull::Refuse };
    let server = TestServer::start_with(|fixture, _| fixture.account.session_policy.concurrency = many).await;
    server.session().await;
    let login: Value = server.log_in("name", "password").await.json().await.unwrap();
    let bearer = login["bearer"].as_str().unwrap();
    let request = server.request(Method::DELETE, "/self/v1/sessions").bearer_auth(bearer);
    let ended: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(ended, json!({ "ended": 1 }));
    let record = only(&server, AuditAction::SessionEnded).await;
    assert_about(&record, Dialect::LivePerson);
    assert_by_the_user(&record, Means::Session);
}
