//! `POST …/app/token`: tokens for clients in their own name.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{AccountState, GrantType};
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::support::{CLIENT, SECRET, body, error, key_set, path, post, send, start, start_with, verified};

const FORM: [(&str, &str); 3] =
    [("grant_type", "client_credentials"), ("client_id", CLIENT), ("client_secret", SECRET)];

fn with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut form: Vec<_> = FORM.into_iter().filter(|(known, _)| *known != name).collect();
    form.push((name, value));
    form
}

/// The claims of a token that the key set verifies.
async fn claims(server: &TestServer, form: &[(&str, &str)]) -> Value {
    let answer = body(post(server, &path("app/token?v=1.0"), form).await, 200).await;
    let keys = key_set(server, "/sentinel/well-known/jwks").await;
    verified(answer["access_token"].as_str().unwrap(), &keys).expect("a key of the set verifies it").1
}

#[tokio::test]
async fn a_client_is_given_a_signed_token_that_says_what_the_contract_says() {
    let server = start().await;
    let answer = body(post(&server, &path("app/token?v=1.0"), &FORM).await, 200).await;
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    let keys = key_set(&server, "/sentinel/well-known/jwks").await;
    let (header, claims) = verified(answer["access_token"].as_str().unwrap(), &keys).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("JWT")));
    let iat = claims["iat"].as_i64().unwrap();
    let expected = json!({
        "aud": ACCOUNT, "azp": CLIENT, "sub": "2", "scope": "faas.lambda.invoke reports", "iss": "Sentinel",
        "iat": iat, "exp": iat + 3_600,
    });
    assert_eq!(claims, expected);
    assert_eq!(answer.as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn the_lifetime_is_a_string_in_version_2() {
    let server = start().await;
    let v2 = format!("/sentinel/api/v2/account/{ACCOUNT}/app/token");
    for (path, expected) in [
        (path("app/token"), json!(3_600)),
        (path("app/token?v=1.0"), json!(3_600)),
        (path("app/token?v=2.0"), json!("3600")),
        (v2.clone(), json!("3600")),
        (format!("{v2}?v=2.0"), json!("3600")),
    ] {
        assert_eq!(body(post(&server, &path, &FORM).await, 200).await["expires_in"], expected, "{path}");
    }
}

#[tokio::test]
async fn an_unknown_version_is_refused() {
    let server = start().await;
    for query in ["v=3.0", "v=", "v=1.0&v=2.0"] {
        let answer = post(&server, &path(&format!("app/token?{query}")), &FORM).await;
        assert_eq!(error(answer).await, (400, "invalid_request".into()), "{query}");
    }
}

#[tokio::test]
async fn a_client_is_given_the_scope_that_it_asks_for() {
    let server = start().await;
    assert_eq!(claims(&server, &with("scope", "reports")).await["scope"], "reports");
    assert_eq!(claims(&server, &with("scope", "")).await["scope"], "faas.lambda.invoke reports");
    let refused = post(&server, &path("app/token?v=1.0"), &with("scope", "openid")).await;
    assert_eq!(error(refused).await, (400, "invalid_scope".into()));
}

#[tokio::test]
async fn whoever_is_not_the_client_is_refused_in_one_way() {
    let server = start_with(|fixture, _| fixture.oauth_client.metadata.public = false).await;
    let elsewhere = "/sentinel/api/account/nowhere/app/token?v=1.0".to_owned();
    let cases = [
        (path("app/token?v=1.0"), with("client_secret", "wrong")),
        (path("app/token?v=1.0"), with("client_secret", "")),
        (path("app/token?v=1.0"), with("client_id", "nobody")),
        (elsewhere, FORM.to_vec()),
    ];
    let mut told = Vec::new();
    for (path, form) in cases {
        let answer = post(&server, &path, &form).await;
        told.push((answer.status().as_u16(), answer.text().await.unwrap()));
    }
    assert_eq!(told[0].0, 401);
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
}

#[tokio::test]
async fn a_client_may_show_itself_in_authorization() {
    let server = start().await;
    let ask = |secret: &'static str| {
        let request = server.request(Method::POST, &path("app/token?v=1.0"));
        send(request.basic_auth(CLIENT, Some(secret)), &[("grant_type", "client_credentials")])
    };
    assert_eq!(ask(SECRET).await.status(), 200);
    let refused = ask("wrong").await;
    assert_eq!(refused.headers()["www-authenticate"], r#"Basic realm="sentinel""#);
    assert_eq!(error(refused).await, (401, "invalid_client".into()));
}

#[tokio::test]
async fn a_client_that_is_disabled_or_may_not_come_from_here_is_none() {
    for change in [0, 1] {
        let server = start_with(|fixture, _| match change {
            0 => fixture.oauth_client.enabled = false,
            _ => fixture.oauth_client.addresses = vec!["192.0.2.0/24".parse().unwrap()],
        })
        .await;
        let answer = post(&server, &path("app/token?v=1.0"), &FORM).await;
        assert_eq!(error(answer).await, (401, "invalid_client".into()), "{change}");
    }
}

#[tokio::test]
async fn a_client_without_the_grant_and_one_of_a_disabled_account_are_told_so() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.grant_types = vec![GrantType::RefreshToken];
    })
    .await;
    let answer = post(&server, &path("app/token?v=1.0"), &FORM).await;
    assert_eq!(error(answer).await, (400, "unauthorized_client".into()));
    let server = start_with(|fixture, _| fixture.account.state = AccountState::Disabled).await;
    let answer = post(&server, &path("app/token?v=1.0"), &FORM).await;
    assert_eq!(error(answer).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn a_client_from_before_the_sentinel_gets_no_token_and_logs_its_bot_in() {
    let server = TestServer::start().await;
    let answer = post(&server, &path("app/token?v=1.0"), &FORM).await;
    assert_eq!(error(answer).await, (400, "unauthorized_client".into()));
    let key = vestibule_testkit::Key {
        app_key: CLIENT,
        secret: SECRET,
        access_token: "dummy",
        access_token_secret: "dummy",
    };
    assert_eq!(server.log_in_with_key("client", &key).await.status(), 200);
}

#[tokio::test]
async fn what_is_out_of_its_form_is_named() {
    let server = start().await;
    let path = path("app/token?v=1.0");
    let cases = [
        (with("grant_type", ""), "invalid_request"),
        (with("grant_type", "password"), "unsupported_grant_type"),
        (with("client_id", ""), "invalid_request"),
        ([&FORM[..], &[("client_id", "other")]].concat(), "invalid_request"),
    ];
    for (form, expected) in cases {
        assert_eq!(error(post(&server, &path, &form).await).await, (400, expected.into()), "{form:?}");
    }
    let json = server.post(&path, &json!({ "grant_type": "client_credentials" })).await;
    assert_eq!(error(json).await, (400, "invalid_request".into()));
}

#[tokio::test]
async fn answers_with_tokens_are_kept_by_nobody() {
    let server = start().await;
    let answer = post(&server, &path("app/token?v=1.0"), &FORM).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn s8_a_token_in_the_name_of_a_client_is_no_session() {
    let server = start().await;
    let answer = body(post(&server, &path("app/token?v=1.0"), &FORM).await, 200).await;
    let token = answer["access_token"].as_str().unwrap();
    for value in [format!("Bearer {token}"), token.to_owned()] {
        let check = server.request(Method::GET, "/gateway/check").header("authorization", value);
        assert_eq!(check.send().await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn what_was_given_and_refused_is_in_the_audit() {
    let server = start().await;
    post(&server, &path("app/token?v=1.0"), &FORM).await;
    post(&server, &path("app/token?v=1.0"), &with("client_secret", "wrong")).await;
    server.clock.advance(Duration::from_mins(2));
    let query = vestibule_store::AuditQuery { limit: 100, ..vestibule_store::AuditQuery::default() };
    let page = server.auth.audit(query).await.unwrap();
    let told =
        serde_json::to_value(page.entries.iter().map(|entry| &entry.record).collect::<Vec<_>>()).unwrap();
    let told = told.as_array().unwrap();
    let find = |action: &str| told.iter().find(|entry| entry["action"] == action).expect("an entry");
    assert_eq!(find("token-issued")["account"], ACCOUNT);
    assert_eq!(find("token-issued")["application"], 2);
    assert_eq!(find("token-refused")["reason"], "wrong-key");
    assert_eq!(find("created")["target"]["kind"], "signing-key");
}
