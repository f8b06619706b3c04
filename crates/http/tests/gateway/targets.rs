//! The target of the request that a gateway asks about: who may name it, and whose account it is.

use super::*;

const OTHERS: &str = "/ws_api/account/99999999/messaging/brand/";
const FORWARDED: &str = "x-forwarded-uri";
const ORIGINAL: &str = "x-original-uri";

async fn ask(server: &TestServer, shown: &[(&str, &str)]) -> u16 {
    let request = server.request(Method::GET, CHECK);
    let request = shown.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn g6_a_target_of_the_clients_beside_the_gateways_is_refused() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let gateways = format!("{OTHERS}{}", tokens.bearer);
    let clients = format!("/ws_api/account/{ACCOUNT}/messaging/brand/{}", tokens.bearer);
    assert_eq!(ask(&server, &[(ORIGINAL, &clients)]).await, 200);
    for (one, other) in [(FORWARDED, ORIGINAL), (ORIGINAL, FORWARDED)] {
        assert_eq!(ask(&server, &[(one, &gateways)]).await, 401);
        assert_eq!(ask(&server, &[(one, &gateways), (other, &clients)]).await, 401);
        assert_eq!(ask(&server, &[(one, &clients), (other, &gateways)]).await, 401);
        assert_eq!(ask(&server, &[(one, &clients), (other, "/")]).await, 401);
    }
}

#[tokio::test]
async fn g6_a_target_that_stands_twice_is_refused_also_when_it_is_the_same() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let target = format!("/ws_api/account/{ACCOUNT}/messaging/brand/{}", tokens.bearer);
    let bearer = format!("Bearer {}", tokens.bearer);
    for name in [FORWARDED, ORIGINAL] {
        assert_eq!(ask(&server, &[(name, &target), (name, &target)]).await, 401);
        assert_eq!(ask(&server, &[("authorization", &bearer), (name, "/a"), (name, "/a")]).await, 401);
    }
    assert_eq!(ask(&server, &[(FORWARDED, &target), (ORIGINAL, &target)]).await, 200);
}

#[tokio::test]
async fn s8_a_target_of_another_account_is_refused_whatever_the_credential() {
    let server = TestServer::start().await;
    let (tokens, id) = (liveperson(&server).await, livevox(&server).await);
    let bearer = format!("Bearer {}", tokens.bearer);
    let cookie = format!("session_id={}", tokens.cookie);
    for credential in [("authorization", &bearer), ("cookie", &cookie), ("lv-session", &id)] {
        let with =
            async |target: &str| ask(&server, &[(credential.0, credential.1), (FORWARDED, target)]).await;
        assert_eq!(with("/api/account/99999999/configuration?v=1").await, 401, "{credential:?}");
        assert_eq!(with("/ws_api/account/99999999/other").await, 401, "{credential:?}");
        assert_eq!(with(&format!("{OTHERS}{}", tokens.bearer)).await, 401, "{credential:?}");
        assert_eq!(with(&format!("/api/account/{ACCOUNT}/configuration")).await, 200, "{credential:?}");
        assert_eq!(with("/other/account/99999999").await, 200, "{credential:?}");
    }
}

#[tokio::test]
async fn a_session_that_is_shown_for_another_account_is_not_kept_alive() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let bearer = format!("Bearer {}", tokens.bearer);
    server.clock.advance(Duration::from_hours(7));
    assert_eq!(ask(&server, &[("authorization", &bearer), (FORWARDED, OTHERS)]).await, 401);
    server.clock.advance(Duration::from_hours(1));
    assert_eq!(ask(&server, &[("authorization", &bearer)]).await, 401);
}

#[tokio::test]
async fn g3_a_target_that_cannot_be_read_is_refused() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let request = server.request(Method::GET, CHECK).bearer_auth(&tokens.bearer);
    let request = request.header(FORWARDED, reqwest::header::HeaderValue::from_bytes(b"/\xff").unwrap());
    assert_eq!(request.send().await.unwrap().status(), 401);
}
