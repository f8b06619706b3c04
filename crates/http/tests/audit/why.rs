//! "Why was I logged out?", from what somebody pastes.

use std::time::Duration;

use vestibule_auth::{Life, LifeState};
use vestibule_model::{
    Actor, AuditAction, AuditRecord, AuditTarget, Audited, Clock, EndReason, Means, Millis, TargetKind,
    difference,
};
use vestibule_store::Change;
use vestibule_testkit::TestServer;

use crate::{livevox_session, of_action};

fn time(at: Millis) -> String {
    format!("at {at}")
}

async fn why(server: &TestServer, pasted: &str) -> Life {
    let now = server.clock.now();
    let session = server.auth.pasted_session(pasted, now).unwrap();
    server.auth.why(session.reference, now, &time).await.unwrap()
}

#[tokio::test]
async fn a_session_that_lives_is_told_to_live() {
    let server = TestServer::start().await;
    let (cookie, _) = server.session().await;
    let life = why(&server, &cookie).await;
    assert!(matches!(life.state, LifeState::Live { .. }), "{life:?}");
    assert_eq!(life.steps.len(), 1);
}

#[tokio::test]
async fn a_replaced_session_is_explained_by_its_old_cookie() {
    let server = TestServer::start().await;
    let (cookie, _) = server.session().await;
    server.session().await;
    let life = why(&server, &cookie).await;
    assert!(matches!(life.state, LifeState::Ended { reason: EndReason::Replaced, .. }), "{life:?}");
    assert!(
        life.answer.contains(
            "replaced by a later login of the same user from 127.0.0.1, because account policy allows one session"
        ),
        "{}",
        life.answer
    );
}

#[tokio::test]
async fn it_is_found_by_reference_bearer_cookie_and_livevox_id() {
    let server = TestServer::start().await;
    let (cookie, _) = server.session().await;
    let session = server.stored_sessions().await.remove(0);
    let bearer = server.auth.tokens().bearer(session.id).to_string();
    let reference = of_action(&server, AuditAction::LoggedIn).await.remove(0).session.unwrap();
    let now = server.clock.now();
    let found = |pasted: &str| server.auth.pasted_session(pasted, now).map(|pasted| pasted.reference);
    let in_header = format!("Cookie: a=b; session_id={cookie}");
    let (with_scheme, around) = (format!("Bearer {bearer}"), format!("  {reference}\n"));
    for pasted in [cookie, in_header, bearer, with_scheme, reference.to_string(), around] {
        assert_eq!(found(&pasted), Some(reference), "{pasted}");
    }
    let livevox = livevox_session(&server, "name", "password").await;
    let reference = of_action(&server, AuditAction::LoggedIn).await.pop().unwrap().session;
    assert_eq!(found(&livevox), reference);
}

#[tokio::test]
async fn what_is_no_session_is_none() {
    let server = TestServer::start().await;
    for pasted in ["", "hello", &"0".repeat(64), "12345678"] {
        assert_eq!(server.auth.pasted_session(pasted, server.clock.now()), None);
    }
}

#[tokio::test]
async fn a_session_nobody_ever_had_is_unknown() {
    let server = TestServer::start().await;
    let life = why(&server, "5d2b7a30-5f0e-4b1c-9d51-3a2f4c6e8f00").await;
    assert_eq!(life.state, LifeState::Unknown);
}

/// The entry of something that somebody on the command line did, as of now.
fn done(server: &TestServer, by: &str, action: AuditAction, (kind, after): (TargetKind, &str)) -> Change {
    let operator = Actor::CommandLine { name: by.to_owned() };
    let user = &server.fixture.users[0];
    let record = AuditRecord {
        account: Some(user.account),
        user: (kind == TargetKind::User).then_some(user.id),
        target: Some(AuditTarget { kind, id: "1".into(), name: "it".into() }),
        after: Some(after.to_owned()),
        ..AuditRecord::new(server.clock.now(), action, operator, Means::CommandLine)
    };
    Change::Audit(record.into())
}

/// Enables or disables the user `name`.
async fn enable(server: &mut TestServer, enabled: bool, by: &str) {
    server.clock.advance(Duration::from_secs(1));
    let after = format!(r#"{{"enabled":{enabled}}}"#);
    let told = done(server, by, AuditAction::Changed, (TargetKind::User, &after));
    let user = server.fixture.user("name");
    user.enabled = enabled;
    let user = Box::new(user.clone());
    server.change(vec![Change::PutUser(user), told]).await;
}

#[tokio::test]
async fn a_change_after_the_end_is_not_blamed_for_it() {
    let mut server = TestServer::start().await;
    let (cookie, _) = server.session().await;
    enable(&mut server, false, "uid 1000").await;
    enable(&mut server, true, "uid 1001").await;
    enable(&mut server, false, "uid 1002").await;
    let answer = why(&server, &cookie).await.answer;
    assert!(answer.ends_with("(uid 1000)"), "{answer}");
}

#[tokio::test]
async fn of_two_changes_before_the_end_the_one_next_to_it_is_blamed() {
    let mut server = TestServer::start().await;
    enable(&mut server, false, "uid 1000").await;
    enable(&mut server, true, "uid 1001").await;
    let (cookie, _) = server.session().await;
    enable(&mut server, false, "uid 1002").await;
    let answer = why(&server, &cookie).await.answer;
    assert!(answer.ends_with("(uid 1002)"), "{answer}");
}

#[tokio::test]
async fn a_deletion_is_blamed_that_came_after_a_change_and_one_that_came_before_is_not() {
    let mut server = TestServer::start().await;
    let id = livevox_session(&server, "name", "password").await;
    let reference = server.auth.pasted_session(&id, server.clock.now()).unwrap().reference.to_string();
    let (account, token) =
        (server.fixture.account.id, server.fixture.application_tokens.first().map(|token| token.id).unwrap());
    let kind = TargetKind::ApplicationToken;
    let told = [
        done(&server, "uid 999", AuditAction::Deleted, (kind, "{}")),
        done(&server, "uid 1000", AuditAction::Changed, (kind, r#"{"token":"another"}"#)),
        done(&server, "uid 1001", AuditAction::Deleted, (kind, "{}")),
        Change::DeleteApplicationToken(account, token),
    ];
    server.change(told.to_vec()).await;
    let answer = why(&server, &reference).await.answer;
    assert!(answer.contains("uid 1001"), "{answer}");
    server.restart().await;
    let answer = why(&server, &reference).await.answer;
    assert!(answer.contains("uid 1001"), "{answer}");
}

#[tokio::test]
async fn a_user_who_was_disabled_is_told_with_who_did_it() {
    let mut server = TestServer::start().await;
    let (cookie, _) = server.session().await;
    let before = server.fixture.user("name").clone();
    let after = vestibule_model::User { enabled: false, ..before.clone() };
    let (was, is) = difference(Some(&before), Some(&after));
    let operator = Actor::CommandLine { name: "uid 1000".into() };
    let told = AuditRecord {
        account: Some(after.account),
        user: Some(after.id),
        target: Some(after.audit_target()),
        before: was,
        after: is,
        ..AuditRecord::new(server.clock.now(), AuditAction::Changed, operator, Means::CommandLine)
    };
    server.change(vec![Change::PutUser(after.into()), Change::Audit(told.into())]).await;
    let life = why(&server, &cookie).await;
    assert!(
        life.answer.ends_with("the user was disabled by somebody on the command line (uid 1000)"),
        "{}",
        life.answer
    );
}

/// Sessions end together, as before a start, and the audit tells of it once.
async fn end_all(server: &mut TestServer, action: AuditAction, sessions_ended: usize) {
    server.clock.advance(Duration::from_secs(1));
    server.auth.flush().await.unwrap();
    let actor = Actor::CommandLine { name: "uid 0".to_owned() };
    let record = AuditRecord {
        details: Some(format!(r#"{{"sessions_ended":{sessions_ended}}}"#)),
        ..AuditRecord::new(server.clock.now(), action, actor, Means::CommandLine)
    };
    let mut changes = vec![Change::Audit(record.into())];
    if sessions_ended > 0 {
        let sessions = server.stored_sessions().await;
        changes.extend(sessions.iter().map(|session| Change::EndSession(session.id)));
    }
    server.store.commit(changes).await.unwrap();
    server.restart().await;
}

#[tokio::test]
async fn the_first_end_of_all_sessions_after_the_opening_is_told_of_one_without_an_end_of_its_own() {
    for (action, told) in [
        (AuditAction::Restored, "by `vestibule restore` (uid 0)"),
        (
            AuditAction::SetBack,
            "by the start of the service, which found that the database may be an older copy",
        ),
    ] {
        let mut server = TestServer::start().await;
        end_all(&mut server, AuditAction::Restored, 5).await;
        let (cookie, _) = server.session().await;
        end_all(&mut server, AuditAction::Restored, 0).await;
        assert!(matches!(why(&server, &cookie).await.state, LifeState::Live { .. }));
        end_all(&mut server, action, 1).await;
        let at = time(server.clock.now());
        end_all(&mut server, AuditAction::Restored, 7).await;
        let life = why(&server, &cookie).await;
        assert_eq!((life.state, life.steps.len()), (LifeState::Gone, 2));
        assert_eq!(life.answer, format!("all sessions were ended {at} {told}"));
    }
}

#[tokio::test]
async fn a_session_with_an_end_of_its_own_did_not_end_with_all() {
    let mut server = TestServer::start().await;
    let (cookie, _) = server.session().await;
    server.session().await;
    end_all(&mut server, AuditAction::SetBack, 1).await;
    let life = why(&server, &cookie).await;
    assert!(life.answer.contains("replaced by a later login"), "{life:?}");
}
