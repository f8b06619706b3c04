//! `POST /session/password`.

use serde_json::{Value, json};
use vestibule_model::SignOn;
use vestibule_store::Change;
use vestibule_testkit::{OTHER_TOKEN, TOKEN, TestServer};

use crate::{
    AUTHORIZATION_ERROR, agent_credentials, credentials, log_in_with, session, session_of, start, start_with,
    told, used,
};

const NEW: &str = "a-new-password-1";

async fn change(server: &TestServer, mut body: Value, new: &str) -> (u16, String) {
    body["newPassword"] = json!(new);
    told(server.post("/session/password", &body).await).await
}

#[tokio::test]
async fn changes_the_password_without_any_header() {
    let server = start().await;
    assert_eq!(change(&server, credentials("name", "password"), NEW).await, (204, String::new()));
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", "password")).await.status(), 401);
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", NEW)).await.status(), 200);
}

#[tokio::test]
async fn changes_an_agents_password() {
    let server = start().await;
    let answer = change(&server, agent_credentials("Agent1", "agent1-password"), NEW).await;
    assert_eq!(answer.0, 204);
    assert_eq!(log_in_with(&server, TOKEN, &agent_credentials("agent1", NEW)).await.status(), 200);
}

#[tokio::test]
async fn ends_the_sessions_of_every_token() {
    let server = start().await;
    let one = session(&server).await;
    let other = session_of(&server, OTHER_TOKEN, &credentials("name", "password")).await;
    change(&server, credentials("name", "password"), NEW).await;
    assert_eq!((used(&server, &one).await, used(&server, &other).await), (401, 401));
    assert_eq!(server.stored_sessions().await, []);
}

#[tokio::test]
async fn ends_the_sessions_of_the_other_dialect_too() {
    let server = start().await;
    let liveperson = server.session().await;
    change(&server, credentials("name", "password"), NEW).await;
    assert_eq!(server.refresh(&liveperson).await, 401);
}

#[tokio::test]
async fn ends_nobody_elses_session() {
    let server = start().await;
    let other = session_of(&server, TOKEN, &credentials("super", "super-password")).await;
    change(&server, credentials("name", "password"), NEW).await;
    assert_eq!(used(&server, &other).await, 200);
}

#[tokio::test]
async fn works_when_the_password_has_expired_or_must_be_changed() {
    let server = start_with(|fixture, _| {
        fixture.account.password_policy.expiry_days = 1;
        fixture.user("name").must_change_password = true;
    })
    .await;
    server.clock.advance(std::time::Duration::from_hours(48));
    assert_eq!(change(&server, credentials("name", "password"), NEW).await.0, 204);
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", NEW)).await.status(), 200);
}

#[tokio::test]
async fn a_password_that_must_be_changed_is_not_changed_to_itself() {
    let server = start_with(|fixture, _| {
        fixture.account.password_policy.require_digit = false;
        fixture.user("name").must_change_password = true;
    })
    .await;
    let expected =
        r#"{"code":400,"message":"Invalid new password: the password must not be the present one"}"#;
    assert_eq!(
        change(&server, credentials("name", "password"), "password").await,
        (400, expected.to_owned())
    );
}

#[tokio::test]
async fn s4_a_user_who_is_disabled_changes_nothing() {
    let mut server = start_with(|fixture, _| fixture.user("name").enabled = false).await;
    let answer = change(&server, credentials("name", "password"), NEW).await;
    assert_eq!(answer, (401, AUTHORIZATION_ERROR.to_owned()));
    server.change_user("name", |user| user.enabled = true).await;
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", NEW)).await.status(), 401);
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", "password")).await.status(), 200);
}

#[tokio::test]
async fn survives_a_restart() {
    let mut server = start().await;
    change(&server, credentials("name", "password"), NEW).await;
    server.restart().await;
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", NEW)).await.status(), 200);
}

#[tokio::test]
async fn a_wrong_old_password_is_an_authorization_error() {
    let server = start().await;
    let answer = change(&server, credentials("name", "wrong"), NEW).await;
    assert_eq!(answer, (401, AUTHORIZATION_ERROR.to_owned()));
}

#[tokio::test]
async fn l3_wrong_old_passwords_count_for_the_lock_out() {
    let server = start_with(|fixture, _| fixture.account.lockout_policy.failures = 2).await;
    for _ in 0..2 {
        change(&server, credentials("name", "wrong"), NEW).await;
    }
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", "password")).await.status(), 401);
}

#[tokio::test]
async fn a_violation_of_the_policy_names_the_rule() {
    let server = start().await;
    let expected =
        r#"{"code":400,"message":"Invalid new password: the password must have at least 8 characters"}"#;
    assert_eq!(change(&server, credentials("name", "password"), "short1").await, (400, expected.to_owned()));
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", "password")).await.status(), 200);
}

#[tokio::test]
async fn a_password_that_is_easy_to_guess_is_refused_with_the_reason() {
    let server = start_with(|fixture, _| {
        fixture.account.password_policy.min_strength = 3;
        fixture.user("name").full_name = "Zephyrine Quarnaby".to_owned();
    })
    .await;
    let own = "it is made of names of the user or the account";
    for (password, reason) in [
        ("password1", "many people have it, or one that is nearly the same"),
        ("aaaaaaa1", "many people have it, or one that is nearly the same"),
        ("kq7kq7kq7kq7", "repetitions are tried early"),
        ("quarnaby1", own),
        ("12345678test", own),
    ] {
        let expected = format!(
            r#"{{"code":400,"message":"Invalid new password: the password is too easy to guess: {reason}"}}"#
        );
        assert_eq!(change(&server, credentials("name", "password"), password).await, (400, expected));
    }
    assert_eq!(change(&server, credentials("name", "password"), NEW).await.0, 204);
}

#[tokio::test]
async fn a_password_that_was_stored_before_strength_was_asked_for_stays_valid() {
    let server = start_with(|fixture, _| fixture.account.password_policy.min_strength = 4).await;
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", "password")).await.status(), 200);
}

#[tokio::test]
async fn none_of_the_last_passwords_is_accepted_again() {
    let server = start_with(|fixture, _| fixture.account.password_policy.history = 4).await;
    let mut old = "password".to_owned();
    for number in 1..=4 {
        let new = format!("{NEW}-{number}");
        assert_eq!(change(&server, credentials("name", &old), &new).await.0, 204);
        old = new;
    }
    for number in 1..=4 {
        let (status, text) = change(&server, credentials("name", &old), &format!("{NEW}-{number}")).await;
        assert_eq!(status, 400, "{number}");
        assert!(text.contains("must not be one of the last 4"), "{text}");
    }
    server.change(vec![]).await;
    assert_eq!(change(&server, credentials("name", &old), "password-0-again").await.0, 204);
}

#[tokio::test]
async fn the_new_password_is_asked_for() {
    let server = start().await;
    let expected = r#"{"code":400,"message":"newPassword is required"}"#;
    let answer = told(server.post("/session/password", &credentials("name", "password")).await).await;
    assert_eq!(answer, (400, expected.to_owned()));
}

#[tokio::test]
async fn s6_logins_during_a_change_leave_no_session_of_the_old_password() {
    let server = start().await;
    let old = credentials("name", "password");
    let change = change(&server, old.clone(), NEW);
    let _ = tokio::join!(
        log_in_with(&server, TOKEN, &old),
        change,
        log_in_with(&server, OTHER_TOKEN, &old),
        server.log_in("name", "password")
    );
    server.auth.follow().await.unwrap();
    for session in server.stored_sessions().await {
        assert_eq!(session.credential_version, 2);
    }
}

#[tokio::test]
async fn where_passwords_are_off_none_is_changed() {
    let mut server = start_with(|fixture, _| fixture.account.sign_on = SignOn::SsoOnly).await;
    let refused = (401, AUTHORIZATION_ERROR.to_owned());
    assert_eq!(change(&server, credentials("name", "password"), NEW).await, refused);
    server.fixture.account.sign_on = SignOn::Password;
    server.change(vec![Change::PutAccount(Box::new(server.fixture.account.clone()))]).await;
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", "password")).await.status(), 200);
}
