//! Refusals that are made before a dialect has its say, and the one place that renders them.

use std::fmt;

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::{admin, livevox};

/// Why a request is refused before, or instead of, its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It is not HTTP as we know it.
    BadRequest,
    /// It does not say which host it is for, or says it twice (RFC 9112 §3.2).
    NoHost,
    /// There is nothing at this path.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The Domain API lists what is asked for, and this service does not have it.
    NotImplemented,
    /// It is for a name that this listener does not answer to.
    Misdirected,
    /// The head did not arrive in time.
    HeaderTimeout,
    /// The body did not arrive in time.
    BodyTimeout,
    /// The body broke off or was not well-formed chunks.
    BodyBroken,
    /// The body is larger than allowed.
    BodyTooLarge,
    /// The request's target is too long.
    UriTooLong,
    /// The headers are larger than allowed.
    HeadersTooLarge,
    /// Our fault.
    Internal,
    /// More work than we can do in time.
    Overloaded,
}

impl fmt::Display for Refusal {
    /// For the log.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::BadRequest => "it is not HTTP as we know it",
            Self::NoHost => "it does not say once which host it is for",
            Self::NotFound => "there is nothing at this path",
            Self::MethodNotAllowed => "there is no such method at this path",
            Self::NotImplemented => "this service does not have it",
            Self::Misdirected => "it is for a name that this listener does not answer to",
            Self::HeaderTimeout => "its head did not arrive in time",
            Self::BodyTimeout => "its body did not arrive in time",
            Self::BodyBroken => "its body broke off or was not well formed",
            Self::BodyTooLarge => "its body is larger than allowed",
            Self::UriTooLong => "its target is too long",
            Self::HeadersTooLarge => "its headers are larger than allowed",
            Self::Internal => "something here failed",
            Self::Overloaded => "there is more work than can be done in time",
        })
    }
}

impl Refusal {
    /// The status of the answer.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::NoHost | Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::HeaderTimeout | Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Adds `Retry-After` to the headers of an answer, where trying again helps.
    pub fn tell_when_to_retry(self, headers: &mut HeaderMap) {
        if self == Self::Overloaded {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
    }

    /// What the client is told: plain words, nothing to escape in JSON or text.
    pub const fn message(self) -> &'static str {
        match self {
            Self::BadRequest => "The request is malformed",
            Self::NoHost => "The request has no Host, or more than one, or one that is none",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::NotImplemented => {
                "Not served here. The Domain API of `vestibule dev` lists the vendor's services so that clients find a \
                 host; of these it serves agentVep: login, refresh and logout"
            }
            Self::Misdirected => "Ask for localhost: this is for this machine only, under no other name",
            Self::HeaderTimeout => "The request headers did not arrive in time",
            Self::BodyTimeout => "The request body did not arrive in time",
            Self::BodyBroken => "The request body is incomplete or malformed",
            Self::BodyTooLarge => "The request body is too large",
            Self::UriTooLong => "The request target is too long",
            Self::HeadersTooLarge => "The request headers are too large",
            Self::Internal => "Internal server error",
            Self::Overloaded => "The service is overloaded, try again later",
        }
    }
}

/// How a dialect writes a refusal.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// `{"error":"<text>"}`: the `LivePerson` dialect, and whatever has no dialect of its own.
    Flat,
    /// `{"code":404,"message":"<text>"}`: the `LiveVox` dialect.
    CodeAndMessage,
    /// RFC 9457: administration, and what users do about themselves.
    Problem,
}

impl Shape {
    /// Chosen by path, because there may be no route.
    pub(super) fn of(path: &str) -> Self {
        if path.starts_with("/admin/") || path.starts_with("/self/") {
            return Self::Problem;
        }
        let livevox = path == "/session" || path.starts_with("/session/");
        if livevox { Self::CodeAndMessage } else { Self::Flat }
    }

    const fn content_type(self) -> HeaderValue {
        match self {
            Self::Flat | Self::CodeAndMessage => HeaderValue::from_static("application/json"),
            Self::Problem => HeaderValue::from_static("application/problem+json"),
        }
    }

    fn body(self, refusal: Refusal) -> String {
        match self {
            Self::Flat => format!(r#"{{"error":"{}"}}"#, refusal.message()),
            Self::CodeAndMessage => livevox::error_body(refusal.status(), refusal.message()),
            Self::Problem => admin::problem_body(refusal.status(), refusal.message()),
        }
    }

    pub(super) fn answer(self, refusal: Refusal) -> Response {
        let mut answer = Response::new(Body::from(self.body(refusal)));
        *answer.status_mut() = refusal.status();
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, self.content_type());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        refusal.tell_when_to_retry(headers);
        answer
    }
}

/// The answer to a request for `path` that is refused, in the shape that callers of that path expect.
pub fn answer(path: &str, refusal: Refusal) -> Response {
    Shape::of(path).answer(refusal)
}

/// A whole HTTP/1.1 answer for a connection on which no request could be read; the connection ends with it.
pub(crate) fn raw(refusal: Refusal) -> Vec<u8> {
    let (status, body) = (refusal.status(), Shape::Flat.body(refusal));
    let (code, reason) = (status.as_str(), status.canonical_reason().unwrap_or_default());
    format!(
        "HTTP/1.1 {code} {reason}\r\n\
         content-type: application/json\r\n\
         cache-control: no-store\r\n\
         x-content-type-options: nosniff\r\n\
         connection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
