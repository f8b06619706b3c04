//! Providers that answer late or never: whom that keeps waiting, and what it costs whoever asks.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Client;
use reqwest::header::COOKIE;
use serde_json::{Value, json};
use vestibule_auth::{FailureLimit, SharedOutgoing};
use vestibule_model::{ConnectionId, Protocol};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::{self as idp, ISSUER, claims, oidc_connection};
use vestibule_testkit::{ACCOUNT, ScriptedProvider, TestServer};

use crate::browser::{Browser, location, parameter};
use crate::provider::logout_token;
use crate::support::now;

/// How many logins of an account wait for providers at once.
const OF_ONE_ACCOUNT: usize = 32;

/// A server where each address has this many failures.
async fn server(burst: u32) -> (TestServer, Arc<ScriptedProvider>) {
    let provider = Arc::new(ScriptedProvider::default());
    let outgoing: Arc<dyn vestibule_auth::Outgoing> = Arc::<ScriptedProvider>::clone(&provider);
    let server = TestServer::start_with(|fixture, settings| {
        fixture.connections = vec![oidc_connection()];
        settings.outgoing = SharedOutgoing(outgoing);
        settings.failures = FailureLimit { per_minute: 1, burst };
    })
    .await;
    (server, provider)
}

/// A callback that a browser is about to send: address, cookies, and the nonce of its attempt.
struct Callback {
    url: String,
    cookies: String,
    nonce: String,
}

impl Callback {
    async fn of(server: &TestServer, account: &str) -> Self {
        let mut browser = Browser::new(server);
        let base = format!("/sso/oidc/{account}/{}", idp::OIDC);
        let begun = location(&browser.get(&format!("{base}/login")).await);
        let path = format!("{base}/callback?code=c0de&state={}", parameter(&begun, "state"));
        let pairs = browser.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        Self {
            url: format!("http://{}{path}", server.address()),
            cookies: pairs.collect::<Vec<_>>().join("; "),
            nonce: parameter(&begun, "nonce"),
        }
    }

    /// Sends it, and gives the status.
    fn send(&self) -> impl Future<Output = u16> + Send + 'static {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        let request = client.unwrap().get(&self.url).header(COOKIE, &self.cookies);
        async move { request.send().await.unwrap().status().as_u16() }
    }
}

/// Another account, whose connection has a token endpoint of its own.
async fn put_other_account(server: &TestServer) -> &'static str {
    let mut other = server.fixture.account.clone();
    (other.id, other.code, other.number) = ("other".parse().unwrap(), "OTHER".into(), 77);
    let mut connection = oidc_connection();
    connection.id = ConnectionId(90);
    let Protocol::Oidc(oidc) = &mut connection.protocol else { unreachable!("it speaks OpenID Connect") };
    oidc.token_endpoint = format!("{ISSUER}/other-token");
    let id = other.id;
    server.change(vec![Change::PutAccount(other.into()), Change::PutConnection(id, connection.into())]).await;
    "other"
}

async fn asked(provider: &ScriptedProvider, times: usize) {
    while provider.asked().len() < times {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a6_an_account_whose_provider_answers_nobody_fills_its_own_share_and_no_others() {
    let (server, provider) = server(100).await;
    let other = put_other_account(&server).await;
    provider.keep_waiting(&format!("{ISSUER}/token"));
    for waiting in 0..OF_ONE_ACCOUNT {
        tokio::spawn(Callback::of(&server, ACCOUNT).await.send());
        asked(&provider, waiting + 1).await;
    }
    let one_more = Callback::of(&server, ACCOUNT).await.send();
    assert_eq!(tokio::time::timeout(Duration::from_secs(5), one_more).await, Ok(503));
    let of_other = Callback::of(&server, other).await;
    let token = idp::id_token(&claims(&of_other.nonce, "nobody", now(&server)));
    provider.answer(&format!("{ISSUER}/other-token"), 200, &json!({ "id_token": token }).to_string());
    assert_eq!(of_other.send().await, 403, "its provider was asked, and names nobody whom it has");
    assert_eq!(provider.asked().len(), OF_ONE_ACCOUNT + 1);
}

#[tokio::test]
async fn a6_an_attempt_has_one_exchange_under_way_however_often_it_is_sent() {
    let (server, provider) = server(100).await;
    provider.keep_waiting(&format!("{ISSUER}/token"));
    let callback = Callback::of(&server, ACCOUNT).await;
    tokio::spawn(callback.send());
    asked(&provider, 1).await;
    for _ in 0..3 {
        assert_eq!(tokio::time::timeout(Duration::from_secs(5), callback.send()).await, Ok(503));
    }
    assert_eq!(provider.asked().len(), 1);
}

#[tokio::test]
async fn a6_whoever_asks_providers_that_do_not_answer_is_turned_away_in_the_end() {
    let (server, provider) = server(3).await;
    let callback = Callback::of(&server, ACCOUNT).await;
    for _ in 0..3 {
        assert_eq!(callback.send().await, 503);
    }
    assert_eq!((callback.send().await, provider.asked().len()), (429, 3));
}

#[tokio::test]
async fn providers_that_do_not_answer_cost_nobody_the_logins_by_password() {
    let (server, _provider) = server(3).await;
    let callback = Callback::of(&server, ACCOUNT).await;
    for _ in 0..4 {
        callback.send().await;
    }
    let body = json!({ "username": "name", "password": "password" });
    assert_eq!(server.post(&format!("/api/account/{ACCOUNT}/login?v=1.3"), &body).await.status(), 200);
}

#[tokio::test]
async fn logins_that_the_provider_answers_cost_nothing() {
    let (server, provider) = server(3).await;
    for _ in 0..5 {
        let callback = Callback::of(&server, ACCOUNT).await;
        let mut claims = claims(&callback.nonce, "name", now(&server));
        claims["jti"] = callback.nonce.as_str().into();
        let body = json!({ "id_token": idp::id_token(&claims) });
        provider.answer(&format!("{ISSUER}/token"), 200, &body.to_string());
        assert_eq!(callback.send().await, 303);
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_keeps_no_other_account_from_reading_its_keys_again() {
    let (server, provider) = server(100).await;
    let account = |number: i32| {
        let mut account = server.fixture.account.clone();
        (account.id, account.code) = (format!("a{number}").parse().unwrap(), format!("A{number}"));
        account.number = number;
        account
    };
    let url = |number: i32| format!("{ISSUER}/{number}/jwks");
    let numbers = [100, 101, 102];
    for number in numbers {
        let mut connection = oidc_connection();
        connection.id = ConnectionId(number.into());
        let Protocol::Oidc(oidc) = &mut connection.protocol else { unreachable!("it speaks OpenID Connect") };
        oidc.jwks_uri = Some(url(number));
        let account = account(number);
        let id = account.id;
        let changes = vec![Change::PutAccount(account.into()), Change::PutConnection(id, connection.into())];
        server.change(changes).await;
        provider.keep_waiting(&url(number));
    }
    let (auth, at) = (Arc::clone(&server.auth), now(&server));
    let reading = tokio::spawn(async move { auth.refresh_connections(at).await });
    // Those of the fixture too.
    let all = tokio::time::timeout(Duration::from_secs(5), asked(&provider, numbers.len() + 1)).await;
    assert!(all.is_ok() && !reading.is_finished(), "{:?}", provider.asked());
    reading.abort();
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_not_the_first_to_be_asked_the_next_time() {
    let (server, provider) = server(100).await;
    let mut second = oidc_connection();
    (second.id, second.name) = (ConnectionId(100), "second".into());
    let Protocol::Oidc(oidc) = &mut second.protocol else { unreachable!("it speaks OpenID Connect") };
    oidc.jwks_uri = Some(format!("{ISSUER}/second/jwks"));
    server.change(vec![Change::PutConnection(ACCOUNT.parse().unwrap(), second.into())]).await;
    provider.keep_waiting(&format!("{ISSUER}/jwks"));
    provider.keep_waiting(&format!("{ISSUER}/second/jwks"));
    for round in 1..=2 {
        let (auth, at) = (Arc::clone(&server.auth), now(&server));
        let reading = tokio::spawn(async move { auth.refresh_connections(at).await });
        asked(&provider, round).await;
        reading.abort();
        server.clock.advance(Duration::from_mins(10));
    }
    let asked: std::collections::BTreeSet<String> =
        provider.asked().into_iter().map(|asked| asked.0).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
}

/// A logout token that nobody signed, by a key that the connection does not have.
fn logout_token_by_unknown_key() -> String {
    let part = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!(
        "{}.{}.AAAA",
        part(json!({ "alg": "RS256", "kid": "unknown" })),
        part(json!({ "iss": ISSUER, "aud": idp::CLIENT }))
    )
}

#[tokio::test]
async fn a6_logouts_of_an_address_that_is_over_its_limit_wait_for_no_provider() {
    let (server, provider) = server(2).await;
    let path = format!("/sso/oidc/{ACCOUNT}/{}/backchannel-logout", idp::OIDC);
    let send = async |token: &str| {
        let sent = Browser::new(&server).post(&path, &[("logout_token", token)]).await;
        sent.status().as_u16()
    };
    assert_eq!((send("x").await, send("x").await, send("x").await), (400, 400, 429));
    provider.keep_waiting(&format!("{ISSUER}/jwks"));
    let refused = tokio::time::timeout(Duration::from_secs(5), send(&logout_token_by_unknown_key())).await;
    assert_eq!((refused, provider.asked().len()), (Ok(429), 0));
    assert_eq!(send(&logout_token(&server, &json!({}))).await, 200);
}

#[tokio::test]
async fn a6_providers_that_do_not_answer_keep_nobody_of_another_account_from_logging_in() {
    let (server, provider) = server(2).await;
    let other = put_other_account(&server).await;
    for _ in 0..2 {
        assert_eq!(Callback::of(&server, ACCOUNT).await.send().await, 503);
    }
    assert_eq!(Callback::of(&server, ACCOUNT).await.send().await, 429);
    let of_other = Callback::of(&server, other).await;
    let token = idp::id_token(&claims(&of_other.nonce, "nobody", now(&server)));
    provider.answer(&format!("{ISSUER}/other-token"), 200, &json!({ "id_token": token }).to_string());
    assert_eq!(of_other.send().await, 403, "its provider was asked, and names nobody whom it has");
}
