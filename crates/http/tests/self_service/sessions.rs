//! The list, and ends.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{AuditAction, AuditReason, EndReason};
use vestibule_store::AuditQuery;
use vestibule_store::Change;
use vestibule_testkit::{Fault, TestServer};

use crate::{OWN, ask, list, liveperson, lives, livevox, reference, start, status};

/// Who ended the session that ended last, and why.
async fn last_end(server: &TestServer) -> (Value, Option<AuditReason>) {
    let action = Some(AuditAction::SessionEnded);
    let page = server.auth.audit(AuditQuery { action, limit: 1, ..AuditQuery::default() }).await.unwrap();
    let record = &page.entries[0].record;
    (serde_json::to_value(&record.actor).unwrap()["name"].clone(), record.reason)
}

#[tokio::test]
async fn the_session_that_is_shown_comes_first_then_the_newest() {
    let server = start().await;
    let held = liveperson(&server, "name", "password").await;
    server.clock.advance(Duration::from_secs(1));
    livevox(&server).await;
    server.clock.advance(Duration::from_secs(1));
    liveperson(&server, "name", "password").await;
    let listed = list(&server, &[("authorization", &held.bearer)]).await;
    let dialects: Vec<&Value> = listed.iter().map(|session| &session["dialect"]).collect();
    assert_eq!(dialects, ["liveperson", "liveperson", "livevox"]);
    let current: Vec<&Value> = listed.iter().map(|session| &session["current"]).collect();
    assert_eq!(current, [&json!(true), &json!(false), &json!(false)]);
    assert_eq!((&listed[0]["opening"], &listed[0]["address"]), (&json!("password"), &json!("127.0.0.1")));
}

#[tokio::test]
async fn sessions_of_others_are_not_listed_whatever_the_rank() {
    let server = start().await;
    let held = liveperson(&server, "name", "password").await;
    liveperson(&server, "other", "other-password").await;
    assert_eq!(list(&server, &[("authorization", &held.bearer)]).await.len(), 1);
}

#[tokio::test]
async fn the_list_holds_no_credential() {
    let server = start().await;
    let (held, id) = (liveperson(&server, "name", "password").await, livevox(&server).await);
    let answer = ask(&server, Method::GET, OWN, &[("authorization", &held.bearer)]).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let text = answer.text().await.unwrap();
    for secret in [&held.cookie["session_id=".len()..], &held.bearer["Bearer ".len()..], &held.csrf, &id] {
        assert!(!text.contains(secret));
    }
}

#[tokio::test]
async fn one_session_is_ended_by_its_reference() {
    let server = start().await;
    let held = liveperson(&server, "name", "password").await;
    let other = liveperson(&server, "name", "password").await;
    let path = format!("{OWN}/{}", reference(&server, &[("authorization", &other.bearer)]).await);
    let shown = [("authorization", held.bearer.as_str())];
    assert_eq!(status(&server, Method::DELETE, &path, &shown).await, 204);
    assert!(lives(&server, &held).await && !lives(&server, &other).await);
    assert_eq!(status(&server, Method::DELETE, &path, &shown).await, 404);
    assert_eq!(last_end(&server).await, (json!("name"), Some(AuditReason::Ended(EndReason::EndedByOwner))));
}

#[tokio::test]
async fn a_livevox_session_ends_one_of_the_other_dialect() {
    let server = start().await;
    let (id, other) = (livevox(&server).await, liveperson(&server, "name", "password").await);
    let path = format!("{OWN}/{}", reference(&server, &[("authorization", &other.bearer)]).await);
    assert_eq!(status(&server, Method::DELETE, &path, &[("lv-session", &id)]).await, 204);
    assert!(!lives(&server, &other).await);
}

#[tokio::test]
async fn ending_the_session_that_is_shown_logs_out() {
    let server = start().await;
    let held = liveperson(&server, "name", "password").await;
    let shown = [("authorization", held.bearer.as_str())];
    let path = format!("{OWN}/{}", reference(&server, &shown).await);
    assert_eq!(status(&server, Method::DELETE, &path, &shown).await, 204);
    assert!(!lives(&server, &held).await);
    assert_eq!(last_end(&server).await.1, Some(AuditReason::Ended(EndReason::LoggedOut)));
}

#[tokio::test]
async fn a_session_of_somebody_else_is_none() {
    let server = start().await;
    let held = liveperson(&server, "name", "password").await;
    let other = liveperson(&server, "other", "other-password").await;
    let theirs = reference(&server, &[("authorization", &other.bearer)]).await;
    let shown = [("authorization", held.bearer.as_str())];
    for name in [theirs.as_str(), "5d2b7a30-5f0e-4b1c-9d51-3a2f4c6e8f00", "1", "%FF"] {
        assert_eq!(status(&server, Method::DELETE, &format!("{OWN}/{name}"), &shown).await, 404, "{name}");
    }
    assert!(lives(&server, &other).await);
}

#[tokio::test]
async fn all_others_end_and_the_one_that_is_shown_stays() {
    let mut server = start().await;
    let held = liveperson(&server, "name", "password").await;
    let others =
        [liveperson(&server, "name", "password").await, liveperson(&server, "name", "password").await];
    let id = livevox(&server).await;
    let stranger = liveperson(&server, "other", "other-password").await;
    let shown = [("authorization", held.bearer.as_str())];
    let answer: Value = ask(&server, Method::DELETE, OWN, &shown).await.json().await.unwrap();
    assert_eq!(answer, json!({ "ended": 3 }));
    assert_eq!(status(&server, Method::GET, OWN, &[("lv-session", &id)]).await, 401);
    server.restart().await;
    for other in &others {
        assert!(!lives(&server, other).await);
    }
    assert!(lives(&server, &held).await && lives(&server, &stranger).await);
}

#[tokio::test]
async fn a_list_that_is_asked_for_while_sessions_are_read_has_all_of_them() {
    let mut server = start().await;
    let one = liveperson(&server, "name", "password").await;
    liveperson(&server, "name", "password").await;
    server.restart_unloaded().await;
    let server = std::sync::Arc::new(server);
    let asked = {
        let server = std::sync::Arc::clone(&server);
        tokio::spawn(async move {
            let asked = server.request(Method::GET, OWN).header("authorization", one.bearer);
            asked.send().await.unwrap().json::<Value>().await.unwrap()
        })
    };
    // Nothing here lets the answer come before the sessions are read; a request after it shows that this one was.
    for _ in 0..20 {
        assert_eq!(server.get("/nothing").await.status(), 404);
        assert!(!asked.is_finished());
    }
    server.auth.load().await;
    assert_eq!(asked.await.unwrap()["sessions"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn s3_f2_others_whose_end_the_store_does_not_take_stay_ended_and_the_held_one_lives_after_a_restart() {
    let mut server = start().await;
    let held = liveperson(&server, "name", "password").await;
    let other = liveperson(&server, "name", "password").await;
    server.faults.fail(Fault::commits_with(Change::ends_sessions));
    let shown = [("authorization", held.bearer.as_str())];
    assert_eq!(status(&server, Method::DELETE, OWN, &shown).await, 200);
    server.restart().await;
    assert_eq!([lives(&server, &held).await, lives(&server, &other).await], [true, false]);
}
