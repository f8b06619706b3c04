//! Ends of sessions, each with its reason.

use std::time::Duration;

use vestibule_model::{
    Actor, Application, ApplicationId, AuditAction, AuthenticationMethod, Dialect, EndReason, EndedSession,
    Means, RoleType, SessionReference,
};
use vestibule_store::Change;
use vestibule_testkit::{Key, TestServer};

use crate::{change_password, delete, ends, livevox_session, of_action};

#[tokio::test]
async fn a_logout_is_told_by_its_holder() {
    let server = TestServer::start().await;
    let session = server.session().await;
    server.log_out(&session).await;
    assert_eq!(ends(&server).await, [EndReason::LoggedOut]);
    let record = of_action(&server, AuditAction::SessionEnded).await.remove(0);
    assert_eq!((record.means, record.address), (Means::Session, "127.0.0.1".parse().ok()));
    assert!(matches!(record.actor, Actor::User { name, .. } if name == "name"));
}

#[tokio::test]
async fn the_end_tells_what_the_session_was_like_beside_why_it_ended() {
    let server = TestServer::start().await;
    server.session().await;
    let opened = vestibule_model::Clock::now(&*server.clock);
    server.clock.advance(Duration::from_hours(24));
    server.auth.sweep(vestibule_model::Clock::now(&*server.clock)).await.unwrap();
    let record = of_action(&server, AuditAction::SessionEnded).await.remove(0);
    let expected = EndedSession {
        opened,
        opened_from: "127.0.0.1".parse().ok(),
        last_used: opened,
        opened_with: Application::None,
        method: AuthenticationMethod::Password,
        dialect: Dialect::LivePerson,
    };
    assert_eq!(EndedSession::told_by(&record), Some(expected));
    assert!(record.details.unwrap().contains("idle_ms"));
}

#[tokio::test]
async fn two_logouts_at_once_are_one_end() {
    let server = TestServer::start().await;
    let session = server.session().await;
    tokio::join!(server.log_out(&session), server.log_out(&session));
    assert_eq!(ends(&server).await, [EndReason::LoggedOut]);
}

#[tokio::test]
async fn a_replaced_session_is_told_with_what_replaced_it() {
    let server = TestServer::start().await;
    server.session().await;
    server.session().await;
    assert_eq!(ends(&server).await, [EndReason::Replaced]);
    let ended = of_action(&server, AuditAction::SessionEnded).await.remove(0);
    let opened = of_action(&server, AuditAction::LoggedIn).await;
    assert_eq!(ended.session, opened[0].session);
    let details: serde_json::Value = serde_json::from_str(&ended.details.unwrap()).unwrap();
    assert_eq!(details["replaced_by"], opened[1].session.unwrap().to_string());
    assert_eq!(details["sessions_per_user"], 1);
}

#[tokio::test]
async fn an_unused_session_is_told_to_have_expired() {
    let server = TestServer::start().await;
    server.session().await;
    server.clock.advance(Duration::from_hours(24));
    server.auth.sweep(vestibule_model::Clock::now(&*server.clock)).await.unwrap();
    assert_eq!(ends(&server).await, [EndReason::Expired]);
}

#[tokio::test]
async fn a_session_at_its_absolute_end_is_told_so() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.session_policy.absolute_seconds = 600;
    })
    .await;
    server.session().await;
    server.clock.advance(Duration::from_hours(24));
    server.auth.sweep(vestibule_model::Clock::now(&*server.clock)).await.unwrap();
    assert_eq!(ends(&server).await, [EndReason::AbsoluteEnd]);
}

#[tokio::test]
async fn a_changed_password_ends_sessions_in_every_dialect() {
    let server = TestServer::start().await;
    server.session().await;
    livevox_session(&server, "name", "password").await;
    change_password(&server, "password", "a-new-password-1").await;
    assert_eq!(ends(&server).await, [EndReason::PasswordChanged; 2]);
}

#[tokio::test]
async fn a_disabled_user_ends_with_that_reason() {
    let mut server = TestServer::start().await;
    server.session().await;
    server.change_user("name", |user| user.enabled = false).await;
    assert_eq!(ends(&server).await, [EndReason::UserDisabled]);
}

#[tokio::test]
async fn another_password_set_from_outside_ends_with_that_reason() {
    let mut server = TestServer::start().await;
    server.session().await;
    server
        .change_user("name", |user| {
            user.credential_version += 1;
            let password = user.password.as_mut().unwrap();
            password.changed_at = password.changed_at.plus(Duration::from_secs(1));
        })
        .await;
    assert_eq!(ends(&server).await, [EndReason::PasswordSet]);
}

#[tokio::test]
async fn a_disabled_key_ends_the_sessions_of_its_bot() {
    let server = TestServer::start().await;
    server.log_in_with_key("bot", &Key::BOT).await;
    let mut key = server.fixture.api_key.clone();
    key.enabled = false;
    server.change(vec![Change::PutApiKey(server.fixture.account.id, key.into())]).await;
    assert_eq!(ends(&server).await, [EndReason::ApplicationRefused]);
}

#[tokio::test]
async fn a_deleted_user_and_a_deleted_account_end_their_sessions() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    server.log_in_with_key("bot", &Key::BOT).await;
    let user = server.fixture.user("name").id;
    server.change(vec![Change::DeleteUser(user)]).await;
    assert_eq!(ends(&server).await, [EndReason::UserDeleted]);
    assert_eq!(server.refresh(&session).await, 401);
    server.change(vec![Change::DeleteAccount(server.fixture.account.id)]).await;
    assert_eq!(ends(&server).await, [EndReason::UserDeleted, EndReason::AccountDeleted]);
    assert_eq!(server.log_in_with_key("bot", &Key::BOT).await.status(), 401);
}

#[tokio::test]
async fn an_end_from_a_list_tells_who_ended_whose() {
    let server = TestServer::start_with(|fixture, _| {
        let now = fixture.user("name").password.as_ref().expect("a password").changed_at;
        let mut of_agents = fixture.profiles[1].clone();
        (of_agents.id, of_agents.role) = (3, RoleType::Agent);
        fixture.profiles.push(of_agents);
        fixture.add_user("other", "other-password", now).profiles = vec![3];
    })
    .await;
    let mine = livevox_session(&server, "name", "password").await;
    livevox_session(&server, "other", "other-password").await;
    let opened = of_action(&server, AuditAction::LoggedIn).await;
    let of_other = opened[1].session.unwrap();
    assert_eq!(delete(&server, &format!("/session/sessions/{of_other}"), &mine).await, 204);
    assert_eq!(ends(&server).await, [EndReason::EndedByAdministrator]);
    let ended = of_action(&server, AuditAction::SessionEnded).await.remove(0);
    assert_eq!((ended.session, ended.user), (Some(of_other), opened[1].user));
    assert_eq!((ended.means, ended.dialect), (Means::Session, Some(Dialect::LiveVox)));
    assert_eq!(ended.address, "127.0.0.1".parse().ok());
    assert!(matches!(ended.actor, Actor::User { name, .. } if name == "name"));
}

#[tokio::test]
async fn all_sessions_of_an_application_end_with_one_reason() {
    let server = TestServer::start().await;
    livevox_session(&server, "name", "password").await;
    let application = Application::Token(ApplicationId(1));
    let ended = server
        .auth
        .end_all_of_application(server.fixture.account.id, application, EndReason::EndedByAdministrator)
        .await;
    assert_eq!(ended.unwrap(), 1);
    assert_eq!(ends(&server).await, [EndReason::EndedByAdministrator]);
}

#[tokio::test]
async fn a_session_whose_user_was_disabled_while_the_server_was_down_is_told_at_the_start() {
    let mut server = TestServer::start().await;
    server.session().await;
    let session = server.stored_sessions().await.remove(0);
    let user = server.fixture.user("name");
    user.enabled = false;
    let put = Change::PutUser(Box::new(user.clone()));
    server.store.commit(vec![put]).await.unwrap();
    server.restart().await;
    server.auth.loaded().await;
    server.auth.flush().await.unwrap();
    assert_eq!(ends(&server).await, [EndReason::UserDisabled]);
    let ended = of_action(&server, AuditAction::SessionEnded).await.remove(0);
    assert_eq!(ended.session, Some(SessionReference(server.auth.tokens().reference(session.id))));
}
