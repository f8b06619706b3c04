//! `GET /gateway/events`: a gateway that keeps answers is told when it has to forget them, as server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>). The same is written to administrators.

use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::Frame;
use uuid::Uuid;
use vestibule_auth::{
    Auth, EventStream, EventWriter, EventsError, FeedFull, GatewayEvent, LogIn, LoginScope, StreamCut,
    TokenError, Told,
};
use vestibule_model::Dialect;
use vestibule_serve::layers::{Cause, Readers, RefusalShape, RequestHead, StreamObserver, Streamed};

use super::answer::{Forbidden, forbidden};
use super::check::is_gateway;
use crate::admin::{self, typed_problem};
use crate::api::ApiState;
use crate::sentinel::{basic_credentials, of_token};
use crate::words;

pub(super) const EVENTS: &str = "/gateway/events";

/// How what is refused before the handler is written. No page asks for it.
pub(crate) const EVENTS_REFUSAL: RefusalShape = RefusalShape { readers: Readers::OwnPages, ..admin::REFUSAL };

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// For proxies that would keep the pieces until there are many.
const NOT_BUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How long a client waits before it comes back, in milliseconds.
const RETRY: u32 = 250;

pub(super) async fn handle(State(api): State<ApiState>, request: Request) -> Response {
    let (parts, _body) = request.into_parts();
    let head = RequestHead::of(&parts);
    if !is_gateway(&api, head.peer) {
        return forbidden(Forbidden::NotAGateway).into();
    }
    if let Some(refusal) = refused_before(parts.version, &parts.method) {
        return refusal;
    }
    let Some(credentials) = basic_credentials(&parts.headers) else {
        return refused(&EventsError::Client(TokenError::InvalidClient));
    };
    let now = api.clock.now();
    let account = api.auth.account_of_client(&credentials, None, now);
    let (dialect, scope) = (Dialect::LivePerson, LoginScope::Public);
    let at = LogIn { account, dialect, scope, address: head.address, now };
    let behind = last_event_id(&parts.headers).map(str::to_owned);
    match api.auth.events_of_client(at, credentials, behind).await {
        Ok(opened) => stream(&api.auth, opened),
        Err(error) => refused(&error),
    }
}

/// The answer to what is no request for a stream, whoever asks; None: it is one.
///
/// Over HTTP/2 nobody would know when an event was written, and ends could not be answered after it: so it is not for streams.
pub(crate) fn refused_before(version: Version, method: &Method) -> Option<Response> {
    if version > Version::HTTP_11 {
        let words = "Streams of events are told over HTTP/1.1 alone";
        return Some(problem(
            StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            "urn:vestibule:http-1-1-required",
            words,
        ));
    }
    (*method == Method::HEAD).then(|| {
        let words = "A stream has to be asked for by GET";
        let mut answer = problem(StatusCode::METHOD_NOT_ALLOWED, "about:blank", words);
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        answer
    })
}

/// Behind which event a stream goes on.
pub(crate) fn last_event_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok())
}

fn headers() -> [(HeaderName, &'static str); 4] {
    [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        (NOT_BUFFERED, "no"),
        // What comes behind a stream that ends is the next stream, which may be another worker's.
        (CONNECTION, "close"),
    ]
}

/// A stream as an answer.
pub(crate) fn stream(auth: &Arc<Auth>, (stream, writer): (EventStream, EventWriter)) -> Response {
    let body = EventBody { auth: Arc::clone(auth), stream, has_begun: false };
    let mut answer = (headers(), Body::new(body)).into_response();
    answer.extensions_mut().insert(Streamed(Arc::new(Written(writer))));
    answer
}

/// Tells the engine what was written of a stream.
struct Written(EventWriter);

impl StreamObserver for Written {
    fn written(&self) {
        self.0.written();
    }

    fn stopping(&self) {
        self.0.stop();
    }
}

/// A stream as a body.
struct EventBody {
    auth: Arc<Auth>,
    stream: EventStream,
    has_begun: bool,
}

impl HttpBody for EventBody {
    type Data = Bytes;
    type Error = StreamCut;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamCut>>> {
        let body = self.get_mut();
        body.stream.poll_told(context).map(|told| {
            Some(told?.map(|told| {
                let mut text = String::new();
                if !std::mem::replace(&mut body.has_begun, true) {
                    // Writing to a string does not fail.
                    let _ = write!(text, "retry: {RETRY}\n\n");
                }
                body.write(told, &mut text);
                Frame::data(text.into())
            }))
        })
    }
}

impl EventBody {
    fn write(&self, told: Told, text: &mut String) {
        let written = match told {
            Told::Events(events) => events.into_iter().try_for_each(|(number, event)| {
                let id = self.stream.id(number);
                writeln!(text, "id: {id}").and_then(|()| write_event(text, &self.auth, event))
            }),
            Told::Lease { elapsed, valid } => {
                let (elapsed, valid) = (elapsed.as_millis(), valid.as_millis());
                write!(text, "event: lease\ndata: {{\"elapsed\":{elapsed},\"valid\":{valid}}}\n\n")
            }
        };
        // Writing to a string does not fail.
        let _ = written;
    }
}

/// Names and values are as they are in the headers that tell a gateway who somebody is. None has to be escaped.
fn write_event(text: &mut String, auth: &Auth, event: GatewayEvent) -> std::fmt::Result {
    match event {
        GatewayEvent::SessionEnded { account, session } => {
            let session = Uuid::from_bytes(auth.tokens().reference(session));
            write!(
                text,
                "event: session-ended\ndata: {{\"account\":\"{account}\",\"session\":\"{session}\"}}\n\n"
            )
        }
        GatewayEvent::UserChanged { account, user } => {
            write!(
                text,
                "event: user-changed\ndata: {{\"account\":\"{account}\",\"user\":\"{}\"}}\n\n",
                user.0
            )
        }
        GatewayEvent::ApplicationChanged { account, application } => {
            let (kind, id) = (application.kind(), words::application(application).unwrap_or_default());
            write!(
                text,
                "event: application-changed\ndata: \
                 {{\"account\":\"{account}\",\"kind\":\"{kind}\",\"application\":\"{id}\"}}\n\n"
            )
        }
        GatewayEvent::AccountChanged { account } => {
            write!(text, "event: account-changed\ndata: {{\"account\":\"{account}\"}}\n\n")
        }
        GatewayEvent::RulesChanged => write!(text, "event: rules-changed\ndata: {{}}\n\n"),
        GatewayEvent::Reset => write!(text, "event: reset\ndata: {{}}\n\n"),
    }
}

fn problem(status: StatusCode, kind: &'static str, words: &str) -> Response {
    let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
    (status, headers, typed_problem(kind, status, words)).into_response()
}

/// Why no stream is opened.
fn refused(error: &EventsError) -> Response {
    const BLANK: &str = "about:blank";
    const TRY_LATER: Option<u64> = Some(1);
    let (status, words, wait) = match error {
        EventsError::Client(error) => {
            let (status, _, words) = of_token(error);
            (status, words, error.retry_after().map(|wait| wait.as_secs().max(1)))
        }
        EventsError::Full(full) => {
            let status = match full {
                FeedFull::InAll => StatusCode::SERVICE_UNAVAILABLE,
                FeedFull::OfAccount => StatusCode::TOO_MANY_REQUESTS,
            };
            (status, full.to_string(), TRY_LATER)
        }
        EventsError::Starting => {
            (StatusCode::SERVICE_UNAVAILABLE, "The service is starting".to_owned(), TRY_LATER)
        }
    };
    let mut answer = problem(status, BLANK, &words);
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static(r#"Basic realm="Vestibule""#);
        answer.headers_mut().insert(WWW_AUTHENTICATE, scheme);
    }
    if let Some(wait) = wait {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
    }
    if status.is_server_error() {
        answer.extensions_mut().insert(Cause(Arc::new(Unopened(words))));
    }
    answer
}

/// Why no stream was opened, for the log.
#[derive(Debug, thiserror::Error)]
#[error("no stream of events was opened: {0}")]
struct Unopened(String);
