//! Cross-origin calls from browsers: off, unless origins are configured.

use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};

use super::headers::Headers;

/// An origin that no browser would send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOrigin(pub String);

impl std::fmt::Display for InvalidOrigin {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "`{}` is not an origin such as `https://agents.example.com`", self.0)
    }
}

impl std::error::Error for InvalidOrigin {}

/// The origins whose pages may call us with the user's cookies. Compared as they are sent, byte for byte: no patterns,
/// no `*`, no `null`.
#[derive(Clone, Debug, Default)]
pub struct AllowedOrigins(Vec<HeaderValue>);

impl AllowedOrigins {
    /// Each is scheme, host and, unless it is the scheme's own, port; lower-case, nothing behind it.
    pub fn new<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidOrigin> {
        let parse = |origin| parse(origin).ok_or_else(|| InvalidOrigin(String::from(origin)));
        origins.into_iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    fn origin(&self, headers: Headers<'_>) -> Option<HeaderValue> {
        let origin = headers.get(&ORIGIN)?;
        self.0.iter().find(|allowed| allowed.as_bytes() == origin).cloned()
    }

    /// What the answer to a request with these headers says about origins.
    pub(super) fn headers_for(&self, headers: Headers<'_>) -> CorsHeaders {
        if self.0.is_empty() { CorsHeaders::Off } else { CorsHeaders::On(self.origin(headers)) }
    }

    /// The answer to a preflight from an allowed origin. Any method and header it asks for may be used: what they may
    /// do is decided as for every caller.
    pub(super) fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response> {
        if self.0.is_empty() || method != Method::OPTIONS {
            return None;
        }
        self.origin(Headers::Map(headers))?;
        let asked = headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        let mut answer = Response::default();
        *answer.status_mut() = StatusCode::NO_CONTENT;
        let allow = answer.headers_mut();
        allow.insert(ACCESS_CONTROL_ALLOW_METHODS, asked.clone());
        if let Some(names) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            allow.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        allow.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        Some(answer)
    }
}

fn parse(origin: &str) -> Option<HeaderValue> {
    let (scheme, authority) = origin.split_once("://")?;
    let uri: Uri = origin.parse().ok()?;
    let plain = matches!(scheme, "http" | "https")
        && uri.authority().is_some_and(|parsed| parsed.as_str() == authority)
        && !authority.contains('@')
        && !origin.bytes().any(|byte| byte.is_ascii_uppercase());
    plain.then(|| HeaderValue::from_str(origin).ok())?
}

/// What an answer says about origins.
#[derive(Debug)]
pub(super) enum CorsHeaders {
    /// Nothing: not configured.
    Off,
    /// This origin, or none, may read it; it depends on who asked.
    On(Option<HeaderValue>),
}

impl CorsHeaders {
    /// Gives each field to `add`: the answer depends on who asked, also where nobody is allowed to read it.
    fn each(&self, mut add: impl FnMut(HeaderName, HeaderValue)) {
        let Self::On(origin) = self else { return };
        add(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin {
            add(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            add(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            add(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-request-id, retry-after"));
        }
    }

    /// Adds the fields to those of an answer. What a handler says about `Vary` stays.
    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        self.each(|name, value| {
            if name == VARY {
                headers.append(name, value);
            } else {
                headers.insert(name, value);
            }
        });
    }

    /// Appends the fields as lines of HTTP/1.1.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.each(|name, value| {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                out.extend_from_slice(part);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_are_accepted_as_origins() {
        assert!(
            AllowedOrigins::new(["https://a.example", "http://localhost:8080", "https://[::1]:1"]).is_ok()
        );
        for bad in [
            "*",
            "null",
            "a.example",
            "https://a.example/",
            "https://A.example",
            "https://u@a.example",
            "ftp://a",
        ] {
            assert_eq!(AllowedOrigins::new([bad]).unwrap_err(), InvalidOrigin(bad.into()));
        }
    }
}
