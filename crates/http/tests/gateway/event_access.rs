//! Who may listen to events, how many, and for how long.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};
use vestibule_auth::FeedLimits;
use vestibule_model::{AccountState, UserId};
use vestibule_store::Change;
use vestibule_testkit::{EventReader, TestServer};

use crate::events::{ask_behind, basic, open, start, start_with};

const EVENTS: &str = "/gateway/events";

fn proof() -> String {
    basic("client-id", "client-secret")
}

async fn ask(server: &TestServer, proof: &str) -> (u16, Value) {
    let stream = ask_behind(server, proof, "").await;
    let (status, head) = (stream.status(), stream.head.clone());
    assert!(head.to_lowercase().contains("content-type: application/problem+json"), "{head}");
    assert_eq!(status == 401, head.to_lowercase().contains("www-authenticate: basic"), "{head}");
    (status, serde_json::from_str(&stream.body().await).unwrap())
}

async fn status(server: &TestServer, proof: &str) -> u16 {
    ask(server, proof).await.0
}

#[tokio::test]
async fn who_proves_nothing_hears_nothing() {
    let server = start().await;
    let (bearer, _) = server.session().await;
    for proof in ["", "Basic", "Basic x", &basic("client-id", ""), &format!("Bearer {bearer}")] {
        assert_eq!(status(&server, proof).await, 401, "{proof}");
    }
    assert_eq!(status(&server, &basic("nobody", "client-secret")).await, 401);
}

#[tokio::test]
async fn l3_guessed_secrets_are_limited_as_everywhere() {
    let server = start().await;
    let tried = async |secret: &str| status(&server, &basic("client-id", secret)).await;
    let mut refused = Vec::new();
    for guess in 0..200 {
        refused.push(tried(&format!("guess-{guess}")).await);
        if refused.last() == Some(&429) {
            break;
        }
    }
    assert_eq!((refused.first(), refused.last()), (Some(&401), Some(&429)));
}

#[tokio::test]
async fn a_client_that_is_no_resource_server_hears_nothing() {
    let server = start_with(|fixture| fixture.oauth_client.metadata.resource_server = false).await;
    assert_eq!(status(&server, &proof()).await, 403);
}

#[tokio::test]
async fn credentials_in_the_url_are_none() {
    let server = start().await;
    let path = format!("{EVENTS}?client_id=client-id&client_secret=client-secret");
    assert_eq!(EventReader::open(server.address(), &path, &[]).await.status(), 401);
}

#[tokio::test]
async fn from_elsewhere_than_the_networks_of_gateways_nothing_is_heard() {
    let server = start().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
    let stream = socket.connect(server.address()).await.unwrap();
    let stream = EventReader::over(stream, EVENTS, &[("Authorization", &proof())]).await;
    assert_eq!(stream.status(), 403);
    assert!(stream.body().await.contains("urn:vestibule:not-a-gateway"));
}

#[tokio::test]
async fn over_http_2_there_are_no_streams() {
    let server = start().await;
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let url = format!("http://{}{EVENTS}", server.address());
    let answer = client.get(url).basic_auth("client-id", Some("client-secret")).send().await.unwrap();
    assert_eq!(answer.status(), 505);
    assert!(answer.text().await.unwrap().contains("urn:vestibule:http-1-1-required"));
}

#[tokio::test]
async fn other_methods_open_no_stream() {
    let server = start().await;
    let head = server.request(Method::HEAD, EVENTS).basic_auth("client-id", Some("client-secret"));
    assert_eq!(head.send().await.unwrap().status(), 405);
    assert_eq!(server.auth.feed_figures().streams, 0);
    let post = server.request(Method::POST, EVENTS).send().await.unwrap();
    assert_eq!(post.status(), 405);
    assert_eq!(post.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn while_the_sessions_are_read_there_are_no_streams() {
    let mut server = start().await;
    server.restart_unloaded().await;
    assert_eq!(status(&server, &proof()).await, 503);
}

/// The stream ends with the next lease at the latest.
async fn is_over(mut stream: EventReader) -> bool {
    for _ in 0..100 {
        if stream.next().await.is_none() {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn s4_a_stream_ends_with_the_right_to_it() {
    for change in ["disabled", "no resource server", "renewed", "gone", "account disabled"] {
        let server = start().await;
        let stream = open(&server).await;
        let account = server.fixture.account.id;
        let mut client = server.fixture.oauth_client.clone();
        let changed = match change {
            "disabled" => {
                client.enabled = false;
                Change::PutOauthClient(account, Box::new(client))
            }
            "no resource server" => {
                client.metadata.resource_server = false;
                Change::PutOauthClient(account, Box::new(client))
            }
            "renewed" => {
                client.secret_version = client.secret_version.next();
                Change::PutOauthClient(account, Box::new(client))
            }
            "gone" => Change::DeleteOauthClient(account, client.id),
            _ => {
                let mut account = server.fixture.account.clone();
                account.state = AccountState::Disabled;
                Change::PutAccount(Box::new(account))
            }
        };
        server.change(vec![changed]).await;
        assert!(is_over(stream).await, "{change}");
    }
}

#[tokio::test]
async fn a_stream_that_is_over_is_told_nothing_of_what_ended_it() {
    let server = start().await;
    let mut stream = open(&server).await;
    let mut client = server.fixture.oauth_client.clone();
    client.enabled = false;
    server.change(vec![Change::PutOauthClient(server.fixture.account.id, Box::new(client))]).await;
    assert_eq!(stream.next_event().await, None);
}

#[tokio::test]
async fn one_account_has_so_many_streams_and_all_have_so_many() {
    for (limits, expected) in [((3, 2), 429), ((2, 3), 503)] {
        let server = TestServer::start_with(|fixture, settings| {
            fixture.oauth_client.metadata.resource_server = true;
            settings.feed = FeedLimits { streams: limits.0, of_account: limits.1 };
        })
        .await;
        let _streams = [open(&server).await, open(&server).await];
        assert_eq!(status(&server, &proof()).await, expected);
    }
}

/// A connection that takes little at once.
async fn narrow(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(address).await.unwrap()
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_and_holds_nobody_up_for_long() {
    let mut server = start().await;
    let stream = narrow(server.address()).await;
    let stalled = EventReader::over(stream, EVENTS, &[("Authorization", &proof())]).await;
    let user = server.fixture.user("name").clone();
    let users = |round: u32| {
        let another = |number: i64| {
            let mut user = user.clone();
            (user.id, user.login_name) = (UserId(number), format!("user-{number}"));
            user.full_name = format!("{round}");
            user.number = i32::try_from(number).unwrap();
            user.pid = uuid::Uuid::from_u128(number.unsigned_abs().into());
            Change::PutUser(Box::new(user))
        };
        (1_001..1_061).map(another).collect::<Vec<_>>()
    };
    let begun = tokio::time::Instant::now();
    let mut round = 0;
    while server.auth.feed_figures().cut == 0 {
        assert!(begun.elapsed() < Duration::from_mins(1), "{round} rounds");
        round += 1;
        server.change(users(round)).await;
    }
    assert_eq!(server.auth.feed_figures().streams, 0);
    // Nobody waits for it any more.
    let begun = tokio::time::Instant::now();
    server.change(users(0)).await;
    assert!(begun.elapsed() < Duration::from_millis(250));
    drop(stalled);
}
