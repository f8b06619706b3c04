//! What resource servers are told of tokens, and what they revoke.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vestibule_crypto::SecretHasher;
use vestibule_model::{AccountState, RefreshRotation, SessionId};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, TOKEN, TestServer};

use crate::grants::{check, refresh, token};
use crate::support::{CLIENT, SECRET, body, error, path, post, start_with};

/// A server whose client is a resource server too.
async fn start() -> TestServer {
    start_with(|fixture, _| fixture.oauth_client.metadata.resource_server = true).await
}

async fn ask(server: &TestServer, operation: &str, token: &str) -> Response {
    let form = [("token", token), ("client_id", CLIENT), ("client_secret", SECRET)];
    post(server, operation, &form).await
}

async fn introspect(server: &TestServer, token: &str) -> Value {
    body(ask(server, "/oauth2/introspect", token).await, 200).await
}

async fn is_active(server: &TestServer, token: &str) -> bool {
    let told = introspect(server, token).await;
    assert!(told["active"] == true || told == json!({ "active": false }), "{told}");
    told["active"] == true
}

async fn revoke(server: &TestServer, token: &str) {
    assert_eq!(ask(server, "/oauth2/revoke", token).await.status(), 200);
}

async fn bearer(server: &TestServer) -> String {
    let login: Value = server.log_in("name", "password").await.json().await.unwrap();
    login["bearer"].as_str().unwrap().to_owned()
}

async fn livevox_id(server: &TestServer) -> String {
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let login = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN).json(&body);
    let login: Value = login.send().await.unwrap().json().await.unwrap();
    login["sessionId"].as_str().unwrap().to_owned()
}

async fn client_token(server: &TestServer) -> String {
    let form = [("grant_type", "client_credentials"), ("client_id", CLIENT), ("client_secret", SECRET)];
    let answer = body(post(server, &path("app/token?v=1.0"), &form).await, 200).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_bearer_is_told_with_what_a_gateway_is_told() {
    let server = start().await;
    let bearer = bearer(&server).await;
    server.clock.advance(Duration::from_mins(1));
    let told = introspect(&server, &bearer).await;
    let check = server.request(Method::GET, "/gateway/check").bearer_auth(&bearer).send().await.unwrap();
    let header = |name: &str| check.headers()[&format!("x-vestibule-{name}")].to_str().unwrap();
    assert_eq!(told["session"], header("session"));
    assert_eq!(told["sub"], header("user"));
    assert_eq!(told["username"], header("user-name"));
    assert_eq!(told["role"], header("roles"));
    assert_eq!(told["privileges"], header("privileges"));
    let expected = json!({
        "active": true, "token_use": "access_token", "token_type": "Bearer", "aud": ACCOUNT, "account": ACCOUNT,
        "application": { "kind": "none" }, "method": "password",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&told[name], value, "{name}");
    }
    assert!(told["iss"].as_str().unwrap().ends_with("/sentinel/api/account/12345678"), "{told}");
    let opened = told["exp"].as_i64().unwrap() - told["iat"].as_i64().unwrap();
    assert_eq!(opened, 8 * 60 * 60 + 60, "asking is a use");
}

#[tokio::test]
async fn every_kind_of_token_of_the_account_is_told() {
    let server = start().await;
    assert!(is_active(&server, &bearer(&server).await).await);
    let told = introspect(&server, &livevox_id(&server).await).await;
    assert_eq!(told["application"], json!({ "kind": "application-token", "id": 1 }));
    assert!(is_active(&server, &server.session().await.0).await);
    let signed = introspect(&server, &client_token(&server).await).await;
    assert_eq!(signed["client_id"], CLIENT);
    assert_eq!(signed["scope"], "faas.lambda.invoke reports");
    assert_eq!(signed["application"], json!({ "kind": "oauth-client", "id": 2 }));
}

#[tokio::test]
async fn a_refresh_token_is_told_as_one_while_it_is_the_one_that_counts() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.resource_server = true;
        fixture.oauth_client.metadata.refresh_rotation = RefreshRotation::Always;
    })
    .await;
    let given = token(&server).await;
    let told = introspect(&server, given["access_token"].as_str().unwrap()).await;
    assert_eq!(told["client_id"], CLIENT);
    let first = given["refresh_token"].as_str().unwrap();
    let told = introspect(&server, first).await;
    assert_eq!((&told["token_use"], &told["token_type"]), (&json!("refresh_token"), &Value::Null));
    let next = body(refresh(&server, &given["refresh_token"]).await, 200).await;
    assert!(!is_active(&server, first).await, "it was used");
    assert!(is_active(&server, next["refresh_token"].as_str().unwrap()).await);
}

#[tokio::test]
async fn what_is_no_token_or_over_is_told_in_one_way() {
    let server = start().await;
    let ended = bearer(&server).await;
    revoke(&server, &ended).await;
    let of_nobody = server.auth.tokens().bearer(SessionId([1; 16])).to_string();
    let id_token = token(&server).await["id_token"].as_str().unwrap().to_owned();
    let page = {
        let page = crate::grants::page(&server, "name").await;
        server.auth.page_cookie(&page.session).to_string()
    };
    let forged = format!("{}x", client_token(&server).await);
    let uuid = "123e4567-e89b-42d3-a456-426614174000";
    for token in [&*ended, &of_nobody, &id_token, &page, &forged, uuid, "x", "a.b.c", "..", TOKEN] {
        assert_eq!(introspect(&server, token).await, json!({ "active": false }), "{token}");
    }
    let live = client_token(&server).await;
    server.clock.advance(Duration::from_hours(1));
    assert!(!is_active(&server, &live).await, "it is over");
}

#[tokio::test]
async fn s8_no_token_of_an_administrator_is_told() {
    let server = start().await;
    assert!(!is_active(&server, &crate::keys::owner(&server).await).await);
}

#[tokio::test]
async fn a_resource_server_of_another_account_is_told_nothing_and_ends_nothing() {
    let server = start().await;
    let bearer = bearer(&server).await;
    let (id, secret) = other_account(&server).await;
    for (operation, expected) in [("/oauth2/introspect", 200), ("/oauth2/revoke", 400)] {
        let form = [("token", &*bearer), ("client_id", &*id), ("client_secret", &*secret)];
        let answer = post(&server, operation, &form).await;
        assert_eq!(answer.status(), expected, "{operation}");
        if expected == 200 {
            assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "active": false }));
        }
    }
    assert_eq!(check(&server, &bearer.into()).await, 200);
}

/// Another account whose resource server has the same id, and another secret.
async fn other_account(server: &TestServer) -> (String, String) {
    let account = vestibule_auth::new_account("another".parse().unwrap(), None);
    let (number, id) = (server.fixture.account.number + 1, account.id);
    let mut client = server.fixture.oauth_client.clone();
    client.id.0 += 1_000;
    let secret = "another-client-secret";
    client.secret = SecretHasher::derive(server.master()).digest(secret.as_bytes());
    let account = vestibule_model::Account { number, ..account };
    let changes = vec![Change::PutAccount(Box::new(account)), Change::PutOauthClient(id, Box::new(client))];
    server.change(changes).await;
    (CLIENT.to_owned(), secret.to_owned())
}

#[tokio::test]
async fn the_account_of_a_client_id_that_two_have_is_that_of_the_secret() {
    let server = start().await;
    let (id, secret) = other_account(&server).await;
    assert!(is_active(&server, &bearer(&server).await).await);
    let form = [("token", "x"), ("client_id", &*id), ("client_secret", &*secret)];
    assert_eq!(post(&server, "/oauth2/introspect", &form).await.status(), 200);
    let form = [("token", "x"), ("client_id", &*id), ("client_secret", "wrong")];
    let refused = post(&server, "/oauth2/introspect", &form).await;
    assert_eq!(error(refused).await, (401, "invalid_client".into()));
}

#[tokio::test]
async fn a_public_client_is_found_beside_another_accounts_client_of_its_id() {
    let server = start_with(|fixture, _| fixture.oauth_client.metadata.public = true).await;
    let mut other = server.fixture.oauth_client.clone();
    other.metadata.public = false;
    other.id.0 = 1_002;
    // Before the fixture's in the order of accounts.
    let account = vestibule_auth::new_account("1".parse().unwrap(), None);
    let (first, number) = (account.id, server.fixture.account.number + 2);
    let account = vestibule_model::Account { number, ..account };
    let changes = vec![Change::PutAccount(Box::new(account)), Change::PutOauthClient(first, Box::new(other))];
    server.change(changes).await;
    let answer = post(&server, "/oauth2/revoke", &[("token", "x"), ("client_id", CLIENT)]).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_client_that_authenticates_twice_in_different_ways_is_refused() {
    let server = start().await;
    let asked = |others: &[&str]| {
        let request = server.request(Method::POST, "/oauth2/introspect").body("token=x");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.basic_auth(CLIENT, Some(SECRET));
        others.iter().fold(request, |request, other| request.header("authorization", *other)).send()
    };
    assert_eq!(asked(&[]).await.unwrap().status(), 200);
    assert_eq!(asked(&["Basic eDp5"]).await.unwrap().status(), 400);
    assert_eq!(asked(&["Bearer x"]).await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_client_that_is_no_resource_server_is_told_nothing() {
    let server = start_with(|_, _| {}).await;
    let bearer = bearer(&server).await;
    let refused = ask(&server, "/oauth2/introspect", &bearer).await;
    assert_eq!(error(refused).await, (403, "unauthorized_client".into()));
    let refused = ask(&server, "/oauth2/revoke", &bearer).await;
    assert_eq!(error(refused).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &bearer.into()).await, 200);
}

#[tokio::test]
async fn a_client_revokes_its_own_without_naming_the_account() {
    let server = start_with(|_, _| {}).await;
    let given = token(&server).await;
    revoke(&server, given["refresh_token"].as_str().unwrap()).await;
    assert_eq!(check(&server, &given["access_token"]).await, 401);
    revoke(&server, given["access_token"].as_str().unwrap()).await;
}

#[tokio::test]
async fn a_resource_server_revokes_every_kind_of_session() {
    let server = start().await;
    let bearer = bearer(&server).await;
    revoke(&server, &bearer).await;
    assert_eq!(check(&server, &bearer.into()).await, 401);
    let id = livevox_id(&server).await;
    revoke(&server, &id).await;
    let used = server.request(Method::GET, "/gateway/check").header("LV-Session", &id);
    assert_eq!(used.send().await.unwrap().status(), 401);
    let session = server.session().await;
    revoke(&server, &session.0).await;
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn a_signed_token_is_not_revoked_and_counts_no_more_once_its_client_is_disabled() {
    let server = start().await;
    let signed = client_token(&server).await;
    let refused = ask(&server, "/oauth2/revoke", &signed).await;
    assert_eq!(error(refused).await, (400, "unsupported_token_type".into()));
    revoke(&server, "a.b.c").await;
    let mut client = server.fixture.oauth_client.clone();
    let (mut other, account) = (client.clone(), server.fixture.account.id);
    (other.id.0, other.client_id) = (3, "resource-server".to_owned());
    client.enabled = false;
    server
        .change(vec![
            Change::PutOauthClient(account, Box::new(other)),
            Change::PutOauthClient(account, Box::new(client)),
        ])
        .await;
    let form = [("token", &*signed), ("client_id", "resource-server"), ("client_secret", SECRET)];
    let told = body(post(&server, "/oauth2/introspect", &form).await, 200).await;
    assert_eq!(told, json!({ "active": false }));
}

#[tokio::test]
async fn a_resource_server_of_a_disabled_account_is_told_nothing() {
    let server = start().await;
    let mut account = server.fixture.account.clone();
    account.state = AccountState::Disabled;
    server.change(vec![Change::PutAccount(Box::new(account))]).await;
    let refused = ask(&server, "/oauth2/introspect", "x").await;
    assert_eq!(error(refused).await, (403, "unauthorized_client".into()));
}

#[tokio::test]
async fn credentials_may_stand_in_authorization_and_have_to_be_right() {
    let server = start().await;
    let bearer = bearer(&server).await;
    let form = [("token", &*bearer), ("token_type_hint", "access_token")];
    let basic = |secret: &'static str| {
        let request = server.request(Method::POST, "/oauth2/introspect").basic_auth(CLIENT, Some(secret));
        crate::support::send(request, &form)
    };
    assert_eq!(body(basic(SECRET).await, 200).await["active"], true);
    let refused = basic("wrong").await;
    assert_eq!(refused.headers()["www-authenticate"], r#"Basic realm="sentinel""#);
    assert_eq!(error(refused).await, (401, "invalid_client".into()));
    let nobody = post(&server, "/oauth2/introspect", &[("token", &*bearer)]).await;
    assert_eq!(error(nobody).await, (400, "invalid_request".into()));
    let of_another = [("token", &*bearer), ("client_id", "nobody"), ("client_secret", SECRET)];
    assert_eq!(error(post(&server, "/oauth2/introspect", &of_another).await).await.0, 401);
    assert_eq!(server.get("/oauth2/introspect").await.status(), 405);
}
