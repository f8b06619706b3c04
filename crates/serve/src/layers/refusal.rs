//! Refusals that are made before a handler has its say, and the one place that renders them.
//!
//! How a refusal is written belongs to the protocol that the caller speaks, which only the path shows: there may be no route.
//! Each group of routes gives its [`RefusalShape`]; [`RefusalShapes`] is the table of all of them.

use std::fmt;

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

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

    /// The text for the client: plain words, nothing to escape in JSON or text.
    pub const fn message(self) -> &'static str {
        match self {
            Self::BadRequest => "The request is malformed",
            Self::NoHost => "The request has no Host, or more than one, or one that is none",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
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

/// How a protocol writes a refusal.
#[derive(Clone, Copy, Debug)]
pub struct RefusalShape {
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body, of the status and of a message without anything to escape.
    pub body: fn(StatusCode, &str) -> String,
    /// Whether pages of other origins may read answers at all.
    pub readers: Readers,
    /// What else stands in the head of an answer: names in lower case, and their values.
    pub headers: &'static [(&'static str, &'static str)],
}

/// Whose pages may read the answers of a group of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Those of the origins that are configured.
    AllowedOrigins,
    /// This service's own and nobody else's, whatever is configured, and a preflight is a request like any other: of pages, since
    /// whoever reads one reads its forms, and of what gateways ask, where it is another's preflight.
    OwnPages,
}

impl RefusalShape {
    /// `{"error":"<message>"}`.
    pub const ERROR_OBJECT: Self = Self {
        content_type: "application/json",
        body: |_status, message| format!(r#"{{"error":"{message}"}}"#),
        readers: Readers::AllowedOrigins,
        headers: &[],
    };

    /// The whole answer.
    pub fn answer(self, refusal: Refusal) -> Response {
        let mut answer = self.answer_with(refusal.status(), refusal.message());
        refusal.tell_when_to_retry(answer.headers_mut());
        answer
    }

    /// The same with a status and a message of the caller's own; nothing in the message is escaped.
    pub fn answer_with(self, status: StatusCode, message: &str) -> Response {
        let mut answer = Response::new(Body::from((self.body)(status, message)));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        answer
    }

    /// The whole answer as HTTP/1.1 writes it, for a connection on which no request could be read; the connection ends
    /// with it.
    pub(crate) fn raw(self, refusal: Refusal) -> Vec<u8> {
        let status = refusal.status();
        let body = (self.body)(status, refusal.message());
        let (code, reason) = (status.as_str(), status.canonical_reason().unwrap_or_default());
        format!(
            "HTTP/1.1 {code} {reason}\r\n\
             content-type: {}\r\n\
             cache-control: no-store\r\n\
             x-content-type-options: nosniff\r\n\
             connection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            self.content_type,
            body.len()
        )
        .into_bytes()
    }
}

/// Which shape refusals have at which path.
#[derive(Clone, Copy, Debug)]
pub struct RefusalShapes {
    /// Paths and their shapes, from each group of routes; the first that fits counts. A pattern that ends in `/` matches every path that begins with
    /// it, any other for that path alone. `*` is one segment.
    pub by_path: &'static [&'static [(&'static str, RefusalShape)]],
    /// Everywhere else, and where a connection ends before its first request.
    pub otherwise: RefusalShape,
}

impl Default for RefusalShapes {
    /// [`RefusalShape::ERROR_OBJECT`] everywhere.
    fn default() -> Self {
        Self { by_path: &[], otherwise: RefusalShape::ERROR_OBJECT }
    }
}

impl RefusalShapes {
    /// The shape of a path.
    pub fn of(self, path: &str) -> RefusalShape {
        let fits = |pattern: &str| match pattern.split_once('*') {
            Some((start, end)) => {
                let segment = path.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
                segment.is_some_and(|segment| !segment.contains('/'))
            }
            None => path == pattern || pattern.ends_with('/') && path.starts_with(pattern),
        };
        let found = self.by_path.iter().copied().flatten().find(|(pattern, _)| fits(pattern));
        found.map_or(self.otherwise, |(_, shape)| *shape)
    }

    /// The answer to a request for `path` that is refused, in the shape that callers of that path expect.
    pub fn answer(self, path: &str, refusal: Refusal) -> Response {
        self.of(path).answer(refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(content_type: &'static str) -> RefusalShape {
        RefusalShape { content_type, ..RefusalShape::ERROR_OBJECT }
    }

    #[test]
    fn a_pattern_with_a_slash_at_its_end_is_for_all_below_and_another_for_one_path() {
        const THREE: [(&str, RefusalShape); 3] = [
            ("/a/", RefusalShape { content_type: "below", ..RefusalShape::ERROR_OBJECT }),
            ("/b", RefusalShape { content_type: "alone", ..RefusalShape::ERROR_OBJECT }),
            ("/a/b/", RefusalShape { content_type: "never", ..RefusalShape::ERROR_OBJECT }),
        ];
        let shapes = RefusalShapes { by_path: &[&THREE], otherwise: shape("otherwise") };
        for (path, expected) in [
            ("/a/", "below"),
            ("/a/b/c", "below"),
            ("/a", "otherwise"),
            ("/ab", "otherwise"),
            ("/b", "alone"),
            ("/b/", "otherwise"),
            ("/bc", "otherwise"),
            ("", "otherwise"),
            ("*", "otherwise"),
        ] {
            assert_eq!(shapes.of(path).content_type, expected, "{path}");
        }
    }

    #[test]
    fn a_raw_answer_is_one_that_can_be_parsed_and_says_its_length() {
        let raw = String::from_utf8(shape("text/x").raw(Refusal::HeaderTimeout)).unwrap();
        let (head, body) = raw.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408 Request Timeout\r\ncontent-type: text/x\r\n"), "{head}");
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
        assert_eq!(body, r#"{"error":"The request headers did not arrive in time"}"#);
    }
}
