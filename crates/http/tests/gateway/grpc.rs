//! Checks by Envoy over gRPC: the same decisions as over HTTP, by what the message says and by nothing that a client can add to it.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use reqwest::Client;
use vestibule_ext_authz::messages::{
    Address, Attributes, CheckRequest, CheckResponse, DeniedHttpResponse, Entry, HeaderAppendAction,
    HeaderMap, HeaderValue, HeaderValueOption, HttpRequest, HttpResponse, Peer, Request, SocketAddress,
};
use vestibule_model::{GatewayRule, GatewayRuleSettings};
use vestibule_testkit::Fault;

use super::*;

const CALL: &str = "/envoy.service.auth.v3.Authorization/Check";
const HEALTH: &str = "/grpc.health.v1.Health/Check";
const OWN: &str = "/api/account/12345678/x?a=b";
const OTHERS: &str = "/api/account/99999999/x?a=b";

fn client() -> Client {
    Client::builder().no_proxy().http2_prior_knowledge().build().unwrap()
}

/// A request that Envoy holds.
#[derive(Clone)]
struct Held(CheckRequest);

impl Held {
    fn new(target: &str, headers: &[(&str, &str)]) -> Self {
        let text = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let headers = headers.iter().map(|(name, value)| HeaderValue {
            key: text(name),
            value: Bytes::new(),
            raw_value: text(value),
        });
        let http = HttpRequest {
            method: "GET".into(),
            headers: Vec::new(),
            path: text(target),
            host: "api.example".into(),
            scheme: "https".into(),
            body: Bytes::new(),
            raw_body: Bytes::new(),
            header_map: Some(HeaderMap { headers: headers.collect() }),
        };
        let source = SocketAddress { address: "192.0.2.7".into() };
        Self(CheckRequest {
            attributes: Some(Attributes {
                source: Some(Peer { address: Some(Address { socket_address: Some(source) }) }),
                request: Some(Request { http: Some(http) }),
                context_extensions: Vec::new(),
            }),
        })
    }

    fn context(mut self, key: &'static str, value: &'static str) -> Self {
        let entry = Entry { key: key.into(), value: value.into() };
        self.attributes().context_extensions.push(entry);
        self
    }

    fn attributes(&mut self) -> &mut Attributes {
        self.0.attributes.as_mut().unwrap()
    }

    fn http(&mut self) -> &mut HttpRequest {
        self.attributes().request.as_mut().unwrap().http.as_mut().unwrap()
    }
}

fn framed(message: &impl Message) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.encoded_len()).unwrap());
    message.encode(&mut frame).unwrap();
    frame.freeze()
}

async fn call(client: &Client, server: &TestServer, path: &str, body: Bytes) -> Response {
    let request = client.post(format!("http://{}{path}", server.grpc_address()));
    request
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(body)
        .send()
        .await
        .unwrap()
}

/// The answer to a check, which has to be one.
async fn check(server: &TestServer, held: &Held) -> HttpResponse {
    told(call(&client(), server, CALL, framed(&held.0)).await).await
}

async fn told(answer: Response) -> HttpResponse {
    assert_eq!(
        (answer.status(), header(&answer, "content-type")),
        (reqwest::StatusCode::OK, "application/grpc".to_owned())
    );
    let body = answer.bytes().await.unwrap();
    let response = CheckResponse::decode(body.slice(5..)).unwrap();
    let (code, told) = (response.status.unwrap().code, response.http_response.unwrap());
    assert_eq!(code == 0, matches!(told, HttpResponse::Ok(_)));
    told
}

/// The status that the client is answered; 200: the request goes on.
async fn status(server: &TestServer, held: &Held) -> i32 {
    match check(server, held).await {
        HttpResponse::Ok(_) => 200,
        HttpResponse::Denied(DeniedHttpResponse { status, .. }) => status.unwrap().code,
    }
}

fn pairs(headers: Vec<HeaderValueOption>) -> Vec<(String, String)> {
    let text = |bytes: Bytes| String::from_utf8(bytes.into()).unwrap();
    let pair = |option: HeaderValueOption| {
        assert_eq!(option.append_action(), HeaderAppendAction::OverwriteIfExistsOrAdd);
        assert!(option.keep_empty_value);
        let header = option.header.unwrap();
        (text(header.key), text(header.value))
    };
    headers.into_iter().map(pair).collect()
}

#[tokio::test]
async fn each_kind_of_credential_passes() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let livevox = livevox(&server).await;
    let bearer = format!("Bearer {}", tokens.bearer);
    let cookie = format!("a=b; session_id={}", tokens.cookie);
    let shown = [("authorization", &*bearer), ("cookie", &*cookie), ("lv-session", &*livevox)];
    for line in shown {
        assert_eq!(status(&server, &Held::new(OWN, &[line])).await, 200, "{line:?}");
        assert_eq!(status(&server, &Held::new(OTHERS, &[line])).await, 401, "{line:?}");
    }
    let target = format!("/ws_api/account/{ACCOUNT}/messaging/brand/{}?v=2.1", tokens.bearer);
    assert_eq!(status(&server, &Held::new(&target, &[])).await, 200);
}

#[tokio::test]
async fn g4_who_passes_is_told_with_every_header_and_nothing_else() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    let held = Held::new("/x", &[("authorization", &bearer), ("x-vestibule-user", "1")]);
    let HttpResponse::Ok(told) = check(&server, &held).await else { panic!("refused") };
    let told = pairs(told.headers);
    let over_http = super::check(&server, "authorization", &bearer).await;
    let expected: Vec<_> = over_http
        .headers()
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-vestibule-"))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    assert_eq!((told.len(), &told), (12, &expected));
}

#[tokio::test]
async fn a_refusal_is_what_it_is_over_http() {
    let server = TestServer::start().await;
    for (name, value) in [("authorization", "Bearer x"), ("lv-session", "123"), ("accept", "*/*")] {
        let HttpResponse::Denied(denied) = check(&server, &Held::new("/x", &[(name, value)])).await else {
            panic!("allowed");
        };
        let over_http = super::check(&server, name, value).await;
        let headers = pairs(denied.headers);
        for told in ["content-type", "www-authenticate", "cache-control"] {
            let found = headers.iter().find(|(name, _)| name == told).map(|(_, value)| value.clone());
            assert_eq!(found, Some(header(&over_http, told)), "{name}: {told}");
        }
        assert_eq!(i32::from(over_http.status().as_u16()), denied.status.unwrap().code, "{name}");
        assert_eq!(denied.body, over_http.bytes().await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn g3_a_rule_whose_name_is_no_text_is_unknown_and_not_the_default() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    let mut held = Held::new("/x", &[("authorization", &bearer)]).context("rule", "x");
    let rule = &mut held.attributes().context_extensions[0];
    rule.value = Bytes::from_static(b"\xff");
    assert_eq!(status(&server, &held).await, 403);
}

#[tokio::test]
async fn a_rule_is_named_by_the_route_alone() {
    let server = TestServer::start().await;
    let settings = GatewayRuleSettings { paths: vec!["/a/*".to_owned()], ..GatewayRuleSettings::default() };
    let rule = GatewayRule { name: "paths".to_owned(), settings };
    server.change(vec![Change::PutGatewayRule(rule.into())]).await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    let held = |target| Held::new(target, &[("authorization", &*bearer), ("rule", "default")]);
    assert_eq!(status(&server, &held("/b/c")).await, 200);
    for (target, expected) in [("/a/b", 200), ("/b/c", 403), ("/a/..", 403), ("/a/%2e%2e%2fb", 403)] {
        assert_eq!(status(&server, &held(target).context("rule", "paths")).await, expected, "{target}");
    }
    assert_eq!(status(&server, &held("/a/b").context("rule", "none")).await, 403);
    assert_eq!(status(&server, &held("/a/b").context("rule", "")).await, 403);
}

#[tokio::test]
async fn g6_no_header_of_a_client_says_what_its_request_is() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    for name in
        [":path", "x-original-uri", "x-forwarded-uri", "x-envoy-original-path", ":authority", "x-rewrite-url"]
    {
        let with = |target, claimed| Held::new(target, &[("authorization", &*bearer), (name, claimed)]);
        assert_eq!(status(&server, &with(OWN, OTHERS)).await, 200, "{name}");
        assert_eq!(status(&server, &with(OTHERS, OWN)).await, 401, "{name}");
    }
}

#[tokio::test]
async fn g4_what_is_missing_unreadable_or_doubled_is_refused() {
    type Spoil = fn(&mut Held);
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    let whole = Held::new("/x", &[("authorization", &bearer)]);
    let wrong: [(&str, Spoil); 9] = [
        ("no method", |held| held.http().method = Bytes::new()),
        ("no path", |held| held.http().path = Bytes::new()),
        ("no host", |held| held.http().host = Bytes::new()),
        ("no scheme", |held| held.http().scheme = Bytes::new()),
        ("an unreadable path", |held| held.http().path = Bytes::from_static(b"/\xff")),
        ("no source", |held| held.attributes().source = None),
        ("no request", |held| held.attributes().request = None),
        ("nothing", |held| held.0.attributes = None),
        ("another bearer among joined headers", |held| {
            let entry = Entry { key: "authorization".into(), value: "Bearer other".into() };
            held.http().headers.push(entry);
        }),
    ];
    assert_eq!(status(&server, &whole).await, 200);
    for (what, change) in wrong {
        let mut held = whole.clone();
        change(&mut held);
        assert_eq!(status(&server, &held).await, 401, "{what}");
    }
}

#[tokio::test]
async fn g3_a_message_that_a_client_makes_too_large_is_refused_and_no_failure() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    let padding = "x".repeat(70_000);
    let padded = Held::new("/x", &[("authorization", &bearer), ("x-padding", &padding)]);
    assert_eq!(status(&server, &padded).await, 401);
}

#[tokio::test]
async fn the_clients_address_is_that_of_its_connection_unless_the_route_names_a_header() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.api_key.addresses = vec!["192.0.2.7/32".parse().unwrap(), "127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let body: Value = server.log_in_with_key("bot", &vestibule_testkit::Key::BOT).await.json().await.unwrap();
    let bearer = format!("Bearer {}", body["bearer"].as_str().unwrap());
    let with =
        |address| Held::new("/x", &[("authorization", &*bearer), ("x-envoy-external-address", address)]);
    assert_eq!(status(&server, &with("203.0.113.9")).await, 200);
    let named = |address, name| status_of(&server, with(address).context("address_header", name));
    assert_eq!(named("192.0.2.7", "x-envoy-external-address").await, 200);
    assert_eq!(named("203.0.113.9", "x-envoy-external-address").await, 401);
    assert_eq!(named("192.0.2.7", "x-forwarded-for").await, 401);
    assert_eq!(named("192.0.2.7", "x-other").await, 401);
}

async fn status_of(server: &TestServer, held: Held) -> i32 {
    status(server, &held).await
}

#[tokio::test]
async fn who_is_no_gateway_is_refused_before_anything_is_read() {
    let server = TestServer::start().await;
    let stranger = Client::builder().no_proxy().http2_prior_knowledge();
    let stranger = stranger.local_address(std::net::IpAddr::from([127, 0, 0, 2])).build().unwrap();
    let answer = call(&stranger, &server, CALL, Bytes::from_static(b"nonsense")).await;
    let HttpResponse::Denied(denied) = told(answer).await else { panic!("allowed") };
    assert_eq!(denied.status.unwrap().code, 403);
    let health = call(&stranger, &server, HEALTH, Bytes::from_static(b"nonsense")).await;
    assert_eq!(health.status(), 403);
    for problem in [denied.body, health.bytes().await.unwrap()] {
        let problem: Value = serde_json::from_slice(&problem).unwrap();
        assert_eq!(problem["type"], "urn:vestibule:not-a-gateway");
    }
}

#[tokio::test]
async fn a_revoked_session_does_not_pass_at_the_next_call() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let held = Held::new("/x", &[("authorization", &format!("Bearer {}", tokens.bearer))]);
    assert_eq!(status(&server, &held).await, 200);
    assert_eq!(server.log_out(&(tokens.cookie, tokens.csrf)).await, 200);
    assert_eq!(status(&server, &held).await, 401);
}

#[tokio::test]
async fn calls_are_counted_by_the_status_that_they_tell() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    status(&server, &Held::new("/x", &[("authorization", &bearer)])).await;
    status(&server, &Held::new("/x", &[])).await;
    let metrics = server.admin_request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    for told in [200, 401] {
        let line = format!(r#"http_requests_total{{method="POST",route="{CALL}",status="{told}"}} 1"#);
        assert!(metrics.contains(&line), "{line}");
    }
}

#[tokio::test]
async fn g3_while_the_store_does_not_answer_the_call_fails_and_health_says_so() {
    let mut server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    server.restart_unloaded().await;
    server.faults.fail(Fault::reads());
    let held = Held::new("/x", &[("authorization", &bearer)]);
    let answer = call(&client(), &server, CALL, framed(&held.0)).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "grpc-status")), (200, "14".to_owned()));
    server.faults.heal();
    assert_eq!(status(&server, &held).await, 200);
}

#[tokio::test]
async fn health_is_serving() {
    let server = TestServer::start().await;
    let answer = call(&client(), &server, HEALTH, Bytes::from_static(&[0, 0, 0, 0, 0])).await;
    assert_eq!(answer.bytes().await.unwrap(), Bytes::from_static(&[0, 0, 0, 0, 2, 8, 1]));
}

#[tokio::test]
async fn other_paths_and_methods_are_not_there() {
    let server = TestServer::start().await;
    for path in
        ["/", "/gateway/check", "/envoy.service.auth.v2.Authorization/Check", "/grpc.health.v1.Health/Watch"]
    {
        assert_eq!(call(&client(), &server, path, Bytes::new()).await.status(), 404, "{path}");
    }
    let url = format!("http://{}{CALL}", server.grpc_address());
    assert_eq!(client().get(url).send().await.unwrap().status(), 404);
}
