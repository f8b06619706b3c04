//! What a real Envoy (1.40) has sent, and what another implementation of the messages (`envoy-data-plane` of Python) makes of the same
//! answers. How they were recorded: `recorded/README.md`.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

use std::sync::{Arc, Mutex};

use bytes::{BufMut, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{Extensions, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use vestibule_ext_authz::{Answer, CheckService, Decide, Decision, HeldRequest, SentBody, Told};

const JOINED: &[u8] = include_bytes!("recorded/joined.bin");
const RAW: &[u8] = include_bytes!("recorded/raw.bin");
const ALLOWED: &[u8] = include_bytes!("recorded/allowed.bin");
const DENIED: &[u8] = include_bytes!("recorded/denied.bin");
const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// Answers the same to all, and keeps what it was asked.
#[derive(Clone)]
struct Scripted {
    decision: fn() -> Decision,
    asked: Arc<Mutex<Vec<HeldRequest>>>,
    is_ready: bool,
}

impl Decide for Scripted {
    async fn decide(&self, held: HeldRequest, caller: &Extensions) -> Answer {
        assert_eq!(caller.get::<&str>(), Some(&"the caller"));
        self.asked.lock().unwrap().push(held);
        Answer { decision: (self.decision)(), cause: None }
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }
}

fn scripted(decision: fn() -> Decision) -> Scripted {
    Scripted { decision, asked: Arc::default(), is_ready: true }
}

/// What a call comes to.
struct Called {
    status: StatusCode,
    /// That of gRPC, wherever it stands.
    grpc_status: Option<String>,
    /// The frames' bytes.
    body: Bytes,
    told: Option<Told>,
}

fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap());
    frame.put_slice(message);
    frame.freeze()
}

async fn call_with(decide: &Scripted, path: &str, content_type: &str, body: Bytes) -> Called {
    let request = Request::post(path).header(CONTENT_TYPE, content_type).extension("the caller");
    called(decide, request.body(Full::new(body)).unwrap()).await
}

async fn called(decide: &Scripted, request: Request<Full<Bytes>>) -> Called {
    let answer = CheckService::new(decide.clone()).answer(request).await;
    let (parts, body) = answer.into_parts();
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let status = parts.headers.get("grpc-status").or_else(|| trailers.get("grpc-status"));
    Called {
        status: parts.status,
        grpc_status: status.map(|status| status.to_str().unwrap().to_owned()),
        told: parts.extensions.get().cloned(),
        body: collected.to_bytes(),
    }
}

async fn call(decide: &Scripted, path: &str, message: &[u8]) -> Called {
    call_with(decide, path, "application/grpc", framed(message)).await
}

/// The request that a recorded message is about.
async fn held(message: &[u8]) -> HeldRequest {
    let decide = scripted(|| Decision::Allow(Vec::new()));
    call(&decide, CHECK, message).await;
    decide.asked.lock().unwrap().pop().unwrap()
}

fn values<'a>(held: &'a HeldRequest, name: &str) -> Vec<&'a [u8]> {
    held.headers().filter(|(key, _)| *key == name).map(|(_, value)| value).collect()
}

#[tokio::test]
async fn a_real_request_is_read_whichever_way_its_headers_are_told() {
    for message in [JOINED, RAW] {
        let held = held(message).await;
        let told = (held.method(), held.target(), held.host(), held.scheme());
        assert_eq!(told, (&b"POST"[..], &b"/strict/a%2fb?q=1"[..], &b"api.example"[..], &b"http"[..]));
        assert_eq!(held.source().unwrap().to_string(), "127.0.0.1");
        assert_eq!((held.context("rule").as_deref(), held.context("other")), (Some("strict"), None));
        assert_eq!(values(&held, "authorization"), [b"Bearer abc"]);
    }
}

#[tokio::test]
async fn headers_that_are_told_raw_stay_apart_and_keep_their_bytes() {
    let raw = held(RAW).await;
    assert_eq!(values(&raw, "cookie"), [b"session_id=1", b"session_id=2"]);
    assert_eq!(values(&raw, "x-latin"), [b"\xe9"]);
    let joined = held(JOINED).await;
    assert_eq!(values(&joined, "cookie"), [b"session_id=1,session_id=2"]);
}

/// A field of a message whose value has few bytes.
fn field(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag << 3 | 2, u8::try_from(value.len()).unwrap()], value].concat()
}

/// The message about a request with these fields.
fn message(http: &[u8]) -> Vec<u8> {
    field(1, &field(4, &field(2, http)))
}

#[tokio::test]
async fn a_body_is_whole_unless_envoy_says_that_it_sends_its_beginning() {
    let header = |name: &[u8], value: &[u8]| field(3, &[field(1, name), field(2, value)].concat());
    let partial = |value: &[u8]| header(b"x-envoy-auth-partial-body", value);
    let whole = SentBody::Whole(Bytes::from_static(b"a=b"));
    for body in [11, 12].map(|tag| field(tag, b"a=b")) {
        for (headers, expected) in [
            (vec![], whole.clone()),
            (partial(b"false"), whole.clone()),
            (header(b"x-other", b"true"), whole.clone()),
            (partial(b"true"), SentBody::Beginning),
            (partial(b""), SentBody::Beginning),
        ] {
            assert_eq!(held(&message(&[&body[..], &headers].concat())).await.body(), expected, "{headers:?}");
        }
    }
    assert_eq!(held(&message(&partial(b"true"))).await.body(), SentBody::Nothing);
}

fn allowed() -> Decision {
    let header = |name: &'static str, value: &'static str| (name.into(), value.into());
    Decision::Allow(vec![header("x-vestibule-account", "12345678"), header("x-vestibule-application", "")])
}

fn denied() -> Decision {
    let headers = vec![
        ("content-type".into(), "application/json".into()),
        ("www-authenticate".into(), "Bearer".into()),
    ];
    let body = r#"{"error":"Not authenticated"}"#.into();
    Decision::Deny { status: StatusCode::UNAUTHORIZED, headers, body }
}

#[tokio::test]
async fn answers_are_what_another_implementation_makes_of_them() {
    for (decision, recorded, status) in
        [(allowed as fn() -> Decision, ALLOWED, StatusCode::OK), (denied, DENIED, StatusCode::UNAUTHORIZED)]
    {
        let called = call(&scripted(decision), CHECK, RAW).await;
        assert_eq!(called.body, framed(recorded));
        assert_eq!((called.status, called.grpc_status.as_deref()), (StatusCode::OK, Some("0")));
        assert_eq!(called.told.unwrap().status, status);
    }
}

#[tokio::test]
async fn g3_who_cannot_tell_fails_the_call() {
    let called = call(&scripted(|| Decision::Unavailable), CHECK, RAW).await;
    assert_eq!((called.grpc_status.as_deref(), called.body.len()), (Some("14"), 0));
    assert_eq!(called.told.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn g3_what_is_no_message_is_decided_by_nobody() {
    let decide = scripted(allowed);
    let cut = framed(RAW).slice(..RAW.len());
    let compressed = Bytes::from([&[1], &framed(RAW)[1..]].concat());
    for (body, why) in [
        (framed(b"\xff\xff"), "no message"),
        (cut, "cut"),
        (Bytes::new(), "empty"),
        (compressed, "compressed"),
    ] {
        let called = call_with(&decide, CHECK, "application/grpc", body).await;
        assert_ne!(called.grpc_status.as_deref(), Some("0"), "{why}");
        assert!(called.told.unwrap().status.is_client_error(), "{why}");
    }
    assert!(decide.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_message_that_says_nothing_is_a_request_without_anything() {
    let held = held(b"").await;
    assert!(held.method().is_empty() && held.target().is_empty() && held.headers().next().is_none());
    assert_eq!((held.source(), held.context("rule")), (None, None));
}

#[tokio::test]
async fn what_is_not_grpc_is_refused_as_such() {
    let decide = scripted(allowed);
    for content_type in ["application/json", "application/grpcx", ""] {
        let called = call_with(&decide, CHECK, content_type, framed(RAW)).await;
        assert_eq!(called.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
    }
    for content_type in ["application/grpc+proto", "application/grpc;charset=x"] {
        let called = call_with(&decide, CHECK, content_type, framed(RAW)).await;
        assert_eq!(called.grpc_status.as_deref(), Some("0"), "{content_type}");
    }
}

#[tokio::test]
async fn a_message_that_is_encoded_as_nobody_can_read_is_refused_as_such() {
    let request = Request::post(CHECK).header(CONTENT_TYPE, "application/grpc").extension("the caller");
    let request = request.header("grpc-encoding", "gzip").body(Full::new(framed(RAW))).unwrap();
    let called = called(&scripted(allowed), request).await;
    assert_eq!(called.grpc_status.as_deref(), Some("12"));
    assert_eq!(called.told.unwrap().status, StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn health_is_told_of_the_service_and_of_all() {
    for service in ["", "envoy.service.auth.v3.Authorization"] {
        let message = [&[0x0a, u8::try_from(service.len()).unwrap()], service.as_bytes()].concat();
        for (is_ready, status) in [(true, 1), (false, 2)] {
            let decide = Scripted { is_ready, ..scripted(allowed) };
            assert_eq!(call(&decide, HEALTH, &message).await.body, framed(&[0x08, status]), "{service}");
        }
    }
    let other = call(&scripted(allowed), HEALTH, b"\x0a\x01x").await;
    assert_eq!(other.grpc_status.as_deref(), Some("5"));
    assert_eq!(other.told.unwrap().status, StatusCode::NOT_FOUND);
}
