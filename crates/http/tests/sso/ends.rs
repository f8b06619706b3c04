//! Ends of the sessions of a connection and of a login: when the identity provider wants it, and by a store that fails meanwhile.

use std::time::Duration;

use reqwest::Response;
use serde_json::json;
use vestibule_model::{Connection, SignOn};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::{self as idp, made, saml_connection};
use vestibule_testkit::{ACCOUNT, Fault, TestServer};

use crate::browser::{Browser, asked, logout_request, logout_request_of, saml};
use crate::provider::logout_token;
use crate::support::{
    answering, bearer, change_connection, check, log_in, log_in_by_id_token, now, reason_of, response,
    server, strict_server,
};

/// A server with a session of a connection, and its bearer.
async fn with_session() -> (TestServer, String) {
    let server = server().await;
    let bearer = bearer(log_in(&server, &response(&server, "_1")).await).await;
    (server, bearer)
}

#[tokio::test]
async fn a_logout_whose_ends_are_not_stored_is_not_taken_and_may_be_sent_again() {
    let (server, bearer) = with_session().await;
    let logout = logout_request(&server, "_l1", "session-1");
    let mut provider = Browser::new(&server);
    server.faults.fail(Fault::commits_with(Change::ends_sessions));
    let failed = provider.post(&saml("logout"), &[("SAMLRequest", &*logout)]).await;
    assert!(failed.status().is_server_error(), "{}", failed.status());
    server.faults.heal();
    let taken = provider.post(&saml("logout"), &[("SAMLRequest", &*logout)]).await;
    assert!(!taken.status().is_client_error() && !taken.status().is_server_error(), "{}", taken.status());
    assert_eq!(check(&server, &bearer).await, 401);
    assert!(server.stored_sessions().await.is_empty());
}

/// The status of a logout of the login that [`response`] is of.
async fn log_out(server: &TestServer) -> u16 {
    let logout = logout_request(server, "_l1", "session-1");
    Browser::new(server).post(&saml("logout"), &[("SAMLRequest", &*logout)]).await.status().as_u16()
}

#[tokio::test]
async fn s6_a_login_that_is_in_the_store_alone_is_met_by_a_logout_and_leaves_no_session() {
    let server = server().await;
    let gate = server.faults.hold(|change| matches!(change, Change::OpenSession(_)));
    let overtake = async {
        gate.reached().await;
        assert_eq!(log_out(&server).await, 200);
        gate.open();
    };
    let document = response(&server, "_1");
    let (login, ()) = tokio::join!(log_in(&server, &document), overtake);
    assert_ne!(login.status(), 200);
    assert_eq!(server.auth.session_count(), 0);
    assert!(server.stored_sessions().await.is_empty());
}

/// A login that is stored while a logout of its session at the provider is taken; and how both are answered.
async fn log_in_while_a_logout_is_taken(server: &TestServer) -> (Response, u16) {
    let opening = server.faults.delay(|change| matches!(change, Change::OpenSession(_)));
    let using_up = server.faults.delay(|change| matches!(change, Change::ConsumeOnce { .. }));
    let document = response(server, "_1");
    let logging_in = async {
        let answer = log_in(server, &document).await;
        using_up.open();
        answer
    };
    let logging_out = async {
        opening.reached().await;
        let in_the_end = async {
            using_up.reached().await;
            opening.open();
        };
        tokio::join!(log_out(server), in_the_end).0
    };
    tokio::join!(logging_in, logging_out)
}

#[tokio::test]
async fn s6_a_login_that_waits_to_be_stored_while_a_logout_looks_is_ended_by_it() {
    let server = server().await;
    let (logged_in, logged_out) = log_in_while_a_logout_is_taken(&server).await;
    assert_eq!((logged_in.status().as_u16(), logged_out), (200, 200));
    assert!(server.stored_sessions().await.is_empty());
    assert_eq!(server.auth.session_count(), 0);
}

#[tokio::test]
async fn s6_what_a_logout_cannot_look_for_any_more_is_looked_for_until_the_store_tells() {
    let server = server().await;
    server.faults.fail(Fault::reads_by("federated_sessions").sparing(1).times(2));
    let (logged_in, logged_out) = log_in_while_a_logout_is_taken(&server).await;
    assert_eq!((logged_in.status().as_u16(), logged_out), (200, 503));
    server.clock.advance(Duration::from_secs(1));
    let since = bearer(log_in(&server, &response(&server, "_2")).await).await;
    let logged_in = bearer(logged_in).await;
    assert!(server.auth.flush().await.is_err(), "the store does not tell yet");
    server.auth.flush().await.unwrap();
    assert_eq!(check(&server, &logged_in).await, 401);
    assert_eq!(check(&server, &since).await, 200, "it came later");
}

#[tokio::test]
async fn a_logout_that_cannot_look_for_those_that_came_meanwhile_may_be_sent_again_and_ends_them() {
    let (server, first) = with_session().await;
    let gate = server.faults.delay(|change| matches!(change, Change::EndSessions(_)));
    server.faults.fail(Fault::reads_by("federated_sessions").sparing(1).times(1));
    let come_meanwhile = async {
        gate.reached().await;
        let second = bearer(log_in(&server, &response(&server, "_2")).await).await;
        gate.open();
        second
    };
    let (failed, second) = tokio::join!(log_out(&server), come_meanwhile);
    assert_eq!(failed, 503);
    assert_eq!(log_out(&server).await, 200, "what may be sent again is taken");
    assert_eq!((check(&server, &first).await, check(&server, &second).await), (401, 401));
    assert!(server.stored_sessions().await.is_empty());
}

#[tokio::test]
async fn f2_a_logout_is_used_up_when_all_it_ends_is_stored() {
    let (mut server, bearer) = with_session().await;
    server.faults.fail(Fault::commits_with(|change| matches!(change, Change::ConsumeOnce { .. })));
    assert_eq!(log_out(&server).await, 503);
    assert!(server.stored_sessions().await.is_empty());
    server.faults.heal();
    server.restart().await;
    assert_eq!(log_out(&server).await, 200);
    assert_eq!(log_out(&server).await, 400, "it counts once");
    assert_eq!(check(&server, &bearer).await, 401);
}

#[tokio::test]
async fn x4_a_logout_that_is_shown_again_ends_no_session_that_was_opened_since() {
    let (server, _) = with_session().await;
    assert_eq!(log_out(&server).await, 200);
    server.clock.advance(Duration::from_millis(1));
    let since = bearer(log_in(&server, &response(&server, "_2")).await).await;
    assert_eq!(log_out(&server).await, 400);
    assert_eq!(check(&server, &since).await, 200);
}

/// The status of a logout that names no session.
async fn log_out_everywhere(server: &TestServer) -> u16 {
    let logout = logout_request_of(server, "_l2", "");
    Browser::new(server).post(&saml("logout"), &[("SAMLRequest", &*logout)]).await.status().as_u16()
}

/// The status of a logout of the login that ID tokens of `claims` are of.
async fn log_out_by_token(server: &TestServer) -> u16 {
    let logout = logout_token(server, &json!({}));
    let path = format!("/sso/oidc/{ACCOUNT}/{}/backchannel-logout", idp::OIDC);
    Browser::new(server).post(&path, &[("logout_token", &*logout)]).await.status().as_u16()
}

/// A response of now for this address here, of this session there.
fn response_of(server: &TestServer, id: &str, address: &str, session: &str) -> String {
    let mut made = made(id, "name", now(server));
    made.confirmation = made.confirmation.replace(&idp::saml_url(idp::SAML, "acs"), address);
    made.statements = made.statements.replace("session-1", session);
    idp::response(&made)
}

/// Whether it was refused because of a logout, and nothing is there now.
async fn assert_logged_out(server: &TestServer, answer: &Response) {
    assert!(answer.status().is_client_error(), "{}", answer.status());
    let id = answer.headers()["x-vestibule-refusal"].to_str().unwrap();
    let (reason, details) = reason_of(server, id).await;
    assert_eq!((&*reason, &details["check"]), ("assertion-refused", &"logout".into()), "{details}");
    assert_eq!(details["why"], "the identity provider has logged this login out since it was issued");
    assert!(server.stored_sessions().await.is_empty());
    assert_eq!(server.auth.session_count(), 0);
}

#[tokio::test]
async fn x4_an_assertion_from_before_a_logout_opens_nothing_at_the_login_api() {
    let server = server().await;
    let held_back = response(&server, "_1");
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(log_out(&server).await, 200);
    assert_logged_out(&server, &log_in(&server, &held_back).await).await;
}

#[tokio::test]
async fn x4_an_assertion_of_the_instant_of_a_logout_opens_nothing() {
    let server = server().await;
    assert_eq!(log_out(&server).await, 200);
    assert_logged_out(&server, &log_in(&server, &response(&server, "_1")).await).await;
}

#[tokio::test]
async fn x4_an_assertion_from_before_a_logout_opens_nothing_in_a_browser() {
    let server = server().await;
    let callback = format!("/login/callback?connection=SAML-{ACCOUNT}-{}", idp::SAML);
    for (id, path, address) in [
        ("_1", saml("acs"), idp::saml_url(idp::SAML, "acs")),
        ("_2", callback.clone(), format!("https://vestibule.example.net{callback}")),
    ] {
        let held_back = response_of(&server, id, &address, "session-1");
        server.clock.advance(Duration::from_secs(1));
        let logout = logout_request(&server, &format!("{id}l"), "session-1");
        let mut browser = Browser::new(&server);
        assert_eq!(browser.post(&saml("logout"), &[("SAMLRequest", &*logout)]).await.status(), 200);
        assert_logged_out(&server, &browser.post(&path, &[("SAMLResponse", &*held_back)]).await).await;
        assert!(!browser.keeps("session_id"), "{path}");
    }
}

#[tokio::test]
async fn x9_an_id_token_from_before_a_logout_opens_nothing() {
    let server = server().await;
    let held_back = idp::id_token(&idp::claims("1", "name", now(&server)));
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(log_out_by_token(&server).await, 200);
    assert_logged_out(&server, &log_in_by_id_token(&server, &held_back).await).await;
    server.clock.advance(Duration::from_secs(1));
    let since = idp::id_token(&idp::claims("2", "name", now(&server)));
    assert_eq!(log_in_by_id_token(&server, &since).await.status(), 200, "it was issued since");
}

#[tokio::test]
async fn x4_an_assertion_of_another_session_than_was_logged_out_opens_one() {
    let server = server().await;
    let acs = idp::saml_url(idp::SAML, "acs");
    let (one, other) =
        (response_of(&server, "_1", &acs, "session-1"), response_of(&server, "_2", &acs, "session-2"));
    assert_eq!(log_out(&server).await, 200);
    assert_logged_out(&server, &log_in(&server, &one).await).await;
    assert_eq!(log_in(&server, &other).await.status(), 200);
}

#[tokio::test]
async fn x4_a_logout_of_somebody_refuses_what_was_issued_before_of_every_session() {
    let server = server().await;
    let acs = idp::saml_url(idp::SAML, "acs");
    let held_back =
        [response_of(&server, "_1", &acs, "session-1"), response_of(&server, "_2", &acs, "session-2")];
    assert_eq!(log_out_everywhere(&server).await, 200);
    for document in held_back {
        assert_logged_out(&server, &log_in(&server, &document).await).await;
    }
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(log_in(&server, &response(&server, "_3")).await.status(), 200, "it was issued since");
}

#[tokio::test]
async fn x4_a_session_that_lives_is_not_given_for_an_assertion_from_before_a_logout() {
    let server = server().await;
    let held_back = response(&server, "_1");
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(log_out(&server).await, 200);
    server.clock.advance(Duration::from_secs(1));
    let since = bearer(log_in(&server, &response(&server, "_2")).await).await;
    assert_eq!(log_in(&server, &held_back).await.status(), 401);
    assert_eq!(check(&server, &since).await, 200);
    assert_eq!(server.stored_sessions().await.len(), 1);
}

#[tokio::test]
async fn x4_a_logout_is_known_after_a_restart() {
    let mut server = server().await;
    let held_back = response(&server, "_1");
    assert_eq!(log_out(&server).await, 200);
    server.restart().await;
    assert_logged_out(&server, &log_in(&server, &held_back).await).await;
}

#[tokio::test]
async fn x9_a_logout_is_known_for_longer_than_its_message_counts() {
    let server = server().await;
    let mut held_back = idp::claims("1", "name", now(&server));
    held_back["exp"] = (now(&server).as_unix() / 1_000 + 7 * 24 * 3600).into();
    assert_eq!(log_out_by_token(&server).await, 200);
    server.clock.advance(Duration::from_hours(6 * 24));
    server.auth.remove_expired().await.unwrap();
    assert_logged_out(&server, &log_in_by_id_token(&server, &idp::id_token(&held_back)).await).await;
}

#[tokio::test]
async fn a_logout_that_is_shown_twice_at_the_same_moment_is_taken_both_times() {
    let (server, bearer) = with_session().await;
    let gate = server.faults.delay(Change::ends_sessions);
    let open = async {
        gate.reached().await;
        gate.reached().await;
        gate.open();
    };
    let (one, other, ()) = tokio::join!(log_out(&server), log_out(&server), open);
    assert_eq!((one, other), (200, 200));
    assert_eq!(check(&server, &bearer).await, 401);
}

#[tokio::test]
async fn x5_a_connection_that_is_disabled_while_somebody_is_at_the_identity_provider_logs_nobody_in() {
    let server = strict_server().await;
    let mut browser = Browser::new(&server);
    let (request, relay_state) = asked(&browser.get(&saml("login")).await);
    change_connection(&server, Connection { enabled: false, ..saml_connection() }).await;
    let document = answering(&server, "_1", &request);
    let form = [("SAMLResponse", &*document), ("RelayState", &*relay_state)];
    let kept = browser.cookies.clone();
    let refused = browser.post(&saml("acs"), &form).await;
    let (reason, details) =
        reason_of(&server, refused.headers()["x-vestibule-refusal"].to_str().unwrap()).await;
    assert_eq!(
        (refused.status().as_u16(), &*reason, &details["connection"]),
        (403, "no-connection", &json!(idp::SAML))
    );
    assert!(server.stored_sessions().await.is_empty());
    // The attempt itself was a good one.
    browser.cookies = kept;
    change_connection(&server, saml_connection()).await;
    assert_eq!(browser.post(&saml("acs"), &form).await.status(), 303);
}

/// Disables the connection in a state of the account that is read as a whole.
async fn disable_unseen(server: &TestServer) {
    let account = ACCOUNT.parse().unwrap();
    let disabled = Connection { enabled: false, ..saml_connection() };
    let changes = vec![Change::PutConnection(account, disabled.into())];
    server.store.commit(changes).await.unwrap();
    server.store.commit(vec![Change::TrimChanges { keep: 0, limit: u64::MAX }]).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_not_told_when_it_is_disabled_is_looked_at_when_the_store_tells_again() {
    let (server, bearer) = with_session().await;
    disable_unseen(&server).await;
    server.faults.fail(Fault::reads_by("federated_connections"));
    assert!(server.auth.follow().await.is_err());
    server.faults.heal();
    // Nothing else of the directory moves.
    server.auth.follow().await.unwrap();
    assert_eq!(check(&server, &bearer).await, 401);
}

#[tokio::test]
async fn a_connection_that_stays_enabled_keeps_its_sessions_when_the_account_is_read_anew() {
    let (server, bearer) = with_session().await;
    let account = vestibule_model::Account { sign_on: SignOn::SsoOnly, ..server.fixture.account.clone() };
    server.store.commit(vec![Change::PutAccount(account.into())]).await.unwrap();
    server.store.commit(vec![Change::TrimChanges { keep: 0, limit: u64::MAX }]).await.unwrap();
    server.auth.follow().await.unwrap();
    assert_eq!(check(&server, &bearer).await, 200);
}

#[tokio::test]
async fn a_session_ends_when_the_identity_provider_wants_it_to() {
    let server = server().await;
    let mut made = made("_1", "name", now(&server));
    let ends = now(&server).plus(Duration::from_mins(10));
    let at = jiff::Timestamp::from_millisecond(ends.as_unix()).unwrap();
    made.statements =
        made.statements.replace(" SessionIndex=", &format!(r#" SessionNotOnOrAfter="{at}" SessionIndex="#));
    let bearer = bearer(log_in(&server, &idp::response(&made)).await).await;
    let session = server.stored_sessions().await.pop().unwrap();
    assert_eq!(session.absolute_end, Some(ends.plus(saml_connection().clock_skew)));
    server.clock.advance(Duration::from_mins(11));
    assert_eq!(check(&server, &bearer).await, 401);
}
