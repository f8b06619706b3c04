//! "Why was I logged out?", from what somebody pastes.

use vestibule_auth::{Life, LifeState};
use vestibule_model::{AuditAction, Clock, EndReason, Millis};
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
    let session = server.store.sessions(None, 1).await.unwrap().remove(0);
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

#[tokio::test]
async fn a_user_who_was_disabled_is_told_with_who_did_it() {
    use vestibule_model::{Actor, AuditRecord, Audited, Means, difference};
    use vestibule_store::Change;

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
