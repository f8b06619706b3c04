//! Guesses at an API key, from one address and from many.

use std::net::{IpAddr, Ipv4Addr};

use reqwest::{Client, Response};
use serde_json::json;
use vestibule_testkit::{ACCOUNT, Key, TestServer};

/// A server that takes three failures at a key, and any number from an address.
async fn start() -> TestServer {
    TestServer::start_with(|_, settings| settings.failures.burst = 3).await
}

/// A login of the bot from another address of this machine.
async fn from(server: &TestServer, number: u8, key: &Key) -> Response {
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, number));
    let client = Client::builder().no_proxy().local_address(address).build().unwrap();
    let body = json!({
        "username": "bot", "appKey": key.app_key, "secret": key.secret,
        "accessToken": key.access_token, "accessTokenSecret": key.access_token_secret,
    });
    let url = format!("http://{}/api/account/{ACCOUNT}/login", server.address());
    client.post(url).json(&body).send().await.unwrap()
}

const WRONG: Key = Key { secret: "wrong", ..Key::BOT };

/// One wrong guess from each of five addresses.
async fn flood(server: &TestServer) {
    for number in 2..7 {
        assert_eq!(from(server, number, &WRONG).await.status(), 401);
    }
}

#[tokio::test]
async fn l3_guesses_at_a_key_from_many_addresses_are_limited_together() {
    let server = start().await;
    flood(&server).await;
    let response = from(&server, 2, &WRONG).await;
    let retry_after: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(retry_after >= 5);
    assert_eq!(response.status(), 429);
    server.clock.advance(std::time::Duration::from_secs(retry_after));
    assert_eq!(from(&server, 2, &WRONG).await.status(), 401);
}

#[tokio::test]
async fn l3_a_guess_beyond_the_limit_is_not_looked_at() {
    let server = start().await;
    flood(&server).await;
    assert_eq!(from(&server, 2, &Key::BOT).await.status(), 429);
}

#[tokio::test]
async fn l3_a_key_that_does_not_exist_is_limited_like_one_that_does() {
    let server = start().await;
    let unknown = Key { app_key: "unknown", ..WRONG };
    for number in 2..7 {
        assert_eq!(from(&server, number, &unknown).await.status(), 401);
    }
    assert_eq!(from(&server, 2, &unknown).await.status(), 429);
    assert_eq!(from(&server, 2, &WRONG).await.status(), 401);
}

#[tokio::test]
async fn l4_a_flooded_key_still_opens_for_its_bot_from_an_address_that_sent_nothing_wrong() {
    let server = start().await;
    flood(&server).await;
    assert_eq!(from(&server, 9, &Key::BOT).await.status(), 200);
}

#[tokio::test]
async fn l4_a_flooded_key_still_opens_for_its_bot_where_somebody_beside_it_guesses() {
    let server = start().await;
    assert_eq!(from(&server, 2, &Key::BOT).await.status(), 200);
    flood(&server).await;
    assert_eq!(from(&server, 2, &Key::BOT).await.status(), 200);
}

#[tokio::test]
async fn l4_no_number_of_guesses_locks_a_bot() {
    let server = TestServer::start_with(|fixture, settings| {
        fixture.account.lockout_policy.failures = 1;
        settings.failures.per_minute = 0;
    })
    .await;
    for _ in 0..10 {
        assert_eq!(from(&server, 2, &WRONG).await.status(), 401);
    }
    assert_eq!(from(&server, 2, &Key::BOT).await.status(), 200);
}
