//! Logging in by an ID token at LiveVox (contract livevox §7), and by a name and password that the provider is asked about.

use std::sync::Arc;

use serde_json::{Value, json};
use vestibule_auth::SharedOutgoing;
use vestibule_model::{AuthenticationMethod, Connection, Dialect, Protocol, SignOn};
use vestibule_testkit::identity_provider::{self as idp, ISSUER, claims, oidc_connection};
use vestibule_testkit::{OTHER_TOKEN, ScriptedProvider, TOKEN, TestServer};

use crate::support::{
    change_connection, id_token, livevox, log_in_by_id_token, now, reason_of, server, server_with, told,
};

async fn why(server: &TestServer, token: &str) -> (String, Value) {
    let (status, body, id) = told(log_in_by_id_token(server, token).await).await;
    assert_eq!((status, &*body), (401, r#"{"code":401,"message":"Authorization error"}"#));
    reason_of(server, &id.expect("the refusal has an id")).await
}

async fn session_id(answer: reqwest::Response) -> String {
    let (status, body, _) = told(answer).await;
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    body["sessionId"].as_str().unwrap().to_owned()
}

async fn validate(server: &TestServer, session: &str) -> u16 {
    server.get(&format!("/session/validate/{session}")).await.status().as_u16()
}

/// A server that asks the provider which is given too; the connection is changed first.
async fn with_provider(change: impl FnOnce(&mut Connection)) -> (TestServer, Arc<ScriptedProvider>) {
    let provider = Arc::new(ScriptedProvider::default());
    let outgoing: Arc<dyn vestibule_auth::Outgoing> = Arc::<ScriptedProvider>::clone(&provider);
    let mut connection = oidc_connection();
    change(&mut connection);
    let server = TestServer::start_with(|fixture, settings| {
        fixture.connections = vec![connection];
        settings.outgoing = SharedOutgoing(outgoing);
    })
    .await;
    (server, provider)
}

fn with_password_grant(connection: &mut Connection) {
    if let Protocol::Oidc(oidc) = &mut connection.protocol {
        oidc.password_grant = true;
    }
}

#[tokio::test]
async fn a_token_logs_in_and_nothing_is_told_of_a_password() {
    let server = server_with(|fixture| fixture.account.password_policy.expiry_days = 90).await;
    let answer = log_in_by_id_token(&server, &id_token(&server, "1")).await;
    let body: Value = answer.json().await.unwrap();
    assert!(body.get("daysUntilPasswordExpires").is_none(), "{body}");
    assert_eq!(validate(&server, body["sessionId"].as_str().unwrap()).await, 204);
    let session = server.stored_sessions().await.pop().unwrap();
    assert_eq!((session.method, session.dialect), (AuthenticationMethod::Oidc, Dialect::LiveVox));
}

#[tokio::test]
async fn where_passwords_are_refused_a_token_logs_in() {
    let server = server_with(|fixture| fixture.account.sign_on = SignOn::SsoOnly).await;
    session_id(log_in_by_id_token(&server, &id_token(&server, "1")).await).await;
}

#[tokio::test]
async fn the_path_may_have_a_version() {
    let server = server().await;
    let body = json!({ "clientName": "TEST", "agent": "false", "idToken": id_token(&server, "1") });
    let request = server.request(reqwest::Method::POST, "/session/v6.0/login/sso").header("LV-Access", TOKEN);
    session_id(request.json(&body).send().await.unwrap()).await;
}

#[tokio::test]
async fn a_session_that_was_opened_by_password_is_not_given_to_who_shows_a_token() {
    let server = server().await;
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request = server.request(reqwest::Method::POST, "/session/login").header("LV-Access", TOKEN);
    let by_password = session_id(request.json(&body).send().await.unwrap()).await;
    let by_token = session_id(log_in_by_id_token(&server, &id_token(&server, "1")).await).await;
    assert_ne!(by_password, by_token);
    let again = session_id(log_in_by_id_token(&server, &id_token(&server, "2")).await).await;
    assert_eq!(by_token, again);
}

#[tokio::test]
async fn x9_a_token_is_taken_once_also_where_the_session_that_lives_is_given() {
    let server = server().await;
    let token = id_token(&server, "1");
    session_id(log_in_by_id_token(&server, &token).await).await;
    assert_eq!(why(&server, &token).await.0, "already-used");
}

#[tokio::test]
async fn an_application_token_is_wanted_that_is_the_accounts() {
    let server = server().await;
    let body = json!({ "clientName": "TEST", "idToken": id_token(&server, "1") });
    for header in [None, Some("nobodys")] {
        let mut request = server.request(reqwest::Method::POST, "/session/login/sso");
        if let Some(token) = header {
            request = request.header("LV-Access", token);
        }
        assert_eq!(request.json(&body).send().await.unwrap().status(), 401);
    }
    let request =
        server.request(reqwest::Method::POST, "/session/login/sso").header("LV-Access", OTHER_TOKEN);
    session_id(request.json(&body).send().await.unwrap()).await;
}

#[tokio::test]
async fn x9_a_token_for_another_client_or_issuer_is_refused() {
    let server = server().await;
    for (claim, value) in [("aud", "another"), ("iss", "https://evil.example")] {
        let mut claims = claims("1", "name", now(&server));
        claims[claim] = value.into();
        assert_eq!(why(&server, &idp::id_token(&claims)).await.0, "no-connection", "{claim}");
    }
    // One of several audiences is ours: the connection is found, and the token was given to somebody else.
    for given_to in [Value::Null, "another".into()] {
        let mut claims = claims("1", "name", now(&server));
        (claims["aud"], claims["azp"]) = (json!([idp::CLIENT, "another"]), given_to);
        assert_eq!(why(&server, &idp::id_token(&claims)).await.1["check"], "audience", "{claims}");
    }
}

#[tokio::test]
async fn x9_a_token_by_another_key_or_algorithm_is_refused() {
    let server = server().await;
    let claims = claims("1", "name", now(&server));
    let header = json!({ "alg": "RS256", "kid": "rsa-1" });
    let by_other = vestibule_oidc::testing::token_by(&vestibule_oidc::testing::OTHER, &header, &claims);
    assert_eq!(why(&server, &by_other).await.1["check"], "signature");
    let none = json!({ "alg": "none" });
    let unsigned = vestibule_oidc::testing::token_by(&vestibule_oidc::testing::RSA, &none, &claims);
    assert_eq!(why(&server, &unsigned).await.1["check"], "algorithm");
}

#[tokio::test]
async fn x9_a_token_that_has_ended_is_refused_and_the_clocks_are_named() {
    let server = server().await;
    let token = id_token(&server, "1");
    server.clock.advance(std::time::Duration::from_mins(10));
    let (_, details) = why(&server, &token).await;
    assert_eq!(details["check"], "time");
    assert!(details["fix"].as_str().unwrap().contains("NTP"));
}

#[tokio::test]
async fn a_connection_is_of_users_or_of_agents() {
    let server = server().await;
    let body = json!({ "clientName": "TEST", "agent": true, "idToken": id_token(&server, "1") });
    let (status, _, id) = told(livevox(&server, &body).await).await;
    assert_eq!((status, reason_of(&server, &id.unwrap()).await.0), (401, "no-connection".to_owned()));
}

#[tokio::test]
async fn x5_a_connection_that_is_disabled_ends_what_was_opened_with_an_application_token_too() {
    let server = server().await;
    let session = session_id(log_in_by_id_token(&server, &id_token(&server, "1")).await).await;
    change_connection(&server, Connection { enabled: false, ..oidc_connection() }).await;
    assert_eq!(validate(&server, &session).await, 404);
}

#[tokio::test]
async fn x5_a_connection_that_is_disabled_takes_no_token() {
    let server = server().await;
    change_connection(&server, Connection { enabled: false, ..oidc_connection() }).await;
    assert_eq!(why(&server, &id_token(&server, "1")).await.0, "no-connection");
    assert!(server.stored_sessions().await.is_empty());
    change_connection(&server, oidc_connection()).await;
    session_id(log_in_by_id_token(&server, &id_token(&server, "1")).await).await;
}

fn with_old_keys(connection: &mut Connection) {
    if let Protocol::Oidc(oidc) = &mut connection.protocol {
        let other = vestibule_oidc::testing::rsa_jwk(&vestibule_oidc::testing::OTHER, "old");
        oidc.jwks = json!({ "keys": [other] }).to_string();
    }
}

#[tokio::test]
async fn keys_that_were_read_a_moment_ago_count_after_a_change_of_the_connection() {
    let (server, provider) = with_provider(with_old_keys).await;
    provider.answer(&format!("{ISSUER}/jwks"), 200, &idp::jwks());
    session_id(log_in_by_id_token(&server, &id_token(&server, "1")).await).await;
    let mut changed = oidc_connection();
    with_old_keys(&mut changed);
    change_connection(&server, Connection { display_name: "Other".into(), ..changed }).await;
    session_id(log_in_by_id_token(&server, &id_token(&server, "2")).await).await;
    assert_eq!(provider.asked().len(), 1, "asked again within a minute");
}

#[tokio::test]
async fn x9_keys_that_were_read_do_not_outlive_those_that_the_connection_is_given() {
    let (server, provider) = with_provider(with_old_keys).await;
    provider.answer(&format!("{ISSUER}/jwks"), 200, &idp::jwks());
    session_id(log_in_by_id_token(&server, &id_token(&server, "1")).await).await;
    let mut changed = oidc_connection();
    if let Protocol::Oidc(oidc) = &mut changed.protocol {
        let newest = vestibule_oidc::testing::rsa_jwk(&vestibule_oidc::testing::OTHER, "newest");
        oidc.jwks = json!({ "keys": [newest] }).to_string();
    }
    change_connection(&server, changed).await;
    assert_eq!(why(&server, &id_token(&server, "2")).await.1["check"], "signature");
}

#[tokio::test]
async fn keys_that_the_provider_has_changed_are_read_once_a_minute_at_most() {
    let (server, provider) = with_provider(with_old_keys).await;
    assert_eq!(why(&server, &id_token(&server, "1")).await.1["check"], "signature");
    provider.answer(&format!("{ISSUER}/jwks"), 200, &idp::jwks());
    assert_eq!(why(&server, &id_token(&server, "2")).await.1["check"], "signature");
    assert_eq!(provider.asked().len(), 1, "asked again within a minute");
    server.clock.advance(std::time::Duration::from_secs(61));
    session_id(log_in_by_id_token(&server, &id_token(&server, "3")).await).await;
    session_id(log_in_by_id_token(&server, &id_token(&server, "4")).await).await;
    assert_eq!(provider.asked().len(), 2);
}

#[tokio::test]
async fn a_name_and_password_are_given_to_the_provider_where_the_connection_allows_it() {
    let (server, provider) = with_provider(with_password_grant).await;
    let token = id_token(&server, "1");
    provider.answer(&format!("{ISSUER}/token"), 200, &json!({ "id_token": token }).to_string());
    let body = json!({ "clientName": "TEST", "userName": "there", "password": "s3cret&" });
    session_id(livevox(&server, &body).await).await;
    let form = provider.asked()[0].2.clone().unwrap();
    assert!(form.contains("grant_type=password") && form.contains("username=there"), "{form}");
    assert!(form.contains("password=s3cret%26"), "{form}");
}

#[tokio::test]
async fn a_password_that_the_provider_refuses_is_refused_and_the_audit_has_its_words() {
    let (server, provider) = with_provider(with_password_grant).await;
    let refusal = json!({ "error": "invalid_grant", "error_description": "wrong" }).to_string();
    provider.answer(&format!("{ISSUER}/token"), 400, &refusal);
    let body = json!({ "clientName": "TEST", "userName": "there", "password": "x" });
    let (status, _, id) = told(livevox(&server, &body).await).await;
    let (reason, details) = reason_of(&server, &id.unwrap()).await;
    assert_eq!((status, &*reason), (401, "provider-failed"));
    assert!(details["why"].as_str().unwrap().contains("invalid_grant"), "{details}");
}

#[tokio::test]
async fn a_provider_that_is_down_is_503_and_costs_the_address_nothing() {
    let (server, provider) = with_provider(with_password_grant).await;
    let body = json!({ "clientName": "TEST", "userName": "there", "password": "x" });
    for (status, text) in [(0, ""), (502, "<html>"), (503, r#"{"error":"temporarily_unavailable"}"#)] {
        if status != 0 {
            provider.answer(&format!("{ISSUER}/token"), status, text);
        }
        for _ in 0..40 {
            let answer = livevox(&server, &body).await;
            assert!(answer.headers().contains_key("retry-after"));
            let (status, _, id) = told(answer).await;
            assert_eq!(status, 503);
            assert_eq!(reason_of(&server, &id.unwrap()).await.0, "provider-failed");
        }
    }
}

#[tokio::test]
async fn a_password_is_given_to_no_provider_whose_connection_does_not_allow_it() {
    let (server, provider) = with_provider(|_| {}).await;
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let (status, _, id) = told(livevox(&server, &body).await).await;
    assert_eq!((status, reason_of(&server, &id.unwrap()).await.0), (401, "no-connection".to_owned()));
    assert!(provider.asked().is_empty());
}

#[tokio::test]
async fn a_body_without_anything_to_show_is_400() {
    let server = server().await;
    for body in [json!({ "clientName": "TEST" }), json!({ "clientName": "TEST", "userName": "x" })] {
        assert_eq!(livevox(&server, &body).await.status(), 400);
    }
}
