//! Tokens that OAuth clients got in their own name (`app/token`), by rules that list `client-token`.

use reqwest::RequestBuilder;
use vestibule_model::{
    AccountState, Application, ApplicationId, GatewayCredential, GatewayRule, GatewayRuleSettings,
    IdentityHeader, OauthClient, Rank,
};

use super::kinds::headers;
use super::*;

fn any() -> GatewayRuleSettings {
    GatewayRuleSettings {
        credentials: vec![
            GatewayCredential::ClientToken,
            GatewayCredential::Bearer,
            GatewayCredential::Cookie,
            GatewayCredential::BearerInTarget,
        ],
        identity_headers: IdentityHeader::ALL.into(),
        ..GatewayRuleSettings::default()
    }
}

async fn set(server: &TestServer, settings: GatewayRuleSettings) {
    let rule = GatewayRule { name: "services".into(), settings };
    server.change(vec![Change::PutGatewayRule(rule.into())]).await;
}

async fn server() -> TestServer {
    let server = TestServer::start_with(|fixture, _| {
        fixture.oauth_client.metadata.grant_types = vec![vestibule_model::GrantType::ClientCredentials];
    })
    .await;
    set(&server, any()).await;
    server
}

/// A token of the fixture's client.
async fn token(server: &TestServer) -> String {
    let path = format!("/sentinel/api/account/{ACCOUNT}/app/token?v=2.0");
    let form = "grant_type=client_credentials&client_id=client-id&client_secret=client-secret";
    let request = server.request(Method::POST, &path).body(form);
    let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

fn asked(server: &TestServer, target: &str, token: &str) -> RequestBuilder {
    let request = server.request(Method::GET, &format!("{CHECK}/nginx/rule/services")).bearer_auth(token);
    headers("nginx", target).into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

async fn status(server: &TestServer, token: &str) -> u16 {
    asked(server, "/v1/x", token).send().await.unwrap().status().as_u16()
}

/// Changes the fixture's client.
async fn with_client(server: &TestServer, change: impl FnOnce(&mut OauthClient)) {
    let mut client = server.fixture.oauth_client.clone();
    change(&mut client);
    server.change(vec![Change::PutOauthClient(server.fixture.account.id, client.into())]).await;
}

#[tokio::test]
async fn a_clients_token_passes_as_the_client_and_as_no_user() {
    let server = server().await;
    let answer = asked(&server, "/v1/x", &token(&server).await).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let told: Vec<(&str, &str)> = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .filter(|(name, value)| name.starts_with("x-vestibule-") && !value.is_empty())
        .collect();
    let expected = [
        ("x-vestibule-account", ACCOUNT),
        ("x-vestibule-application", "2"),
        ("x-vestibule-method", "oauth-client-token"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_rule_takes_no_tokens_of_clients_unless_it_lists_them() {
    let server = server().await;
    set(&server, GatewayRuleSettings::default()).await;
    assert_eq!(status(&server, &token(&server).await).await, 401);
}

#[tokio::test]
async fn it_passes_for_its_hour_and_no_millisecond_longer() {
    let server = server().await;
    let token = token(&server).await;
    let issued = vestibule_model::Clock::now(&*server.clock).as_unix();
    server.clock.set(vestibule_model::Millis::from_unix(issued / 1_000 * 1_000 + 3_600_000 - 1));
    assert_eq!(status(&server, &token).await, 200);
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(status(&server, &token).await, 401);
}

#[tokio::test]
async fn s4_a_client_that_is_disabled_or_gone_is_refused_at_once() {
    let server = server().await;
    let token = token(&server).await;
    assert_eq!(status(&server, &token).await, 200);
    with_client(&server, |client| client.enabled = false).await;
    assert_eq!(status(&server, &token).await, 401);
    with_client(&server, |client| client.enabled = true).await;
    assert_eq!(status(&server, &token).await, 200);
    let account = server.fixture.account.clone();
    let disabled = vestibule_model::Account { state: AccountState::Disabled, ..account.clone() };
    server.change(vec![Change::PutAccount(disabled.into())]).await;
    assert_eq!(status(&server, &token).await, 401);
    server.change(vec![Change::PutAccount(account.clone().into())]).await;
    server.change(vec![Change::DeleteOauthClient(account.id, ApplicationId(2))]).await;
    assert_eq!(status(&server, &token).await, 401);
}

#[tokio::test]
async fn s4_another_client_that_has_the_id_later_is_not_let_through_by_the_token() {
    let server = server().await;
    let token = token(&server).await;
    let account = server.fixture.account.id;
    let later = OauthClient { id: ApplicationId(1_002), ..server.fixture.oauth_client.clone() };
    server.change(vec![Change::DeleteOauthClient(account, ApplicationId(2))]).await;
    server.change(vec![Change::PutOauthClient(account, later.into())]).await;
    assert_eq!(status(&server, &token).await, 401);
}

#[tokio::test]
async fn s8_a_token_that_was_changed_or_is_another_services_is_refused() {
    let server = server().await;
    let token = token(&server).await;
    let [head, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
    for wrong in [
        format!("{head}.{claims}."),
        format!("{head}.{claims}"),
        format!("{head}.{claims}.{}", signature.replace(|_: char| true, "A")),
        format!("{head}.{head}.{signature}"),
        // {"alg":"none"}
        format!("eyJhbGciOiJub25lIn0.{claims}."),
        "a.b.c".to_owned(),
        ".".to_owned(),
    ] {
        assert_eq!(status(&server, &wrong).await, 401, "{wrong}");
    }
}

#[tokio::test]
async fn a_client_with_addresses_passes_from_there_alone() {
    let server = server().await;
    let token = token(&server).await;
    for (addresses, expected) in [("192.0.2.0/24", 200), ("198.51.100.0/24", 403)] {
        with_client(&server, |client| client.addresses = vec![addresses.parse().unwrap()]).await;
        assert_eq!(status(&server, &token).await, expected, "{addresses}");
    }
}

#[tokio::test]
async fn what_a_rule_asks_for_counts_for_clients_and_of_users_they_have_nothing() {
    let server = server().await;
    let token = token(&server).await;
    let application = |id| vec![Application::OauthClient(ApplicationId(id))];
    for (index, (settings, expected)) in [
        (GatewayRuleSettings { applications: application(2), ..any() }, 200),
        (GatewayRuleSettings { applications: application(7), ..any() }, 403),
        (GatewayRuleSettings { accounts: vec!["other".parse().unwrap()], ..any() }, 403),
        (GatewayRuleSettings { paths: vec!["/v1/*".into()], ..any() }, 200),
        (GatewayRuleSettings { paths: vec!["/v2/*".into()], ..any() }, 403),
        (GatewayRuleSettings { minimum_rank: Some(Rank::Agent), ..any() }, 403),
        (GatewayRuleSettings { privileges: vec![100], ..any() }, 403),
    ]
    .into_iter()
    .enumerate()
    {
        set(&server, settings).await;
        assert_eq!(status(&server, &token).await, expected, "demand {index}");
    }
}

#[tokio::test]
async fn s8_where_the_target_is_read_it_has_to_name_the_account_of_the_token() {
    let server = server().await;
    let token = token(&server).await;
    for (account, expected) in [(ACCOUNT, 200), ("99999999", 401)] {
        let target = format!("/api/account/{account}/x");
        let answer = asked(&server, &target, &token).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{account}");
    }
}

#[tokio::test]
async fn a_token_beside_a_session_that_lives_is_refused_and_one_that_does_not_count_is_absent() {
    let server = server().await;
    let (token, tokens) = (token(&server).await, liveperson(&server).await);
    let beside = async |token: &str, cookie: &str| {
        let request = asked(&server, "/v1/x", token).header("cookie", format!("session_id={cookie}"));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(beside(&token, &tokens.cookie).await, 401);
    assert_eq!(beside(&token, &"0".repeat(64)).await, 200);
    assert_eq!(beside("another.services.token", &tokens.cookie).await, 200);
    assert_eq!(status(&server, &tokens.bearer).await, 200, "a bearer of a session is one all the same");
}
