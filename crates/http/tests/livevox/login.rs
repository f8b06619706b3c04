//! `POST /session/login`.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Application, ApplicationId, Dialect};
use vestibule_testkit::{OTHER_TOKEN, TOKEN, TestServer};

use crate::{
    AUTHORIZATION_ERROR, agent_credentials, credentials, log_in_with, send, session, session_of, start,
    start_with, told, used,
};

/// Status of a login whose body is `credentials` with `agent` set to this.
async fn with_agent(server: &TestServer, user: (&str, &str), agent: Value) -> u16 {
    let mut body = credentials(user.0, user.1);
    body["agent"] = agent;
    log_in_with(server, TOKEN, &body).await.status().as_u16()
}

#[tokio::test]
async fn the_body_is_compact_and_in_the_order_of_the_contract() {
    let server = start().await;
    let (status, text) = told(log_in_with(&server, TOKEN, &credentials("name", "password")).await).await;
    assert_eq!(status, 200);
    let id = serde_json::from_str::<Value>(&text).unwrap()["sessionId"].as_str().unwrap().to_owned();
    assert_eq!(text, format!(r#"{{"sessionId":"{id}","userId":1,"clientId":567}}"#));
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12]);
    assert!(id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-')));
}

#[tokio::test]
async fn days_until_the_password_expires_are_told_where_it_does() {
    let server = start_with(|fixture, _| fixture.account.password_policy.expiry_days = 42).await;
    let (_, text) = told(log_in_with(&server, TOKEN, &credentials("name", "password")).await).await;
    assert!(text.ends_with(r#","userId":1,"clientId":567,"daysUntilPasswordExpires":42}"#), "{text}");
}

#[tokio::test]
async fn both_forms_of_the_path_behave_alike() {
    let server = start().await;
    for path in ["/session/login", "/session/v5.0/login", "/session/v6.0/login"] {
        let request = server.request(Method::POST, path).header("LV-Access", TOKEN);
        let response = send(request.json(&credentials("name", "password"))).await;
        assert_eq!(response.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn a_login_with_the_same_token_returns_the_same_session() {
    let server = start().await;
    assert_eq!(session(&server).await, session(&server).await);
}

#[tokio::test]
async fn a_login_with_another_token_returns_another_session() {
    let server = start().await;
    let other = session_of(&server, OTHER_TOKEN, &credentials("name", "password")).await;
    assert_ne!(session(&server).await, other);
}

#[tokio::test]
async fn twenty_first_logins_at_once_return_one_session_and_make_one_row() {
    let server = std::sync::Arc::new(start().await);
    let logins: Vec<_> = (0..20)
        .map(|_| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move { session(&server).await })
        })
        .collect();
    let mut ids = std::collections::HashSet::new();
    for login in logins {
        ids.insert(login.await.unwrap());
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(server.stored_sessions().await.len(), 1);
}

#[tokio::test]
async fn the_session_belongs_to_its_token() {
    let server = start().await;
    session_of(&server, OTHER_TOKEN, &credentials("name", "password")).await;
    let sessions = server.stored_sessions().await;
    assert_eq!(sessions[0].application, Application::Token(ApplicationId(2)));
    assert_eq!(sessions[0].dialect, Dialect::LiveVox);
}

#[tokio::test]
async fn without_a_token_the_login_is_an_authorization_error() {
    let server = start().await;
    let request = server.request(Method::POST, "/session/login").json(&credentials("name", "password"));
    assert_eq!(told(send(request).await).await, (401, AUTHORIZATION_ERROR.to_owned()));
}

#[tokio::test]
async fn an_unknown_malformed_or_disabled_token_is_an_authorization_error() {
    let server = start_with(|fixture, _| fixture.application_tokens[1].enabled = false).await;
    let long = "a".repeat(65);
    for token in ["c0009999bcbc00001111000000000000", "", "a b", &long, OTHER_TOKEN, &TOKEN.to_uppercase()] {
        let response = log_in_with(&server, token, &credentials("name", "password")).await;
        assert_eq!(told(response).await, (401, AUTHORIZATION_ERROR.to_owned()), "{token}");
    }
}

#[tokio::test]
async fn s4_disabling_a_token_ends_the_use_of_its_sessions() {
    let server = start().await;
    let session = session(&server).await;
    let mut token = server.fixture.application_tokens[0].clone();
    token.enabled = false;
    let change = vestibule_store::Change::PutApplicationToken(server.fixture.account.id, Box::new(token));
    server.change(vec![change]).await;
    assert_eq!(used(&server, &session).await, 401);
}

#[tokio::test]
async fn l5_whatever_is_wrong_the_answer_is_one() {
    let server = start_with(|fixture, _| fixture.user("super").enabled = false).await;
    let mut unknown_client = credentials("name", "password");
    unknown_client["clientName"] = json!("OTHER");
    for body in [
        credentials("name", "wrong"),
        credentials("nobody", "password"),
        credentials("super", "super-password"),
        unknown_client,
    ] {
        let response = log_in_with(&server, TOKEN, &body).await;
        assert_eq!(told(response).await, (401, AUTHORIZATION_ERROR.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn the_token_may_come_as_a_bearer() {
    let server = start().await;
    let request = server.request(Method::POST, "/session/login").bearer_auth(TOKEN);
    assert_eq!(send(request.json(&credentials("name", "password"))).await.status(), 200);
}

#[tokio::test]
async fn an_access_header_wins_over_a_bearer() {
    let server = start().await;
    let request =
        server.request(Method::POST, "/session/login").header("LV-Access", "wrong").bearer_auth(TOKEN);
    assert_eq!(send(request.json(&credentials("name", "password"))).await.status(), 401);
}

#[tokio::test]
async fn a_bogus_or_empty_session_header_does_no_harm() {
    let server = start().await;
    for bogus in ["123", ""] {
        let request = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN);
        let request = request.header("LV-Session", bogus).header("Accept", "gzip,deflate");
        assert_eq!(send(request.json(&credentials("name", "password"))).await.status(), 200);
    }
}

#[tokio::test]
async fn agent_is_a_truth_value_or_its_name() {
    let server = start().await;
    let (user, agent) = (("name", "password"), ("agent1", "agent1-password"));
    for no in [json!(false), json!("false"), json!(null)] {
        assert_eq!(with_agent(&server, user, no).await, 200);
    }
    for yes in [json!(true), json!("true")] {
        assert_eq!(with_agent(&server, agent, yes.clone()).await, 200);
        assert_eq!(with_agent(&server, user, yes).await, 401);
    }
    for neither in [json!("yes"), json!(1)] {
        assert_eq!(with_agent(&server, user, neither).await, 400);
    }
}

#[tokio::test]
async fn users_names_are_case_sensitive_and_agents_are_not() {
    let server = start().await;
    assert_eq!(log_in_with(&server, TOKEN, &credentials("NAME", "password")).await.status(), 401);
    let agent = agent_credentials("AGENT1", "agent1-password");
    assert_eq!(log_in_with(&server, TOKEN, &agent).await.status(), 200);
}

#[tokio::test]
async fn an_agent_and_a_user_may_have_one_name() {
    let server = start_with(|fixture, _| {
        let now = fixture.user("name").password.as_ref().unwrap().changed_at;
        fixture.add_user("agent1", "user-password", now);
    })
    .await;
    let user = session_of(&server, TOKEN, &credentials("agent1", "user-password")).await;
    let agent = session_of(&server, TOKEN, &agent_credentials("agent1", "agent1-password")).await;
    assert_ne!(user, agent);
}

#[tokio::test]
async fn a_missing_key_is_named() {
    let server = start().await;
    for key in ["clientName", "userName", "password"] {
        let mut body = credentials("name", "password");
        body.as_object_mut().unwrap().remove(key);
        let expected = format!(r#"{{"code":400,"message":"{key} is required"}}"#);
        assert_eq!(told(log_in_with(&server, TOKEN, &body).await).await, (400, expected));
    }
}

#[tokio::test]
async fn a_form_under_a_json_type_is_a_bad_request() {
    let server = start().await;
    let request = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN);
    let request = request.header("Content-Type", "application/json");
    let (status, text) = told(send(request.body("clientName=TEST&userName=name")).await).await;
    assert_eq!(status, 400);
    assert!(text.starts_with(r#"{"code":400,"message":""#), "{text}");
}

#[tokio::test]
async fn a_token_counts_the_requests_of_its_sessions() {
    let server = start().await;
    let session = session(&server).await;
    for _ in 0..20 {
        assert_eq!(used(&server, &session).await, 200);
    }
    server.auth.flush().await.unwrap();
    let rows = server.store.account(server.fixture.account.id).await.unwrap().unwrap();
    let requests: Vec<u64> = rows.application_tokens.iter().map(|token| token.requests).collect();
    assert_eq!(requests, [21, 0]);
    assert_eq!(rows.application_tokens[0].last_used, Some(vestibule_model::Clock::now(&*server.clock)));
}
