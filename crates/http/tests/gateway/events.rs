//! What gateways that keep answers are told, and that it is told before an end is answered.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use vestibule_model::{Clock as _, Concurrency, GatewayRule, GatewayRuleSettings, SessionPolicy, UserId};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, AccountFixture, EventReader, ReadEvent, TestServer};

use crate::{check, header, liveperson, livevox};

const EVENTS: &str = "/gateway/events";

/// A server whose client is a resource server, after a change of the fixture.
pub(crate) async fn start_with(change: impl FnOnce(&mut AccountFixture)) -> TestServer {
    TestServer::start_with(|fixture, _| {
        fixture.oauth_client.metadata.resource_server = true;
        change(fixture);
    })
    .await
}

pub(crate) async fn start() -> TestServer {
    start_with(|_| {}).await
}

/// The header by which a client shows itself.
pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// Asks for a stream behind an event.
pub(crate) async fn ask_behind(server: &TestServer, proof: &str, behind: &str) -> EventReader {
    let headers = [("Authorization", proof), ("Last-Event-ID", behind)];
    EventReader::open(server.address(), EVENTS, &headers).await
}

/// A stream of the fixture's client, whose beginning was read.
pub(crate) async fn open(server: &TestServer) -> EventReader {
    let mut stream = ask_behind(server, &basic("client-id", "client-secret"), "").await;
    assert_eq!(stream.status(), 200, "{}", stream.head);
    assert_eq!(stream.next().await.unwrap().name, "reset");
    assert_eq!(stream.next().await.unwrap().name, "lease");
    stream
}

async fn told(stream: &mut EventReader) -> (String, Value) {
    let event = stream.next_event().await.expect("the stream goes on");
    (event.name, event.data)
}

fn number(event: &ReadEvent) -> u64 {
    event.id.as_ref().unwrap().split_once('-').unwrap().1.parse().unwrap()
}

/// Locks and unlocks nothing: the user is written as they are.
async fn touch_user(server: &mut TestServer, full_name: &str) {
    server.change_user("name", |user| full_name.clone_into(&mut user.full_name)).await;
}

#[tokio::test]
async fn a_stream_begins_with_a_reset_and_a_lease() {
    let server = start().await;
    let mut stream = ask_behind(&server, &basic("client-id", "client-secret"), "").await;
    let has = |line: &str| stream.head.lines().any(|it| it.eq_ignore_ascii_case(line));
    assert!(has("content-type: text/event-stream") && has("cache-control: no-store"), "{}", stream.head);
    assert!(has("x-accel-buffering: no"), "{}", stream.head);
    let reset = stream.next().await.unwrap();
    assert_eq!((reset.name.as_str(), &reset.data, number(&reset)), ("reset", &json!({}), 0));
    let lease = stream.next().await.unwrap();
    assert_eq!((lease.id, lease.data), (None, json!({ "elapsed": 0, "valid": 5_000 })));
}

#[tokio::test]
async fn a_lease_says_how_long_the_stream_has_been_open() {
    let server = start().await;
    let mut stream = open(&server).await;
    server.clock.advance(Duration::from_secs(7));
    assert_eq!(stream.next().await.unwrap().data, json!({ "elapsed": 7_000, "valid": 5_000 }));
}

#[tokio::test]
async fn a_stream_is_over_after_a_quarter_of_an_hour() {
    let server = start().await;
    let mut stream = open(&server).await;
    server.clock.advance(Duration::from_mins(15));
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_logout_is_told_by_the_reference_of_the_checks() {
    let server = start().await;
    let tokens = liveperson(&server).await;
    let told_by_check = check(&server, "authorization", &format!("Bearer {}", tokens.bearer)).await;
    let mut stream = open(&server).await;
    assert_eq!(server.log_out(&(tokens.cookie, tokens.csrf)).await, 200);
    let event = stream.next_event().await.unwrap();
    assert_eq!((event.name.as_str(), number(&event)), ("session-ended", 1));
    let reference = header(&told_by_check, "x-vestibule-session");
    assert_eq!(event.data, json!({ "account": ACCOUNT, "session": reference }));
}

#[tokio::test]
async fn a_login_that_replaces_a_session_tells_of_it() {
    let server = start_with(|fixture| {
        let policy = SessionPolicy { concurrency: Concurrency::One, ..fixture.account.session_policy };
        fixture.account.session_policy = policy;
    })
    .await;
    liveperson(&server).await;
    let mut stream = open(&server).await;
    liveperson(&server).await;
    let arrived = stream.arrived();
    assert_eq!(arrived.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["session-ended"]);
}

#[tokio::test]
async fn each_kind_of_change_is_told() {
    let mut server = start().await;
    let mut stream = open(&server).await;
    touch_user(&mut server, "N").await;
    assert_eq!(
        told(&mut stream).await,
        ("user-changed".into(), json!({ "account": ACCOUNT, "user": "3705342601" }))
    );

    let account = server.fixture.account.id;
    let fixture = &server.fixture;
    let (key, token) = (fixture.api_key.clone(), fixture.application_tokens[0].clone());
    let application = |kind: &str, id: i64| {
        let data = json!({ "account": ACCOUNT, "kind": kind, "application": id.to_string() });
        ("application-changed".to_owned(), data)
    };
    let key_id = key.id.0;
    server.change(vec![Change::PutApiKey(account, Box::new(key))]).await;
    assert_eq!(told(&mut stream).await, application("api-key", key_id));
    let token_id = token.id.0;
    server.change(vec![Change::PutApplicationToken(account, Box::new(token))]).await;
    assert_eq!(told(&mut stream).await, application("application-token", token_id));
    let client = server.fixture.oauth_client.clone();
    let client_id = client.id.0;
    server.change(vec![Change::PutOauthClient(account, Box::new(client))]).await;
    assert_eq!(told(&mut stream).await, application("oauth-client", client_id));

    let of_account = ("account-changed".to_owned(), json!({ "account": ACCOUNT }));
    let profile = server.fixture.profiles[0].clone();
    server.change(vec![Change::PutProfile(account, profile)]).await;
    assert_eq!(told(&mut stream).await, of_account);
    let whole = server.fixture.account.clone();
    server.change(vec![Change::PutAccount(Box::new(whole))]).await;
    assert_eq!(told(&mut stream).await, of_account);

    let rule = GatewayRule { name: "default".to_owned(), settings: GatewayRuleSettings::default() };
    server.change(vec![Change::PutGatewayRule(Box::new(rule))]).await;
    assert_eq!(told(&mut stream).await, ("rules-changed".into(), json!({})));

    server.clock.set(server.clock.now().plus(Duration::from_hours(1)));
    server.auth.follow_clock();
    assert_eq!(told(&mut stream).await, ("reset".into(), json!({})));
}

#[tokio::test]
async fn who_loses_the_right_to_sessions_is_told_with_each_of_them() {
    let mut server = start().await;
    liveperson(&server).await;
    livevox(&server).await;
    let mut stream = open(&server).await;
    server.change_user("name", |user| user.enabled = false).await;
    let mut names: Vec<String> = stream.arrived().into_iter().map(|event| event.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["session-ended", "session-ended", "user-changed"]);
}

#[tokio::test]
async fn a_change_of_many_users_is_told_as_one_of_their_account() {
    let mut server = start().await;
    let mut stream = open(&server).await;
    let user = server.fixture.user("name").clone();
    let another = |number: i64| {
        let mut user = user.clone();
        (user.id, user.login_name) = (UserId(number), format!("user-{number}"));
        (user.number, user.pid) =
            (i32::try_from(number).unwrap(), uuid::Uuid::from_u128(number.unsigned_abs().into()));
        Change::PutUser(Box::new(user))
    };
    server.change((1_001..1_101).map(another).collect()).await;
    let arrived = stream.arrived();
    assert_eq!(arrived.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["account-changed"]);
}

#[tokio::test]
async fn s3_an_end_is_answered_when_it_was_written_to_who_listens() {
    let server = start().await;
    let mut stream = open(&server).await;
    for round in 1..=100 {
        let session = server.session().await;
        assert_eq!(server.log_out(&session).await, 200);
        // Nothing is waited for.
        let arrived: Vec<u64> = stream.arrived().iter().map(number).collect();
        assert_eq!(arrived, [round]);
    }
}

#[tokio::test]
async fn s3_a_change_that_takes_a_right_is_followed_when_it_was_written_to_who_listens() {
    let mut server = start().await;
    let mut stream = open(&server).await;
    for round in 0..50 {
        touch_user(&mut server, &format!("N{round}")).await;
        assert_eq!(stream.arrived().len(), 1, "{round}");
    }
}

#[tokio::test]
async fn another_account_s_events_never_appear_not_in_the_numbers_either() {
    let mut server = start().await;
    let mut other = vestibule_auth::new_account("other".parse().unwrap(), None);
    other.number = server.fixture.account.number + 1;
    let mut stream = open(&server).await;
    for round in 0..20 {
        other.code = format!("OTHER{round}");
        server.change(vec![Change::PutAccount(Box::new(other.clone()))]).await;
    }
    touch_user(&mut server, "N").await;
    let arrived = stream.arrived();
    let told: Vec<_> = arrived.iter().map(|event| (event.name.as_str(), number(event))).collect();
    assert_eq!(told, [("user-changed", 1)]);
}

#[tokio::test]
async fn a_stream_goes_on_behind_an_event() {
    let mut server = start().await;
    let mut stream = open(&server).await;
    for name in ["1", "2", "3"] {
        touch_user(&mut server, name).await;
    }
    let first = stream.next_event().await.unwrap();
    drop(stream);
    touch_user(&mut server, "4").await;
    let proof = basic("client-id", "client-secret");
    let mut stream = ask_behind(&server, &proof, first.id.as_ref().unwrap()).await;
    for expected in 2..=4 {
        let event = stream.next().await.unwrap();
        assert_eq!((event.name.as_str(), number(&event)), ("user-changed", expected));
    }
    assert_eq!(stream.next().await.unwrap().name, "lease", "when everything is told");
}

#[tokio::test]
async fn a_stream_behind_what_is_not_known_begins_with_a_reset() {
    let mut server = start().await;
    let mut stream = open(&server).await;
    touch_user(&mut server, "N").await;
    let id = stream.next_event().await.unwrap().id.unwrap();
    let run = id.split_once('-').unwrap().0;
    let proof = basic("client-id", "client-secret");
    for unknown in [
        "",
        "1",
        "x-1",
        "0123456789abcdef-1",
        &format!("{run}-2"),
        &format!("{run}--1"),
        &format!("{run}-01"),
    ] {
        let first = ask_behind(&server, &proof, unknown).await.next().await.unwrap();
        assert_eq!((first.name.as_str(), first.id.as_ref()), ("reset", Some(&id)), "{unknown}");
    }
    for _ in 0..1_100 {
        server.auth.follow_clock();
        server.clock.set(server.clock.now().plus(Duration::from_secs(10)));
    }
    server.auth.follow_clock();
    let first = ask_behind(&server, &proof, &id).await.next().await.unwrap();
    assert_eq!(first.name, "reset", "it is too old");
    assert!(number(&first) > 1_024, "{first:?}");
    server.restart().await;
    let first = ask_behind(&server, &proof, &first.id.unwrap()).await.next().await.unwrap();
    assert_eq!((first.name.as_str(), number(&first)), ("reset", 0), "of another run");
}

#[tokio::test]
async fn a_stop_ends_the_streams() {
    let mut server = start().await;
    let mut stream = open(&server).await;
    server.restart().await;
    assert_eq!(stream.next_event().await, None);
}

#[tokio::test]
async fn a_session_that_expires_is_no_event() {
    let server = start().await;
    liveperson(&server).await;
    let mut stream = open(&server).await;
    server.clock.advance(Duration::from_hours(24));
    server.auth.sweep(server.clock.now()).await.unwrap();
    assert_eq!(server.stored_sessions().await.len(), 0);
    assert_eq!(stream.arrived(), []);
}

#[tokio::test]
async fn a_stream_counts_as_one_request_of_the_client() {
    let server = start().await;
    drop(open(&server).await);
    let counted = server.auth.traffic_outcomes();
    let sum: u64 = counted.iter().map(|(_, count)| count).sum();
    assert_eq!(sum, 1, "{counted:?}");
}
