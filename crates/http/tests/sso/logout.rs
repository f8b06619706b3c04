//! Logouts that identity providers ask for and that are refused: limited, and told in the audit.

use reqwest::Response;
use serde_json::json;
use vestibule_auth::FailureLimit;
use vestibule_testkit::identity_provider::{oidc_connection, saml_connection};
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::browser::{Browser, logout_request, saml};
use crate::provider::logout_token;
use crate::support::{bearer, check, id_token, log_in, log_in_by_id_token, reason_of, response, server};

const TOKENS: &str = "/sso/oidc/12345678/op/backchannel-logout";

/// A server that takes two failures from an address, and one more each minute.
async fn strict_server() -> TestServer {
    TestServer::start_with(|fixture, settings| {
        fixture.connections = vec![saml_connection(), oidc_connection()];
        settings.failures = FailureLimit { per_minute: 1, burst: 2 };
    })
    .await
}

fn refusal(answer: &Response) -> String {
    answer.headers()["x-vestibule-refusal"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_refused_logout_token_is_found_by_the_id_that_is_answered() {
    let server = server().await;
    let answer = Browser::new(&server).post(TOKENS, &[("logout_token", "x")]).await;
    assert_eq!(answer.status(), 400);
    let (reason, details) = reason_of(&server, &refusal(&answer)).await;
    assert_eq!(
        (&*reason, &details["connection"], &details["check"]),
        ("assertion-refused", &"op".into(), &"logout".into())
    );
    assert!(details["why"].is_string() && details["fix"].is_string(), "{details}");
}

#[tokio::test]
async fn a_refused_logout_request_is_found_by_the_id_that_is_answered() {
    let server = server().await;
    let mut browser = Browser::new(&server);
    let logout = logout_request(&server, "_l1", "session-1");
    let form = [("SAMLRequest", &*logout)];
    assert_ne!(browser.post(&saml("logout"), &form).await.status(), 400);
    let again = browser.post(&saml("logout"), &form).await;
    let unread = browser.post(&saml("logout"), &[("SAMLRequest", "AAAA")]).await;
    assert_eq!(reason_of(&server, &refusal(&again)).await.0, "already-used");
    assert_eq!(reason_of(&server, &refusal(&unread)).await.0, "assertion-refused");
}

#[tokio::test]
async fn l7_refused_logouts_are_limited_and_keep_nobody_from_logging_in() {
    for (path, field) in [(TOKENS, "logout_token"), (&*saml("logout"), "SAMLRequest")] {
        let server = strict_server().await;
        let mut browser = Browser::new(&server);
        for _ in 0..2 {
            assert_eq!(browser.post(path, &[(field, "AAAA")]).await.status(), 400, "{path}");
        }
        let limited = browser.post(path, &[(field, "AAAA")]).await;
        assert_eq!(limited.status(), 429, "{path}");
        assert!(limited.headers().contains_key("retry-after"), "{path}");
        assert_eq!(server.log_in("name", "password").await.status(), 200, "{path}");
        assert!(path.contains(ACCOUNT));
    }
}

#[tokio::test]
async fn l7_a_flood_of_refused_logouts_keeps_none_away_that_is_rightly_signed() {
    let server = strict_server().await;
    let by_saml = bearer(log_in(&server, &response(&server, "_1")).await).await;
    let id_token = id_token(&server, "n");
    assert_eq!(log_in_by_id_token(&server, &id_token).await.status(), 200);
    let mut browser = Browser::new(&server);
    for _ in 0..5 {
        browser.post(&saml("logout"), &[("SAMLRequest", "AAAA")]).await;
    }
    assert_eq!(browser.post(TOKENS, &[("logout_token", "x")]).await.status(), 429);
    let logout = logout_request(&server, "_l1", "session-1");
    let taken = browser.post(&saml("logout"), &[("SAMLRequest", &*logout)]).await;
    assert!(taken.status().is_success(), "{}", taken.status());
    assert_eq!(check(&server, &by_saml).await, 401);
    let of_provider = logout_token(&server, &json!({}));
    assert_eq!(browser.post(TOKENS, &[("logout_token", &*of_provider)]).await.status(), 200);
    assert!(server.stored_sessions().await.is_empty());
    let again = browser.post(&saml("logout"), &[("SAMLRequest", &*logout)]).await;
    assert_eq!(again.status(), 429, "what was taken before is one of those that are refused");
}

#[tokio::test]
async fn logouts_that_are_taken_cost_the_address_nothing() {
    let server = strict_server().await;
    let mut browser = Browser::new(&server);
    for id in ["_1", "_2", "_3", "_4"] {
        let logout = logout_request(&server, id, "session-1");
        assert_ne!(browser.post(&saml("logout"), &[("SAMLRequest", &*logout)]).await.status(), 429, "{id}");
    }
}
