//! Requests that API keys sign (contract liveperson §3; RFC 5849), at the checks by kind. What a signature is of, and every way in
//! which one is wrong, `crates/oauth1` tests.

use reqwest::RequestBuilder;
use vestibule_model::{
    AccountState, Application, ApplicationId, Clock as _, GatewayCredential, GatewayRule,
    GatewayRuleSettings, IdentityHeader, RefusalStyle, UserKind,
};
use vestibule_oauth1::SignatureMethod;
use vestibule_oauth1::testing::{self, Client, Made};
use vestibule_testkit::Key;

use super::kinds::{KINDS, headers};
use super::*;

pub(crate) const TARGET: &str = "/v1/x?b=%20&a=1";

pub(crate) fn client(key: &Key) -> Client {
    Client {
        consumer_key: key.app_key.into(),
        consumer_secret: key.secret.into(),
        token: key.access_token.into(),
        token_secret: key.access_token_secret.into(),
        method: SignatureMethod::HmacSha1,
    }
}

pub(crate) fn any() -> GatewayRuleSettings {
    GatewayRuleSettings {
        credentials: vec![GatewayCredential::Signature, GatewayCredential::Bearer, GatewayCredential::Cookie],
        identity_headers: IdentityHeader::ALL.into(),
        ..GatewayRuleSettings::default()
    }
}

pub(crate) async fn set(server: &TestServer, settings: GatewayRuleSettings) {
    let rule = GatewayRule { name: "signed".into(), settings };
    server.change(vec![Change::PutGatewayRule(rule.into())]).await;
}

/// A server that has run for a while, with a rule that takes signatures.
pub(crate) async fn server() -> TestServer {
    let server = TestServer::start().await;
    set(&server, any()).await;
    server.clock.advance(Duration::from_mins(10));
    server
}

pub(crate) fn now(server: &TestServer) -> i64 {
    server.clock.now().as_unix() / 1000
}

/// A GET of [`TARGET`] and the nonce, which a test may change before it is signed.
pub(crate) fn made<'a>(server: &TestServer, nonce: &'a str) -> Made<'a> {
    Made {
        method: "GET",
        uri: "https://api.example.com/v1/x",
        parameters: &[("b", " "), ("a", "1")],
        timestamp: now(server),
        nonce,
    }
}

/// What a gateway of this kind asks about a request for a target.
pub(crate) fn asked(server: &TestServer, kind: &str, target: &str) -> RequestBuilder {
    let behind = if kind == "envoy" { target } else { "" };
    let request = server.request(Method::GET, &format!("{CHECK}/{kind}/rule/signed{behind}"));
    let request = if kind == "envoy" { request.header("host", "api.example.com") } else { request };
    headers(kind, target).into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// Status and body of what nginx is answered about a request that somebody signed.
pub(crate) async fn told(server: &TestServer, by: &Client, made: &Made<'_>) -> (u16, String) {
    let request = asked(server, "nginx", TARGET).header("authorization", by.authorization(made));
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The same of one by the bot's key that nothing is wrong with.
pub(crate) async fn status(server: &TestServer, nonce: &str) -> u16 {
    told(server, &client(&Key::BOT), &made(server, nonce)).await.0
}

#[tokio::test]
async fn a_signed_request_passes_as_its_key_and_as_no_user() {
    let server = server().await;
    let by = client(&Key::BOT);
    for kind in KINDS {
        let header = by.authorization(&made(&server, kind));
        let answer = asked(&server, kind, TARGET).header("authorization", header).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{kind}");
        let told: Vec<(&str, &str)> = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .filter(|(name, value)| name.starts_with("x-vestibule-") && !value.is_empty())
            .collect();
        let expected = [
            ("x-vestibule-account", ACCOUNT),
            ("x-vestibule-application", "1"),
            ("x-vestibule-method", "api-key-signature"),
        ];
        assert_eq!(told, expected, "{kind}");
    }
}

#[tokio::test]
async fn a_rule_takes_no_signatures_unless_it_lists_them() {
    let server = server().await;
    set(&server, GatewayRuleSettings::default()).await;
    let (status, body) = told(&server, &client(&Key::BOT), &made(&server, "n")).await;
    assert_eq!((status, &body[..28]), (401, "oauth_problem=token_rejected"));
}

/// There is no target that the signature could be of.
#[tokio::test]
async fn g6_the_plain_check_takes_no_signature_whatever_its_rule_says() {
    let server = server().await;
    let rule = GatewayRule { name: GatewayRule::DEFAULT.into(), settings: any() };
    server.change(vec![Change::PutGatewayRule(rule.into())]).await;
    let header = client(&Key::BOT).authorization(&made(&server, "n"));
    let request = server.request(Method::GET, CHECK).header("authorization", header);
    let request =
        headers("nginx", TARGET).into_iter().fold(request, |it, (name, value)| it.header(name, value));
    let answer = request.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &*answer.text().await.unwrap()), (401, INVALID));
}

pub(crate) const INVALID: &str =
    "oauth_problem=signature_invalid&oauth_problem_advice=the oauth_signature is invalid";

#[tokio::test]
async fn g5_what_was_not_signed_is_refused_in_the_words_of_the_contract() {
    let server = server().await;
    let (by, made) = (client(&Key::BOT), made(&server, "n"));
    let problem = async |by: &Client, made: Made<'_>| {
        let (status, body) = told(&server, by, &made).await;
        let name = body.split('&').next().unwrap().to_owned();
        format!("{status} {}", name.strip_prefix("oauth_problem=").unwrap())
    };
    for (wrong, what) in [
        (Made { method: "POST", ..made }, "method"),
        (Made { uri: "http://api.example.com/v1/x", ..made }, "scheme"),
        (Made { uri: "https://api.example.org/v1/x", ..made }, "host"),
        (Made { uri: "https://api.example.com:8443/v1/x", ..made }, "port"),
        (Made { uri: "https://api.example.com/v1/y", ..made }, "path"),
        (Made { parameters: &[("b", " ")], ..made }, "query"),
    ] {
        assert_eq!(problem(&by, wrong).await, "401 signature_invalid", "another {what}");
    }
    let wrong = Client { token_secret: "x".into(), ..by.clone() };
    assert_eq!(problem(&wrong, made).await, "401 signature_invalid");
    let wrong = Client { token: "another key's".into(), ..by.clone() };
    assert_eq!(problem(&wrong, made).await, "401 token_rejected");
    let wrong = Client { consumer_key: "nobody".into(), ..by.clone() };
    assert_eq!(problem(&wrong, made).await, "401 consumer_key_unknown");
    for away in [-301, 301] {
        let wrong = Made { timestamp: made.timestamp + away, ..made };
        assert_eq!(problem(&by, wrong).await, "401 timestamp_refused", "{away}");
    }
    assert_eq!(problem(&by, Made { nonce: "", ..made }).await, "401 parameter_rejected");
    assert_eq!(told(&server, &by, &made).await.0, 200, "and this is what was varied");
}

#[tokio::test]
async fn a_refused_signature_is_answered_with_its_challenge_and_in_the_shape_of_the_rule() {
    let server = server().await;
    let header_of = |nonce| {
        let wrong = Client { consumer_secret: "x".into(), ..client(&Key::BOT) };
        wrong.authorization(&made(&server, nonce))
    };
    let ask = async |header: String| {
        let answer = asked(&server, "nginx", TARGET).header("authorization", header).send().await.unwrap();
        let challenge = header_value(&answer);
        (answer.status().as_u16(), challenge, answer.text().await.unwrap())
    };
    let challenge = r#"OAuth realm="Vestibule""#;
    assert_eq!(ask(header_of("a")).await, (401, challenge.into(), INVALID.into()));
    set(&server, GatewayRuleSettings { refusals: RefusalStyle::Problem, ..any() }).await;
    let (status, told, body) = ask(header_of("b")).await;
    assert_eq!((status, &*told), (401, challenge));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["type"], "urn:vestibule:not-authenticated");
    assert_eq!(body["detail"], INVALID);
}

fn header_value(answer: &Response) -> String {
    header(answer, "www-authenticate")
}

#[tokio::test]
async fn g5_plaintext_and_repeated_parameters_are_refused() {
    let server = server().await;
    let header = client(&Key::BOT).authorization(&made(&server, "n"));
    let ask = async |header: String| {
        asked(&server, "nginx", TARGET).header("authorization", header).send().await.unwrap().text().await
    };
    let plain = header.replace("HMAC-SHA1", "PLAINTEXT");
    assert!(ask(plain).await.unwrap().starts_with("oauth_problem=signature_method_rejected"));
    let twice = header.clone() + r#", oauth_nonce="n""#;
    assert!(ask(twice).await.unwrap().starts_with("oauth_problem=parameter_rejected"));
    let beside = asked(&server, "nginx", &format!("{TARGET}&oauth_nonce=n")).header("authorization", header);
    let beside = beside.send().await.unwrap().text().await.unwrap();
    assert!(beside.starts_with("oauth_problem=parameter_rejected"), "{beside}");
}

#[tokio::test]
async fn s4_a_key_or_an_account_that_is_disabled_signs_nothing() {
    let server = server().await;
    let account = server.fixture.account.id;
    assert_eq!(status(&server, "a").await, 200);
    let mut key = server.fixture.api_key.clone();
    key.enabled = false;
    server.change(vec![Change::PutApiKey(account, Box::new(key.clone()))]).await;
    let (status_code, body) = told(&server, &client(&Key::BOT), &made(&server, "b")).await;
    assert_eq!((status_code, &body[..34]), (401, "oauth_problem=consumer_key_unknown"));
    key.enabled = true;
    server.change(vec![Change::PutApiKey(account, Box::new(key))]).await;
    assert_eq!(status(&server, "c").await, 200);
    let disabled =
        vestibule_model::Account { state: AccountState::Disabled, ..server.fixture.account.clone() };
    server.change(vec![Change::PutAccount(disabled.into())]).await;
    assert_eq!(status(&server, "d").await, 401);
    server.change(vec![Change::DeleteApiKey(account, ApplicationId(1))]).await;
    assert_eq!(status(&server, "e").await, 401);
}

#[tokio::test]
async fn a_key_with_addresses_signs_from_there_alone() {
    let server = server().await;
    for (addresses, expected) in [("192.0.2.0/24", 200), ("198.51.100.0/24", 403)] {
        let key = vestibule_model::ApiKey {
            addresses: vec![addresses.parse().unwrap()],
            ..server.fixture.api_key.clone()
        };
        server.change(vec![Change::PutApiKey(server.fixture.account.id, Box::new(key))]).await;
        assert_eq!(status(&server, addresses).await, expected, "{addresses}");
    }
}

/// A key is no user, so what is asked of users it has not.
#[tokio::test]
async fn a_rule_that_is_not_for_the_key_refuses_it_and_uses_nothing_up() {
    let server = server().await;
    let key = Application::ApiKey(ApplicationId(1));
    let others = Application::ApiKey(ApplicationId(7));
    for (index, settings) in [
        GatewayRuleSettings { applications: vec![others], ..any() },
        GatewayRuleSettings { accounts: vec!["other".parse().unwrap()], ..any() },
        GatewayRuleSettings { paths: vec!["/v2/**".into()], ..any() },
        GatewayRuleSettings { privileges: vec![100], ..any() },
        GatewayRuleSettings { minimum_rank: Some(vestibule_model::Rank::Agent), ..any() },
        GatewayRuleSettings { user_kinds: vec![UserKind::Bot], ..any() },
        GatewayRuleSettings { populations: vec![vestibule_model::Population::User], ..any() },
    ]
    .into_iter()
    .enumerate()
    {
        set(&server, settings).await;
        assert_eq!(status(&server, "n").await, 403, "demand {index}");
    }
    let meant = GatewayRuleSettings {
        applications: vec![key],
        accounts: vec![ACCOUNT.parse().unwrap()],
        paths: vec!["/v1/*".into()],
        ..any()
    };
    set(&server, meant).await;
    assert_eq!(status(&server, "n").await, 200);
}

#[tokio::test]
async fn s8_the_target_has_to_name_the_account_of_the_key() {
    let server = server().await;
    let by = client(&Key::BOT);
    for (account, expected) in [(ACCOUNT, 200), ("99999999", 401)] {
        let target = format!("/api/account/{account}/x");
        let uri = format!("https://api.example.com{target}");
        let made = Made { uri: &uri, parameters: &[], ..made(&server, account) };
        let request = asked(&server, "nginx", &target).header("authorization", by.authorization(&made));
        assert_eq!(request.send().await.unwrap().status(), expected, "{account}");
    }
}

#[tokio::test]
async fn a_signature_beside_a_session_that_lives_is_refused() {
    let server = server().await;
    let cookie = liveperson(&server).await.cookie;
    for (cookie, expected) in [(cookie, 401), ("0".repeat(64), 200)] {
        let header = client(&Key::BOT).authorization(&made(&server, "n"));
        let request = asked(&server, "nginx", TARGET).header("authorization", header);
        let request = request.header("cookie", format!("session_id={cookie}"));
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
}

/// The protocol parameters may stand in the query, beside a bearer in the header.
fn in_the_query(server: &TestServer, by: &Client, nonce: &str) -> String {
    let pairs = by.sign(&made(server, nonce));
    let pairs =
        pairs.iter().map(|(name, value)| format!("&{}={}", testing::encoded(name), testing::encoded(value)));
    format!("{TARGET}{}", pairs.collect::<String>())
}

#[tokio::test]
async fn a_request_that_is_signed_in_the_query_is_refused_in_the_words_of_the_contract_too() {
    let server = server().await;
    let (by, wrong) = (client(&Key::BOT), Client { consumer_secret: "x".into(), ..client(&Key::BOT) });
    let right = asked(&server, "nginx", &in_the_query(&server, &by, "a"));
    assert_eq!(right.send().await.unwrap().status(), 200);
    let answer = asked(&server, "nginx", &in_the_query(&server, &wrong, "b")).send().await.unwrap();
    assert_eq!(
        (header(&answer, "content-type"), answer.text().await.unwrap()),
        ("text/plain".into(), INVALID.into())
    );
}

#[tokio::test]
async fn s3_a_bearer_that_has_ended_beside_a_signature_is_refused() {
    let server = server().await;
    let (by, tokens) = (client(&Key::BOT), liveperson(&server).await);
    assert_eq!(server.log_out(&(tokens.cookie, tokens.csrf)).await, 200);
    for (bearer, expected) in [(&*tokens.bearer, 401), ("another.services", 200)] {
        let target = in_the_query(&server, &by, "n");
        let answer = asked(&server, "nginx", &target).bearer_auth(bearer).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{bearer}");
    }
}

/// Also where the rule takes signatures alone.
#[tokio::test]
async fn a_signature_beside_a_session_of_the_pages_is_refused() {
    let server = server().await;
    set(&server, GatewayRuleSettings { credentials: vec![GatewayCredential::Signature], ..any() }).await;
    let cookie = page_sessions::page_cookie(&server).await;
    for (cookie, expected) in [(cookie, 401), ("0".repeat(64), 200)] {
        let header = client(&Key::BOT).authorization(&made(&server, "n"));
        let request = asked(&server, "nginx", TARGET).header("authorization", header);
        let request = request.header("cookie", format!("__Host-vestibule={cookie}"));
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
}

#[tokio::test]
async fn sessions_pass_by_a_rule_that_takes_signatures_too() {
    let server = server().await;
    let tokens = liveperson(&server).await;
    let request = asked(&server, "nginx", TARGET).bearer_auth(&tokens.bearer);
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(asked(&server, "nginx", TARGET).send().await.unwrap().status(), 401);
}
