//! What is refused is counted as a try of whoever proved who they are, and with the word for it.

use vestibule_model::{
    Application, GatewayCredential, GatewayRule, GatewayRuleSettings, GrantType, OauthClient,
    TrafficApplication, TrafficOutcome,
};
use vestibule_oauth1::testing::Made;
use vestibule_testkit::{Fault, Key};

use super::signatures::{self, client, made, now, status, told};
use super::traffic::{NO_APPLICATION, TOKEN_APPLICATION, counted, of};
use super::*;

const fn key(server: &TestServer) -> TrafficApplication {
    TrafficApplication::Of(Application::ApiKey(server.fixture.api_key.id))
}

const fn oauth_client(server: &TestServer) -> TrafficApplication {
    TrafficApplication::Of(Application::OauthClient(server.fixture.oauth_client.id))
}

async fn post(server: &TestServer, path: &str, form: &str) -> Response {
    let request = server.request(Method::POST, path).body(form.to_owned());
    request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap()
}

async fn ask_for_a_token(server: &TestServer) -> Response {
    let path = format!("/sentinel/api/account/{ACCOUNT}/app/token?v=2.0");
    let form = "grant_type=client_credentials&client_id=client-id&client_secret=client-secret";
    post(server, &path, form).await
}

async fn with_client(change: impl FnOnce(&mut OauthClient)) -> TestServer {
    TestServer::start_with(|fixture, _| {
        fixture.oauth_client.metadata.grant_types = vec![GrantType::ClientCredentials];
        change(&mut fixture.oauth_client);
    })
    .await
}

#[tokio::test]
async fn a_client_that_is_disabled_or_in_another_network_has_tried() {
    let changes: [fn(&mut OauthClient); 2] =
        [|client| client.enabled = false, |client| client.addresses = vec!["192.0.2.0/24".parse().unwrap()]];
    for change in changes {
        let server = with_client(change).await;
        assert_eq!(ask_for_a_token(&server).await.status(), 401);
        let expected = of([(oauth_client(&server), "(token)", TrafficOutcome::NotAllowed, 1)]);
        assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
    }
}

#[tokio::test]
async fn a_key_whose_user_is_gone_has_tried() {
    let server = TestServer::start().await;
    assert_eq!(server.log_in_with_key("nobody", &Key::BOT).await.status(), 401);
    let expected = of([(key(&server), "(login)", TrafficOutcome::WrongCredentials, 1)]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
}

#[tokio::test]
async fn an_application_token_that_is_disabled_has_tried() {
    let server = TestServer::start_with(|fixture, _| fixture.application_tokens[0].enabled = false).await;
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN).json(&body);
    assert_eq!(request.send().await.unwrap().status(), 401);
    let expected = of([(TOKEN_APPLICATION, "(login)", TrafficOutcome::NotAllowed, 1)]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
}

#[tokio::test]
async fn a_key_that_is_disabled_has_tried_when_it_signs() {
    let server = signatures::server().await;
    let mut disabled = server.fixture.api_key.clone();
    disabled.enabled = false;
    server.change(vec![Change::PutApiKey(server.fixture.account.id, disabled.into())]).await;
    assert_eq!(status(&server, "n").await, 401);
    let wrong = client(&Key { secret: "another", ..Key::BOT });
    assert_eq!(told(&server, &wrong, &made(&server, "m")).await.0, 401);
    let expected = of([(key(&server), "(other)", TrafficOutcome::InvalidCredential, 1)]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
}

#[tokio::test]
async fn a_client_that_was_disabled_has_tried_when_it_shows_its_token() {
    let server = with_client(|_| ()).await;
    let credentials = vec![GatewayCredential::ClientToken];
    let settings = GatewayRuleSettings { credentials, ..Default::default() };
    server
        .change(vec![Change::PutGatewayRule(GatewayRule { name: "default".into(), settings }.into())])
        .await;
    let token: Value = ask_for_a_token(&server).await.json().await.unwrap();
    let mut disabled = server.fixture.oauth_client.clone();
    disabled.enabled = false;
    server.change(vec![Change::PutOauthClient(server.fixture.account.id, disabled.into())]).await;
    assert_eq!(bearer(&server, token["access_token"].as_str().unwrap()).await, 401);
    let expected = of([
        (oauth_client(&server), "(token)", TrafficOutcome::Allowed, 1),
        (oauth_client(&server), "(check)", TrafficOutcome::InvalidCredential, 1),
    ]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
}

const RIGHT: &str = "token=0&client_id=client-id&client_secret=client-secret";

#[tokio::test]
async fn a_resource_server_that_asks_and_revokes_is_in_use() {
    let server = with_client(|client| client.metadata.resource_server = true).await;
    let held = liveperson(&server).await.bearer;
    assert_eq!(post(&server, "/oauth2/introspect", RIGHT).await.status(), 200);
    let asked = format!("token={held}&client_id=client-id&client_secret=client-secret");
    for operation in ["/oauth2/introspect", "/oauth2/revoke"] {
        assert_eq!(post(&server, operation, &asked).await.status(), 200);
    }
    let expected = of([
        (NO_APPLICATION, "(login)", TrafficOutcome::Allowed, 1),
        (NO_APPLICATION, "(introspected)", TrafficOutcome::Allowed, 1),
        (NO_APPLICATION, "(logout)", TrafficOutcome::Allowed, 1),
        (oauth_client(&server), "(introspect)", TrafficOutcome::Allowed, 2),
        (oauth_client(&server), "(revoke)", TrafficOutcome::Allowed, 1),
    ]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
    let unknown = of([(TrafficApplication::Unknown, "(introspected)", TrafficOutcome::InvalidCredential, 1)]);
    assert_eq!(counted(&server, None).await, unknown);
}

#[tokio::test]
async fn a_refused_client_is_counted_by_what_it_asked_for() {
    let server = with_client(|_| ()).await;
    let wrong = "token=0&client_id=client-id&client_secret=wrong";
    for operation in ["/oauth2/introspect", "/oauth2/revoke"] {
        assert_eq!(post(&server, operation, wrong).await.status(), 401);
    }
    // It is no resource server.
    assert_ne!(post(&server, "/oauth2/introspect", RIGHT).await.status(), 200);
    let expected = of([
        (TrafficApplication::Unknown, "(introspect)", TrafficOutcome::WrongCredentials, 1),
        (TrafficApplication::Unknown, "(revoke)", TrafficOutcome::WrongCredentials, 1),
        (oauth_client(&server), "(introspect)", TrafficOutcome::NotAllowed, 1),
    ]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
}

#[tokio::test]
async fn live_sessions_of_two_users_are_contradictory() {
    let server = TestServer::start_with(|fixture, _| {
        let now = fixture.user("name").password.as_ref().unwrap().changed_at;
        fixture.add_user("other", "other", now);
    })
    .await;
    let id = livevox(&server).await;
    let other: Value = server.log_in("other", "other").await.json().await.unwrap();
    let request = server.request(Method::GET, CHECK).bearer_auth(other["bearer"].as_str().unwrap());
    assert_eq!(request.header("lv-session", id).send().await.unwrap().status(), 401);
    let expected = of([(TrafficApplication::Unknown, "(check)", TrafficOutcome::Contradictory, 1)]);
    assert_eq!(counted(&server, None).await, expected);
}

#[tokio::test]
async fn a_signed_request_that_the_store_cannot_remember_was_not_one_too_many() {
    let server = signatures::server().await;
    server.faults.fail(Fault::commits());
    let ahead = Made { timestamp: now(&server) + 1, ..made(&server, "ahead") };
    let (status, body) = told(&server, &client(&Key::BOT), &ahead).await;
    assert_eq!((status, body.as_str()), (503, r#"{"error":"Signed requests cannot be stored"}"#));
    server.faults.heal();
    let expected = of([(key(&server), "(other)", TrafficOutcome::Unavailable, 1)]);
    assert_eq!(counted(&server, Some(ACCOUNT)).await, expected);
}
