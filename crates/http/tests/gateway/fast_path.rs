//! The fast path: what it answers is what hyper would have answered, and what is not its own it hands over whole.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

/// An answer, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

/// A connection that speaks bytes.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    pub(crate) async fn to(server: &TestServer) -> Self {
        Self { stream: TcpStream::connect(server.address()).await.unwrap(), read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    async fn more(&mut self) {
        let count = self.stream.read_buf(&mut self.read).await.unwrap();
        assert!(count > 0, "closed after {}", String::from_utf8_lossy(&self.read));
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        let mut answer = self.head().await;
        let length: usize = answer.headers["content-length"].parse().unwrap();
        while self.read.len() < length {
            self.more().await;
        }
        answer.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        answer
    }

    /// An answer without its body.
    pub(crate) async fn head(&mut self) -> Answer {
        let end = loop {
            match self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => self.more().await,
            }
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status_line = lines.next().unwrap();
        let pairs = lines.map(|line| line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")));
        let headers: BTreeMap<String, String> =
            pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        assert!(status_line.len() > "HTTP/1.1 200 ".len(), "a reason: {status_line}");
        Answer { status: status_line[9..12].parse().unwrap(), headers, body: String::new() }
    }
}

fn get(headers: &[(&str, &str)]) -> Vec<u8> {
    get_at(CHECK, headers)
}

pub(crate) fn get_at(target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let lines: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n{lines}\r\n").into_bytes()
}

/// The same request on the fast path, and by hyper on a connection whose first request was none for the fast path.
async fn both_ways(server: &TestServer, request: &[u8]) -> (Answer, Answer) {
    let mut first = Wire::to(server).await;
    first.send(request).await;
    let fast = first.answer().await;
    let mut other = Wire::to(server).await;
    other.send(b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(other.answer().await.status, 404);
    other.send(request).await;
    (fast, other.answer().await)
}

/// Answers without what is another each time. What is no HTTP has neither.
fn comparable(mut answer: Answer) -> Answer {
    if answer.status == 400 {
        return answer;
    }
    assert!(answer.headers.remove("date").is_some(), "{answer:?}");
    assert_eq!(answer.headers.remove("x-request-id").map(|id| id.len()), Some(24), "{answer:?}");
    answer
}

#[tokio::test]
async fn its_answers_are_hypers() {
    let server = TestServer::start().await;
    let (tokens, id) = (liveperson(&server).await, livevox(&server).await);
    let bearer = format!("Bearer {}", tokens.bearer);
    let cookie = format!("a=b; session_id={}", tokens.cookie);
    let cases: [&[(&str, &str)]; 12] = [
        &[("Authorization", &bearer)],
        &[("AUTHORIZATION", &bearer), ("Connection", "keep-alive")],
        &[("LV-Session", &id)],
        &[("Cookie", "c=d"), ("cookie", &cookie)],
        &[],
        &[("Authorization", "Bearer forged")],
        &[("Authorization", "")],
        &[("Authorization", "Basic a"), ("Authorization", &bearer)],
        &[("LV-Session", "no")],
        &[("Cookie", &format!("session_id={}", tokens.bearer))],
        &[("X-Forwarded-Uri", "/other"), ("X-Vestibule-User", "1")],
        &[("Authorization", &bearer), ("LV-Session", &id), ("Cookie", &cookie)],
    ];
    for case in cases {
        let (fast, by_hyper) = both_ways(&server, &get(case)).await;
        assert_eq!(comparable(fast), comparable(by_hyper), "{case:?}");
    }
}

#[tokio::test]
async fn its_answers_to_gateways_are_hypers() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let bearer = format!("Bearer {}", tokens.bearer);
    let target = format!("/ws_api/account/{ACCOUNT}/messaging/brand/{}", tokens.bearer);
    for behind in [
        "",
        "?query",
        "//a/../b",
        &target,
        "/api/account/9/x",
        "/%2e%2e;a",
        "/a\\b",
        "/a|b",
        "/a\"b",
        "/a#b",
        "/a<b",
    ] {
        for kind in kinds::KINDS {
            let asked = format!("/gateway/check/{kind}/rule/default{behind}");
            let headers = kinds::headers(kind, &target);
            let mut headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
            for credentials in [None, Some(("Authorization", &*bearer))] {
                headers.extend(credentials);
                let (fast, by_hyper) = both_ways(&server, &get_at(&asked, &headers)).await;
                assert_eq!(comparable(fast), comparable(by_hyper), "{asked}");
            }
        }
    }
}

#[tokio::test]
async fn a_request_id_is_kept() {
    let server = TestServer::start().await;
    let (fast, by_hyper) = both_ways(&server, &get(&[("X-Request-Id", "mine")])).await;
    assert_eq!((&*fast.headers["x-request-id"], &*by_hyper.headers["x-request-id"]), ("mine", "mine"));
}

#[tokio::test]
async fn a_request_that_comes_in_pieces_is_answered_when_it_is_whole() {
    let server = TestServer::start().await;
    let request = get(&[("Authorization", &format!("Bearer {}", liveperson(&server).await.bearer))]);
    let mut wire = Wire::to(&server).await;
    for piece in request.chunks(7) {
        wire.send(piece).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(wire.answer().await.status, 200);
}

#[tokio::test]
async fn requests_sent_at_once_are_answered_in_their_order_whoever_answers() {
    let server = TestServer::start().await;
    let good = get(&[("Authorization", &format!("Bearer {}", liveperson(&server).await.bearer))]);
    let nothing = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    let mut wire = Wire::to(&server).await;
    wire.send(&[good.clone(), get(&[]), good.clone(), nothing, good].concat()).await;
    for status in [200, 401, 200, 404, 200] {
        assert_eq!(wire.answer().await.status, status);
    }
}

#[tokio::test]
async fn g1_a_body_is_never_taken_for_a_request() {
    let server = TestServer::start().await;
    let hidden = String::from_utf8(get(&[])).unwrap();
    let length = hidden.len();
    for framing in [format!("Content-Length: {length}"), "Transfer-Encoding: chunked".to_owned()] {
        let body = if framing.starts_with('T') {
            format!("{length:x}\r\n{hidden}\r\n0\r\n\r\n")
        } else {
            hidden.clone()
        };
        let request = format!("GET /gateway/check HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n{body}");
        let mut wire = Wire::to(&server).await;
        wire.send(request.as_bytes()).await;
        wire.send(b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(wire.answer().await.status, 401, "{framing}");
        // Had the body been taken for a request, its 401 would come first. Closing is as good.
        while wire.read.len() < 12 && wire.stream.read_buf(&mut wire.read).await.is_ok_and(|count| count > 0)
        {
        }
        let next = String::from_utf8_lossy(&wire.read).into_owned();
        assert!(next.is_empty() || next.starts_with("HTTP/1.1 404"), "{framing}: {next}");
    }
}

#[tokio::test]
async fn a_client_that_asks_to_close_is_answered_and_closed() {
    let server = TestServer::start().await;
    let mut wire = Wire::to(&server).await;
    wire.send(&get(&[("Connection", "close")])).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, &*answer.headers["connection"]), (401, "close"));
    assert_eq!(wire.stream.read(&mut [0; 8]).await.unwrap(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is sent, the service answers the next client, and answers it as before.
    #[test]
    fn a1_no_bytes_bring_it_down(
        pieces in proptest::collection::vec(prop_oneof![
            Just(get(&[])), Just(b"GET /gateway/check HTTP/1.1\r\n".to_vec()), Just(b"\r\n\r\n".to_vec()),
            Just(b"Authorization: Bearer \xff\r\n".to_vec()), Just(b"content-length: 3\r\n".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..40),
        ], 1..8)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = TestServer::start().await;
            let mut wire = Wire::to(&server).await;
            let _ = wire.stream.write_all(&pieces.concat()).await;
            let _ = wire.stream.shutdown().await;
            let _ = wire.stream.read_to_end(&mut wire.read).await;
            let mut next = Wire::to(&server).await;
            next.send(&get(&[])).await;
            assert_eq!(next.answer().await.status, 401);
        });
    }
}
