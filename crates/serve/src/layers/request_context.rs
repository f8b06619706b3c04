//! What is kept of a request while it is answered, and what is counted and logged of it afterwards.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::MatchedPath;
use axum::response::Response;
use http::header::{CONNECTION, CONTENT_LENGTH, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, StatusCode, Version};
use http_body::Body as _;
use tracing::Span;
use vestibule_model::visible;

use super::cors::CorsHeaders;
use super::headers::Headers;
use super::layered::{EndpointState, Spans};
use super::plain_response::PlainResponse;
use super::refusal::{Readers, Refusal, RefusalShape};
use super::refusal_log::{Kind, LogDecision};
use super::request_id::{self, RequestId};
use super::{Cause, LayerState, ToldStatus};

/// The most characters of a cause in a line of the log.
const LONGEST_CAUSE: usize = 1_000;

/// One request, from its head to the head of its answer.
pub(super) struct RequestContext {
    pub(super) id: RequestId,
    pub(super) peer: Option<SocketAddr>,
    pub(super) client: Option<IpAddr>,
    span: Span,
    method: Method,
    version: Version,
    pub(super) shape: RefusalShape,
    cors: CorsHeaders,
    begun: Instant,
}

impl RequestContext {
    pub(super) fn begin<B>(endpoint: &EndpointState, request: &Request<B>, source: RequestSource) -> Self {
        let EndpointState { layers, refusals, metrics, spans, .. } = endpoint;
        let RequestSource { peer, client } = source;
        let matched = request.extensions().get::<MatchedPath>();
        metrics.serves(matched.map_or("none", MatchedPath::as_str), &layers.metrics);
        let headers = Headers::Map(request.headers());
        let id = layers.request_ids.of(headers);
        let shape = refusals.of(request.uri().path());
        let span = match spans {
            Spans::PerRequest => {
                tracing::info_span!("request", request_id = id.as_str(), route = metrics.route())
            }
            Spans::None => Span::none(),
        };
        Self {
            id,
            peer,
            client,
            span,
            method: request.method().clone(),
            version: request.version(),
            shape,
            cors: cors_of(shape, layers, headers),
            begun: now(),
        }
    }

    /// Of a `GET` that a parser of ours has read, for a route that is no router's.
    pub(super) fn begin_parsed(
        endpoint: &EndpointState,
        headers: Headers<'_>,
        source: RequestSource,
    ) -> Self {
        let layers = &endpoint.layers;
        Self {
            id: layers.request_ids.of(headers),
            peer: source.peer,
            client: source.client,
            span: Span::none(),
            method: Method::GET,
            version: Version::HTTP_11,
            shape: endpoint.shape,
            cors: cors_of(endpoint.shape, layers, headers),
            begun: now(),
        }
    }

    /// As [`RequestContext::end`], for an answer that is written as it is: appends what every answer gets, and the body.
    pub(super) fn end_parsed(self, endpoint: &EndpointState, answer: &PlainResponse, out: &mut Vec<u8>) {
        let mut length = itoa::Buffer::new();
        let lines = [
            "x-request-id: ",
            self.id.as_str(),
            "\r\nx-content-type-options: nosniff\r\ncontent-length: ",
            length.format(answer.body.len()),
            "\r\n",
        ];
        for line in lines {
            out.extend_from_slice(line.as_bytes());
        }
        self.cors.write(out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&answer.body);
        self.count_and_log(endpoint, answer.status, answer.cause.as_ref());
    }

    /// Runs `work` as part of this request, for what is logged meanwhile.
    pub(super) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.in_scope(work)
    }

    /// The answer in place of the one that will not come.
    pub(super) fn after_panic(&self, panic: &(dyn Any + Send)) -> Response {
        let mut answer = self.shape.answer(Refusal::Internal);
        answer.extensions_mut().insert(Cause(Arc::new(Panic::from(panic))));
        answer
    }

    /// The last touches on the way out, then count and log.
    pub(super) fn end(self, endpoint: &EndpointState, answer: &mut Response) {
        let status = answer.status();
        if self.method == Method::HEAD {
            leave_body_out(answer);
        }
        let cause = answer.extensions_mut().remove::<Cause>();
        let ToldStatus(told) = answer.extensions_mut().remove().unwrap_or(ToldStatus(status));
        let headers = answer.headers_mut();
        headers.insert(request_id::HEADER, self.id.header());
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if leaves_body_unread(status) && self.version < Version::HTTP_2 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        self.cors.add_to(headers);
        self.count_and_log(endpoint, told, cause.as_ref());
    }

    fn count_and_log(&self, endpoint: &EndpointState, status: StatusCode, cause: Option<&Cause>) {
        let ended = now();
        let took = ended.duration_since(self.begun);
        endpoint.metrics.count(&endpoint.layers.metrics, &self.method, status, took);
        self.log(endpoint, status, ended, cause);
    }

    /// Our failures are errors, except that turning work away under load is a warning; a refusal that has a cause is
    /// worth knowing, up to a number of lines that strangers cannot drive up; the rest is for those who look.
    fn log(&self, endpoint: &EndpointState, status: StatusCode, ended: Instant, cause: Option<&Cause>) {
        let took = ended.duration_since(self.begun);
        macro_rules! event {
            ($level:ident, $text:literal) => {
                tracing::$level!(
                    request_id = self.id.as_str(),
                    method = self.method.as_str(),
                    route = endpoint.metrics.route(),
                    status = status.as_u16(),
                    client = self.client.map(tracing::field::display),
                    peer = self.peer.map(tracing::field::display),
                    took_ms = milliseconds(took),
                    cause = cause.map(|cause| tracing::field::display(in_words(cause))),
                    $text
                )
            };
        }
        let is_worth_a_line = status.is_server_error() || cause.is_some();
        if !is_worth_a_line || self.decide(endpoint, status, ended, cause) == LogDecision::Count {
            event!(debug, "answered a request");
        } else if status == StatusCode::SERVICE_UNAVAILABLE {
            event!(warn, "turned a request away");
        } else if status.is_server_error() {
            event!(error, "a request failed");
        } else {
            event!(info, "refused a request");
        }
    }

    fn decide(
        &self,
        endpoint: &EndpointState,
        status: StatusCode,
        ended: Instant,
        cause: Option<&Cause>,
    ) -> LogDecision {
        if !status.is_server_error() && !tracing::enabled!(tracing::Level::INFO) {
            return LogDecision::Count;
        }
        let cause = cause.map(in_words).unwrap_or_default();
        let kind = Kind::new(status, endpoint.metrics.route(), cause);
        endpoint.layers.refusals.decide(kind, self.client, ended)
    }
}

/// What an answer says about origins at paths of this shape.
fn cors_of(shape: RefusalShape, layers: &LayerState, headers: Headers<'_>) -> CorsHeaders {
    match shape.readers {
        Readers::AllowedOrigins => layers.allowed_origins.headers_for(headers),
        Readers::OwnPages => CorsHeaders::Off,
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RequestSource {
    /// The other end of the connection.
    pub(super) peer: Option<SocketAddr>,
    /// The client, as far as trusted proxies report it.
    pub(super) client: Option<IpAddr>,
}

/// The one unit of durations in the log, to the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// A cause in one line, cut where it is long: it may hold what a client has sent.
fn in_words(Cause(error): &Cause) -> String {
    let mut words = visible(&Chain(&**error).to_string());
    if let Some((end, _)) = words.char_indices().nth(LONGEST_CAUSE) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// An error and the errors under it.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(out, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

/// Leaves the body out, whose length is told (RFC 9110 §9.3.2). Over HTTP/2 the connection would send it.
fn leave_body_out(answer: &mut Response) {
    let body = std::mem::take(answer.body_mut());
    if let Some(length) = body.size_hint().exact().filter(|length| *length > 0) {
        answer.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| length.into());
    }
}

fn leaves_body_unread(status: StatusCode) -> bool {
    status == StatusCode::PAYLOAD_TOO_LARGE || status == StatusCode::REQUEST_TIMEOUT
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge: how long requests take is measured here and nowhere else"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// A handler's panic, as the cause of an answer.
#[derive(Debug)]
struct Panic(String);

impl From<&(dyn Any + Send)> for Panic {
    fn from(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self(String::from(text.unwrap_or("without a message")))
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a handler panicked: {}", self.0)
    }
}

impl Error for Panic {}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(error: &str) -> String {
        in_words(&Cause(Arc::new(Panic(error.to_owned()))))
    }

    #[test]
    fn a8_a_cause_is_one_line_in_which_nothing_is_hidden() {
        let words = said("a\n2026 ERROR\u{1b}[2J\u{9b}\u{202e}b");
        assert!(words.contains("a\\u{a}2026 ERROR\\u{1b}[2J\\u{9b}\\u{202e}b"), "{words}");
    }

    #[test]
    fn a_long_cause_is_cut() {
        assert_eq!(said(&"\n".repeat(10_000)).chars().count(), LONGEST_CAUSE + 1);
    }
}
