//! The fast path: answers the plainest of requests before hyper sees the connection.
//!
//! Where one kind of request is most of the load, its connections carry nothing else. As long as whatever arrives is a whole
//! `GET` over HTTP/1.1, without body and without a word about the connection, whose answer a shortcut has at once, it is
//! answered here: parsed by the same library as hyper's, asked of the same shortcut through the same layers, written without a
//! response being built.
//! The first request that is anything else, and everything after it, is hyper's: the bytes are handed over as they came,
//! so no request is ever read by two parsers, and there is no second opinion on where one ends (ADR 13).

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::date::date;
use super::timeouts::{ConnectionActivity, Protocol};
use crate::layers::{HttpService, Peer};

/// Several times what such a request takes. What is longer is hyper's.
const LONGEST: usize = 8 * 1024;

/// More headers than such requests have; what has more is hyper's.
const MOST_HEADERS: usize = 48;

/// Answers that are kept back while more requests are there to be answered.
const MOST_UNSENT: usize = 64 * 1024;

/// What every such request begins with.
const BEGINNING: &[u8] = b"GET /";

/// A connection on the fast path.
pub(super) struct FastPath<'a, T> {
    stream: T,
    service: &'a HttpService,
    peer: Peer,
    activity: Arc<ConnectionActivity>,
    /// What has arrived and is not answered.
    arrived: Vec<u8>,
    /// Answers that are not sent, and how much of them is.
    out: Vec<u8>,
    sent: usize,
    finishing: bool,
}

/// What becomes of the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is hyper's, and so is what has arrived.
    ForHyper,
    /// The client has gone, or the server stops and nothing is under way.
    Done,
}

/// What is left of what has arrived, when the answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Nothing.
    Nothing,
    /// The beginning of a request.
    Part,
    /// Requests that wait until answers are sent.
    Waiting,
    /// A request for hyper.
    ForHyper,
}

/// What the first bytes are.
enum First {
    /// Part of a request that may be one of ours.
    Part,
    /// One of ours, of this length; its answer is written.
    Answered(usize),
    /// Anything else.
    Other,
}

impl<'a, T: AsyncRead + AsyncWrite + Unpin> FastPath<'a, T> {
    pub(super) fn new(
        stream: T,
        service: &'a HttpService,
        peer: Peer,
        activity: Arc<ConnectionActivity>,
    ) -> Self {
        let (arrived, out) = (Vec::new(), Vec::new());
        Self { stream, service, peer, activity, arrived, out, sent: 0, finishing: false }
    }

    /// The stream, and what arrived of the first request that is not answered.
    pub(super) fn into_parts(self) -> (T, Vec<u8>) {
        (self.stream, self.arrived)
    }

    /// Whether a request has arrived in part, is late, and may be refused: behind half an answer, a refusal would be
    /// taken for the other half.
    pub(super) fn may_be_refused(&self) -> bool {
        self.activity.head_is_due() && !self.arrived.is_empty() && self.out.is_empty()
    }

    /// Answers what is there.
    fn answer(&mut self) -> Rest {
        let mut read = 0;
        let left = loop {
            let rest = self.arrived.get(read..).unwrap_or_default();
            if rest.is_empty() {
                break Rest::Nothing;
            }
            if self.out.len() > MOST_UNSENT {
                break Rest::Waiting;
            }
            match answer_first(self.service, self.peer, rest, &mut self.out) {
                First::Answered(length) => {
                    self.activity.answered();
                    read += length;
                }
                First::Part => break Rest::Part,
                First::Other => break Rest::ForHyper,
            }
        };
        self.arrived.drain(..read);
        left
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.out.get(self.sent..).filter(|rest| !rest.is_empty()) {
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let at_once = self.sent == 0 && count == rest.len();
            self.sent += count;
            if !at_once {
                self.activity.bytes_left();
            }
        }
        self.out.clear();
        self.sent = 0;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Reads what there is; answers how much.
    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [MaybeUninit::uninit(); LONGEST];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        self.arrived.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for FastPath<'_, T> {
    type Output = io::Result<Outcome>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            // Before hyper writes, and before more is read, everything of ours is sent: a client that does not take its
            // answers is idle, whatever else it has sent.
            let rest = this.answer();
            ready!(this.poll_send(context))?;
            match rest {
                Rest::ForHyper => return Poll::Ready(Ok(Outcome::ForHyper)),
                Rest::Waiting => continue,
                Rest::Part => this.activity.bytes_arrived(),
                Rest::Nothing => {}
            }
            if this.finishing {
                let left = if this.arrived.is_empty() { Outcome::Done } else { Outcome::ForHyper };
                return Poll::Ready(Ok(left));
            }
            if ready!(this.poll_receive(context))? == 0 {
                let left = if this.arrived.is_empty() { Outcome::Done } else { Outcome::ForHyper };
                return Poll::Ready(Ok(left));
            }
            this.activity.bytes_arrived();
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Protocol for FastPath<'_, T> {
    const ANNOUNCES_ITS_END: bool = false;

    fn finish(&mut self) {
        self.finishing = true;
    }
}

/// Looks at the first request in `bytes`; if it is one of ours, appends its answer.
fn answer_first(service: &HttpService, peer: Peer, bytes: &[u8], out: &mut Vec<u8>) -> First {
    let beginning = bytes.len().min(BEGINNING.len());
    if bytes.get(..beginning) != BEGINNING.get(..beginning) {
        return First::Other;
    }
    let mut headers = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(bytes, &mut headers) {
        Ok(httparse::Status::Complete(length)) => match answer_parsed(service, peer, &request, out) {
            Some(()) => First::Answered(length),
            None => First::Other,
        },
        Ok(httparse::Status::Partial) if bytes.len() < LONGEST => First::Part,
        Ok(httparse::Status::Partial) | Err(_) => First::Other,
    }
}

fn answer_parsed(
    service: &HttpService,
    peer: Peer,
    request: &httparse::Request<'_, '_>,
    out: &mut Vec<u8>,
) -> Option<()> {
    let plain = request.method == Some("GET") && request.version == Some(1);
    if !plain || request.headers.iter().any(|header| is_about_more_than_the_request(header)) {
        return None;
    }
    let target = request.path.filter(|target| target.bytes().all(is_of_a_target))?;
    // The status is known when the fields are written: its line is put before them.
    let begin = out.len();
    out.extend_from_slice(OK_LINE);
    out.extend_from_slice(b"date: ");
    date(|text| out.extend_from_slice(text));
    out.extend_from_slice(b"\r\n");
    let Some(status) = service.answer_parsed(target, request.headers, peer, out) else {
        out.truncate(begin);
        return None;
    };
    if status != StatusCode::OK {
        let reason = status.canonical_reason().unwrap_or_default();
        let line = format!("HTTP/1.1 {} {reason}\r\n", status.as_str());
        out.splice(begin..begin + OK_LINE.len(), line.into_bytes());
    }
    Some(())
}

/// Whether the path or query of a target may have this character (RFC 3986 §3.3 and §3.4). What to make of another is hyper's to
/// decide, for this server's two parsers have to read one target alike.
const fn is_of_a_target(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'/' | b'?' | b'-' | b'.' | b'_' | b'~' | b'%' | b':' | b'@' | b'!' | b'$' | b'&')
        || matches!(byte, b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

const OK_LINE: &[u8] = b"HTTP/1.1 200 OK\r\n";

/// Whether a header announces a body, or is about the connection. `keep-alive` is what happens anyway.
fn is_about_more_than_the_request(header: &httparse::Header<'_>) -> bool {
    const NAMES: [&str; 6] = ["content-length", "transfer-encoding", "connection", "expect", "upgrade", "te"];
    let about = NAMES.iter().any(|name| header.name.eq_ignore_ascii_case(name));
    let keeps =
        header.name.eq_ignore_ascii_case("connection") && header.value.eq_ignore_ascii_case(b"keep-alive");
    about && !keeps
}
