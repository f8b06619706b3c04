//! The answers to a gateway: who it is, in headers, or a refusal in the shape of the credential.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;
use vestibule_auth::{Granted, RecallError};
use vestibule_model::{Application, Millis, Rank};
use vestibule_serve::layers::{Cause, Fields, PlainResponse};

use crate::admin::typed_problem;
use crate::credentials::PresentedKind;
use crate::liveperson::SessionFailure;
use crate::livevox::error_body;

/// 200 with who it is. Every header is always there, also when it is empty, so that none that a client sent survives.
pub(super) fn allowed(granted: Granted<'_>, now: Millis) -> PlainResponse {
    let user = granted.user();
    let grants = user.grants();
    let mut fields = Fields::default();
    fields.set(ACCOUNT, user.account().account.id.as_str());
    fields.add(USER, |text| push_number(text, user.id.0));
    fields.add(USER_NAME, |text| push_visible(text, &user.login_name));
    fields.add(APPLICATION, |text| match granted.application() {
        Application::None => {}
        Application::ApiKey(id) | Application::OauthClient(id) | Application::Token(id) => {
            push_number(text, id.0);
        }
    });
    fields.add(SESSION, |text| {
        let mut buffer = Uuid::encode_buffer();
        text.push_str(Uuid::from_bytes(granted.reference()).hyphenated().encode_lower(&mut buffer));
    });
    fields.set(ROLES, role(grants.rank));
    fields.set(PRIVILEGES, &grants.privileges_text);
    let seconds = granted.expires_at().since(now).as_secs();
    fields.add(SECONDS_LEFT, |text| push_number(text, i64::try_from(seconds).unwrap_or(i64::MAX)));
    fields.set(CACHE_CONTROL, "no-store");
    PlainResponse { status: StatusCode::OK, fields, body: Cow::Borrowed(b""), cause: None }
}

const ACCOUNT: HeaderName = HeaderName::from_static("x-vestibule-account");
const USER: HeaderName = HeaderName::from_static("x-vestibule-user");
const USER_NAME: HeaderName = HeaderName::from_static("x-vestibule-user-name");
const APPLICATION: HeaderName = HeaderName::from_static("x-vestibule-application");
const SESSION: HeaderName = HeaderName::from_static("x-vestibule-session");
const ROLES: HeaderName = HeaderName::from_static("x-vestibule-roles");
const PRIVILEGES: HeaderName = HeaderName::from_static("x-vestibule-privileges");
const SECONDS_LEFT: HeaderName = HeaderName::from_static("x-vestibule-seconds-left");

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

/// 401, in the shape of the credential that was presented. Also what is contradictory is answered so: of the answers that
/// gateways take for a no, it is the one that all of them take so.
pub(super) fn refused(kind: PresentedKind, now: Millis) -> PlainResponse {
    const TEXT: &str = "oauth_problem=token_rejected&oauth_problem_advice=\
                        the oauth_token is unacceptable to the Service Provider";
    const JSON: &str = "application/json";
    let (content_type, body, cause): (_, Cow<'static, [u8]>, _) = match kind {
        PresentedKind::Bearer => ("text/plain", TEXT.as_bytes().into(), None),
        PresentedKind::Cookie => {
            let failure = SessionFailure::CsrfInvalid;
            (JSON, failure.body(now).into(), Some(Cause(Arc::new(failure))))
        }
        PresentedKind::LivevoxId => {
            (JSON, error_body(StatusCode::UNAUTHORIZED, "Authorization error").into_bytes().into(), None)
        }
        PresentedKind::None => (JSON, br#"{"error":"Not authenticated"}"#.into(), None),
    };
    let mut fields = Fields::default();
    fields.set(CONTENT_TYPE, content_type);
    fields.set(CACHE_CONTROL, "no-store");
    fields.set(WWW_AUTHENTICATE, "Bearer");
    PlainResponse { status: StatusCode::UNAUTHORIZED, fields, body, cause }
}

/// Why a check by kind is refused whatever the credentials are.
#[derive(Debug, thiserror::Error)]
pub(super) enum Forbidden {
    #[error("the connection comes from no network of `gateways.networks`")]
    NotAGateway,
    #[error("there is no rule {0:?}")]
    UnknownRule(String),
}

impl Forbidden {
    /// The problem's type, and its text for the gateway.
    const fn told(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotAGateway => (
                "urn:vestibule:not-a-gateway",
                "Gateways alone are answered here, and this is not the address of one",
            ),
            Self::UnknownRule(_) => {
                ("urn:vestibule:unknown-rule", "There is no rule of the name in this check's path")
            }
        }
    }
}

/// 403: what is wrong is the gateway's configuration or ours, and no other credential changes it.
pub(super) fn forbidden(why: Forbidden) -> PlainResponse {
    let (kind, detail) = why.told();
    let mut fields = Fields::default();
    fields.set(CONTENT_TYPE, "application/problem+json");
    fields.set(CACHE_CONTROL, "no-store");
    let status = StatusCode::FORBIDDEN;
    let body = typed_problem(kind, status, detail).into_bytes().into();
    PlainResponse { status, fields, body, cause: Some(Cause(Arc::new(why))) }
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
            prop_assert!(visible(&name).bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
