//! The answers to a gateway: who it is, in headers, or a refusal in the shape of the credential.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use uuid::Uuid;
use vestibule_auth::{Authorized, RecallError};
use vestibule_model::{Application, Millis, Rank};

use crate::layers::Cause;
use crate::liveperson::no_session;
use crate::livevox::error_body;

/// The kind of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// None was shown.
    None,
    Bearer,
    Cookie,
    LivevoxId,
}

/// 200 with who it is. Every header is always there, also when it is empty, so that none that a client sent survives.
pub(super) fn allowed(holder: &Authorized, now: Millis) -> Response {
    let Authorized { session, reference, user } = holder;
    let mut values = Values::new();
    values.add(ACCOUNT, |text| text.push_str(session.account.as_str()));
    values.add(USER, |text| push_number(text, user.id.0));
    values.add(USER_NAME, |text| push_visible(text, &user.login_name));
    values.add(APPLICATION, |text| match session.application {
        Application::None => {}
        Application::ApiKey(id) | Application::OauthClient(id) | Application::Token(id) => {
            push_number(text, id.0);
        }
    });
    values.add(SESSION, |text| {
        let mut buffer = Uuid::encode_buffer();
        text.push_str(Uuid::from_bytes(*reference).hyphenated().encode_lower(&mut buffer));
    });
    values.add(PRIVILEGES, |text| text.push_str(&user.grants().privileges_text));
    let seconds = session.expires_at().since(now).as_secs();
    values.add(SECONDS_LEFT, |text| push_number(text, i64::try_from(seconds).unwrap_or(i64::MAX)));

    let mut answer = Response::new(Body::empty());
    // These, and what every answer gets on its way out.
    *answer.headers_mut() = HeaderMap::with_capacity(12);
    let headers = answer.headers_mut();
    values.set(headers);
    headers.insert(ROLES, HeaderValue::from_static(role(holder.rank())));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

const ACCOUNT: HeaderName = HeaderName::from_static("x-vestibule-account");
const USER: HeaderName = HeaderName::from_static("x-vestibule-user");
const USER_NAME: HeaderName = HeaderName::from_static("x-vestibule-user-name");
const APPLICATION: HeaderName = HeaderName::from_static("x-vestibule-application");
const SESSION: HeaderName = HeaderName::from_static("x-vestibule-session");
const ROLES: HeaderName = HeaderName::from_static("x-vestibule-roles");
const PRIVILEGES: HeaderName = HeaderName::from_static("x-vestibule-privileges");
const SECONDS_LEFT: HeaderName = HeaderName::from_static("x-vestibule-seconds-left");

/// How many values are written for each answer.
const WRITTEN: usize = 7;

/// The values of headers, written one behind the other into a single allocation that they share.
struct Values {
    text: String,
    ends: Vec<(HeaderName, usize)>,
}

impl Values {
    fn new() -> Self {
        Self { text: String::with_capacity(192), ends: Vec::with_capacity(WRITTEN) }
    }

    fn add(&mut self, name: HeaderName, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push((name, self.text.len()));
    }

    fn set(self, headers: &mut HeaderMap) {
        let (text, mut begin) = (Bytes::from(self.text), 0);
        for (name, end) in self.ends {
            // What was written is always a header's value.
            if let Ok(value) = HeaderValue::from_maybe_shared(text.slice(begin..end)) {
                headers.insert(name, value);
            }
            begin = end;
        }
    }
}

fn push_number(text: &mut String, number: i64) {
    text.push_str(itoa::Buffer::new().format(number));
}

const fn role(rank: Rank) -> &'static str {
    match rank {
        Rank::Agent => "agent",
        Rank::Manager => "manager",
        Rank::ItUser => "it-user",
        Rank::SuperUser => "super-user",
        Rank::SysAdmin => "sys-admin",
    }
}

/// Text as a header's value: visible ASCII as it is, everything else and `%` percent-encoded (RFC 3986 §2.1).
fn push_visible(value: &mut String, text: &str) {
    if text.bytes().all(is_visible) {
        value.push_str(text);
        return;
    }
    for byte in text.bytes() {
        if is_visible(byte) {
            value.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(value, "%{byte:02X}");
        }
    }
}

const fn is_visible(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'%'
}

/// 503: the store cannot tell now whether there is such a session.
pub(super) fn unavailable(error: RecallError) -> Response {
    let mut answer = (
        StatusCode::SERVICE_UNAVAILABLE,
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (RETRY_AFTER, "1")],
        r#"{"error":"The service is starting"}"#,
    )
        .into_response();
    answer.extensions_mut().insert(Cause(Arc::new(error)));
    answer
}

/// 401, in the shape of the credential that was shown.
pub(super) fn refused(kind: Kind, now: Millis) -> Response {
    const TEXT: &str = "oauth_problem=token_rejected&oauth_problem_advice=the token is not valid";
    let json = "application/json";
    let of = |content_type: &'static str, body: String| {
        let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")];
        (StatusCode::UNAUTHORIZED, headers, body).into_response()
    };
    let mut answer = match kind {
        Kind::Bearer => of("text/plain", TEXT.to_owned()),
        Kind::Cookie => no_session(now),
        Kind::LivevoxId => of(json, error_body(StatusCode::UNAUTHORIZED, "Authorization error")),
        Kind::None => of(json, r#"{"error":"Not authenticated"}"#.to_owned()),
    };
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn visible(text: &str) -> String {
        let mut value = String::new();
        push_visible(&mut value, text);
        value
    }

    #[test]
    fn names_are_encoded_where_headers_need_it() {
        assert_eq!(visible("name@example.com"), "name@example.com");
        assert_eq!(visible("Jürgen 100%\r\n"), "J%C3%BCrgen%20100%25%0D%0A");
    }

    proptest! {
        #[test]
        fn every_name_is_a_headers_value(name in ".*") {
            prop_assert!(HeaderValue::from_str(&visible(&name)).is_ok());
        }
    }
}
