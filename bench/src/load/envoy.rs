//! Checks as Envoy asks them over gRPC, each with a bearer drawn at random. By hyper's client of HTTP/2, as in `http2`: the figure is the
//! processor time of the server.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use memchr::memmem;
use prost::Message as _;
use vestibule_ext_authz::messages::{
    self, Address, Attributes, CheckRequest, CheckResponse, Entry, HeaderMap as RawHeaders, HeaderValue,
    HttpRequest, HttpResponse, Peer, SocketAddress,
};

use super::connection::connect;
use super::various::STREAMS;
use super::{Client, Draw, Outcome, block_on, measure, next_seed};
use crate::child::Target;
use crate::data::Tokens;
use crate::figures::Round;
use crate::plan::Plan;
use crate::tls;

/// What stands in the message where a bearer comes, as long as one.
const PLACE: [u8; 64] = [b'?'; 64];

/// A flag and the length: what stands before a message.
const FRAME: usize = 5;

/// Loads a server with such checks, on connections of several streams each. All of them are let through.
pub(crate) fn drive_checks_of_envoy(plan: &Plan, target: Target, bearers: &Arc<Tokens>) -> Result<Round> {
    block_on(async {
        let question = Arc::new(Question::new()?);
        let mut seeds = next_seed()..;
        let mut clients = Vec::new();
        while clients.len() < plan.connections as usize {
            let left = plan.connections as usize - clients.len();
            let sender = open(target).await?;
            let clients_of_one = seeds.by_ref().take(left.min(STREAMS as usize)).map(|seed| EnvoyClient {
                sender: sender.clone(),
                question: Arc::clone(&question),
                bearers: Arc::clone(bearers),
                draw: Draw::seeded(seed),
            });
            clients.extend(clients_of_one);
        }
        Ok(measure(plan, target, vec![clients]).await?.first)
    })
}

/// The message that one such check is answered with.
pub(crate) fn answer_to_envoy(target: Target, bearer: &[u8; 64]) -> Result<Bytes> {
    block_on(async { ask(&mut open(target).await?, Question::new()?.with(bearer)).await })
}

async fn open(target: Target) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TokioIo::new(connect(target.address).await?);
    let handshake = http2::handshake(TokioExecutor::new(), stream).await;
    let (sender, connection) = handshake.context("the server does not speak HTTP/2")?;
    // Ends when the last of its senders is dropped.
    tokio::spawn(connection);
    Ok(sender)
}

/// One stream at a time of a connection that it shares with others.
struct EnvoyClient {
    sender: SendRequest<Full<Bytes>>,
    question: Arc<Question>,
    bearers: Arc<Tokens>,
    draw: Draw,
}

impl Client for EnvoyClient {
    async fn ask(&mut self) -> Result<Option<Outcome>> {
        let bearer = self.bearers.get(self.draw.below(self.bearers.len())).context("there is no bearer")?;
        let answer = ask(&mut self.sender, self.question.with(bearer)).await?;
        let CheckResponse { status, http_response } = CheckResponse::decode(answer)?;
        let is_allowed = status.is_some_and(|status| status.code == 0)
            && matches!(http_response, Some(HttpResponse::Ok(_)));
        ensure!(is_allowed, "a check is answered no");
        Ok(Some(Outcome::Served))
    }
}

/// Asks, and gives the message of the answer.
async fn ask(sender: &mut SendRequest<Full<Bytes>>, frame: Bytes) -> Result<Bytes> {
    sender.ready().await.context("the server closed a connection")?;
    let call = Request::post(format!("http://{}/envoy.service.auth.v3.Authorization/Check", tls::NAME))
        .header(CONTENT_TYPE, "application/grpc")
        .header(TE, "trailers")
        .body(Full::new(frame))?;
    let answer = sender.send_request(call).await.context("the server does not answer")?;
    ensure!(answer.status() == StatusCode::OK, "not a 200: {}", answer.status());
    let body = answer.into_body().collect().await.context("an answer breaks off")?;
    let status = body.trailers().and_then(grpc_status);
    ensure!(status.as_deref() == Some("0"), "the call ends with the status {status:?}");
    let mut frame = body.to_bytes();
    ensure!(frame.len() > FRAME, "an answer without a message");
    Ok(frame.split_off(FRAME))
}

fn grpc_status(trailers: &HeaderMap) -> Option<String> {
    trailers.get("grpc-status")?.to_str().ok().map(str::to_owned)
}

/// The message of a check in its frame, with a place for a bearer.
struct Question {
    before: Box<[u8]>,
    after: Box<[u8]>,
}

impl Question {
    fn new() -> Result<Self> {
        let message = check().encode_to_vec();
        let length = u32::try_from(message.len())?.to_be_bytes();
        let frame = [&[0][..], &length, &message].concat();
        let place = memmem::find(&frame, &PLACE).context("the message has no place for a bearer")?;
        let (before, rest) = frame.split_at(place);
        let (_, after) = rest.split_at(PLACE.len());
        Ok(Self { before: before.into(), after: after.into() })
    }

    fn with(&self, bearer: &[u8; 64]) -> Bytes {
        [&self.before, &bearer[..], &self.after].concat().into()
    }
}

/// What Envoy asks about a request of a client, with the headers as they were sent (`encode_raw_headers`).
fn check() -> CheckRequest {
    let authorization = [b"Bearer ", &PLACE[..]].concat();
    let headers: [(&'static str, &[u8]); 11] = [
        (":authority", b"api.example.com"),
        (":path", b"/orders/4711?page=7"),
        (":method", b"GET"),
        (":scheme", b"https"),
        ("user-agent", b"curl/8.5.0"),
        ("accept", b"*/*"),
        ("authorization", &authorization),
        ("x-forwarded-for", b"192.0.2.7"),
        ("x-forwarded-proto", b"https"),
        ("x-envoy-external-address", b"192.0.2.7"),
        ("x-request-id", b"25673c1a-7882-4275-bebe-2eecaab59404"),
    ];
    let raw = |(name, value): (&'static str, &[u8])| HeaderValue {
        key: name.into(),
        value: Bytes::new(),
        raw_value: Bytes::copy_from_slice(value),
    };
    let http = HttpRequest {
        method: "GET".into(),
        headers: Vec::new(),
        path: "/orders/4711?page=7".into(),
        host: "api.example.com".into(),
        scheme: "https".into(),
        body: Bytes::new(),
        raw_body: Bytes::new(),
        header_map: Some(RawHeaders { headers: headers.map(raw).into() }),
    };
    let source = SocketAddress { address: "192.0.2.7".into() };
    CheckRequest {
        attributes: Some(Attributes {
            source: Some(Peer { address: Some(Address { socket_address: Some(source) }) }),
            request: Some(messages::Request { http: Some(http) }),
            context_extensions: vec![Entry { key: "rule".into(), value: "default".into() }],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_stands_in_the_header_of_a_message_that_is_whole() {
        let frame = Question::new().unwrap().with(&[b'a'; 64]);
        let message = CheckRequest::decode(&frame[FRAME..]).unwrap();
        let http = message.attributes.unwrap().request.unwrap().http.unwrap();
        let headers = http.header_map.unwrap().headers;
        let found = headers.iter().find(|header| header.key == "authorization").unwrap();
        assert_eq!(found.raw_value, format!("Bearer {}", "a".repeat(64)));
        assert_eq!(frame[1..FRAME], u32::try_from(frame.len() - FRAME).unwrap().to_be_bytes());
    }
}
