//! Logins and what is refused to them.

use vestibule_model::{Actor, ApplicationId, AuditAction, Dialect, Means, Refusal, SessionReference, UserId};
use vestibule_testkit::{Key, TestServer};

use crate::{audit, change_password, here, livevox_login, log_in_to, of_action, refusals};

#[tokio::test]
async fn a_login_by_password_is_told_with_who_where_and_how() {
    let mut server = TestServer::start().await;
    let (_, _) = server.session().await;
    let entries = audit(&server).await;
    assert_eq!(entries.len(), 1);
    let (record, user) = (&entries[0].record, server.fixture.user("name").id);
    assert_eq!(record.action, AuditAction::LoggedIn);
    assert_eq!(record.actor, Actor::User { id: user, name: "name".into() });
    assert_eq!((record.means, record.dialect), (Means::Password, Some(Dialect::LivePerson)));
    assert_eq!((record.account, record.user), (here(), Some(user)));
    assert_eq!(record.address, "127.0.0.1".parse().ok());
    let session = server.stored_sessions().await.remove(0);
    assert_eq!(record.session, Some(SessionReference(server.auth.tokens().reference(session.id))));
}

#[tokio::test]
async fn a_login_by_key_names_the_key() {
    let server = TestServer::start().await;
    assert_eq!(server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
    let record = of_action(&server, AuditAction::LoggedIn).await.remove(0);
    assert_eq!(record.means, Means::ApiKey(ApplicationId(1)));
}

#[tokio::test]
async fn a_login_with_an_application_token_names_the_token() {
    let server = TestServer::start().await;
    assert_eq!(livevox_login(&server, "name", "password").await.status(), 200);
    let record = of_action(&server, AuditAction::LoggedIn).await.remove(0);
    assert_eq!(
        (record.means, record.dialect),
        (Means::ApplicationToken(ApplicationId(1)), Some(Dialect::LiveVox))
    );
}

#[tokio::test]
async fn a_login_that_is_given_the_session_that_lives_is_counted() {
    let server = TestServer::start().await;
    for _ in 0..4 {
        assert_eq!(livevox_login(&server, "name", "password").await.status(), 200);
    }
    let joined = of_action(&server, AuditAction::JoinedSession).await;
    assert_eq!(joined.iter().map(|record| record.count).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn a_refused_login_is_told_with_its_true_reason() {
    let mut server = TestServer::start().await;
    server.change_user("client", |user| user.enabled = false).await;
    server.change_user("name", |user| user.must_change_password = true).await;
    assert_eq!(server.log_in("name", "wrong").await.status(), 401);
    assert_eq!(server.log_in("nobody", "password").await.status(), 401);
    assert_eq!(log_in_to(&server, "99999999", "name").await, 401);
    server.log_in("name", "password").await;
    let wrong = Key { secret: "wrong", ..Key::BOT };
    assert_eq!(server.log_in_with_key("bot", &wrong).await.status(), 401);
    assert_eq!(server.log_in_with_key("name", &Key::BOT).await.status(), 401);
    let mut found = refusals(&server, AuditAction::LogInRefused).await;
    found.sort_by_key(|(why, _)| format!("{why:?}"));
    let expected = [
        Refusal::KeyNotAllowed,
        Refusal::MustChangePassword,
        Refusal::UnknownAccount,
        Refusal::UnknownUser,
        Refusal::WrongKey,
        Refusal::WrongPassword,
    ];
    assert_eq!(found, expected.map(|why| (why, 1)));
}

#[tokio::test]
async fn a_refused_login_names_the_user_only_if_there_is_one() {
    let mut server = TestServer::start().await;
    server.log_in("nobody", "password").await;
    server.log_in("name", "wrong").await;
    let refused = of_action(&server, AuditAction::LogInRefused).await;
    let mut users: Vec<Option<UserId>> = refused.iter().map(|record| record.user).collect();
    users.sort_unstable();
    assert_eq!(users, [None, Some(server.fixture.user("name").id)]);
    assert!(refused.iter().all(|record| record.actor == Actor::Unknown && record.account == here()));
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_not_named() {
    let server = TestServer::start().await;
    log_in_to(&server, "99999999", "name").await;
    assert_eq!(of_action(&server, AuditAction::LogInRefused).await[0].account, None);
}

#[tokio::test]
async fn a_lock_is_told_with_the_change() {
    let mut server = TestServer::start().await;
    for _ in 0..5 {
        server.log_in("name", "wrong").await;
    }
    server.store.commit(Vec::new()).await.unwrap();
    let locked = of_action(&server, AuditAction::UserLocked).await;
    assert_eq!(locked.len(), 1);
    assert_eq!((locked[0].user, &locked[0].actor), (Some(server.fixture.user("name").id), &Actor::System));
}

#[tokio::test]
async fn a_changed_password_is_told_and_a_refused_change_too() {
    let server = TestServer::start().await;
    assert_eq!(change_password(&server, "wrong", "a-new-password-1").await, 401);
    assert_ne!(change_password(&server, "password", "short").await, 204);
    assert_eq!(change_password(&server, "password", "a-new-password-1").await, 204);
    assert_eq!(of_action(&server, AuditAction::PasswordChanged).await.len(), 1);
    let refused = refusals(&server, AuditAction::ChangePasswordRefused).await;
    assert_eq!(refused.len(), 2);
    for why in [Refusal::WrongPassword, Refusal::PasswordPolicy] {
        assert!(refused.contains(&(why, 1)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_refused_refresh_names_the_session_that_its_cookie_was_of() {
    let server = TestServer::start().await;
    let session = server.session().await;
    assert_eq!(server.log_out(&session).await, 200);
    assert_eq!(server.refresh(&session).await, 401);
    assert_eq!(server.refresh(&("0".repeat(64), session.1.clone())).await, 401);
    let opened = of_action(&server, AuditAction::LoggedIn).await.remove(0).session;
    let refused = of_action(&server, AuditAction::RefreshRefused).await;
    let mut sessions: Vec<_> = refused.iter().map(|record| record.session).collect();
    sessions.sort_unstable();
    assert_eq!(sessions, [None, opened]);
}
