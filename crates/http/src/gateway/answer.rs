//! The answers to a gateway: who it is, in headers, or a refusal in the shape of the credential.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use uuid::Uuid;
use vestibule_auth::Authorized;
use vestibule_model::{Application, Millis, Rank};

use crate::api::ApiState;
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
pub(super) fn allowed(api: &ApiState, holder: &Authorized, now: Millis) -> Response {
    let Authorized { session, entry, user } = holder;
    let reference = Uuid::from_bytes(api.auth.tokens().reference(session.id));
    let application = match session.application {
        Application::None => String::new(),
        Application::ApiKey(id) | Application::OauthClient(id) | Application::Token(id) => id.to_string(),
    };
    let privileges: Vec<String> = entry.privileges(user).iter().map(ToString::to_string).collect();
    let seconds_left = session.expires_at().since(now).as_secs();
    let mut answer = Response::new(Body::empty());
    let headers = answer.headers_mut();
    let mut set = |name: &'static str, value: String| {
        // What `visible` wrote is always a header's value.
        if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(value)) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-vestibule-account", session.account.to_string());
    set("x-vestibule-user", user.id.to_string());
    set("x-vestibule-user-name", visible(&user.login_name));
    set("x-vestibule-application", application);
    set("x-vestibule-session", reference.to_string());
    set("x-vestibule-roles", role(holder.rank()).to_owned());
    set("x-vestibule-privileges", privileges.join(","));
    set("x-vestibule-seconds-left", seconds_left.to_string());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
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
fn visible(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'%' {
            value.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(value, "%{byte:02X}");
        }
    }
    value
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
