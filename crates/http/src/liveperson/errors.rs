//! Every failure of the dialect: its status, its text and its shape (contract liveperson §1, Errors).
//!
//! Two shapes: flat for login, nested for refresh and logout. The cause goes along with the answer, and the layers log
//! it with the request's id.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use vestibule_auth::{IneligibleReason, LogInError, LogOutError, RecallError, RefreshError};
use vestibule_model::Millis;
use vestibule_serve::layers::{Cause, Refusal};

use crate::sso::refusal_header;

const BAD_AUTHENTICATION: &str = "Bad Authentication (invalid site or agent)";
/// The database takes no changes now.
const UNAVAILABLE: &str = "Service unavailable, try again later";
const PASSWORD_TOO_LONG: &str = "The password has more than 1024 bytes";
const CSRF_INVALID: &str =
    "CSRF token invalid! The CSRF token on request does not match the CSRF token on the session";

/// The number beside an error's text; `docs/liveperson.md` has the table for users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InternalCode {
    /// The vendor's own number for a refresh or logout without a session.
    CsrfInvalid = 10,
    Locked = 101,
    Disabled = 102,
    PasswordExpired = 103,
    MustChangePassword = 104,
    SsoOnly = 105,
    BotFeatureOff = 106,
    TooManySessions = 108,
    SecondFactor = 109,
    SecondFactorNotSet = 110,
    BadRequest = 111,
    ServerError = 112,
}

impl Serialize for InternalCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(*self as u16)
    }
}

/// A failed login. Its own text is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginFailure {
    /// A missing or misspelt key, malformed JSON, a wrong content type, a bad `v`, a bad account id.
    #[error("a malformed login")]
    MissingArguments,
    /// The engine refused.
    #[error("login refused")]
    Engine(#[source] LogInError),
    /// The server refused before the body was read.
    #[error("a body that was not read: {0}")]
    Server(Refusal),
}

#[derive(Serialize)]
struct Flat {
    error: &'static str,
    #[serde(rename = "internalCode", skip_serializing_if = "Option::is_none")]
    internal_code: Option<InternalCode>,
}

impl IntoResponse for LoginFailure {
    fn into_response(self) -> Response {
        let (status, error, internal_code) = match &self {
            Self::MissingArguments => (StatusCode::BAD_REQUEST, "Missing Arguments", None),
            Self::Engine(error) => of_engine(error),
            Self::Server(refusal) => (refusal.status(), refusal.message(), None),
        };
        let mut answer = answer(status, &Flat { error, internal_code });
        if let Self::Engine(error) = &self {
            answer.headers_mut().extend(retry_after_header(error.retry_after()));
            answer.headers_mut().extend(refusal_header(error));
        }
        if let Self::Server(refusal) = &self {
            refusal.tell_when_to_retry(answer.headers_mut());
        }
        answer.extensions_mut().insert(Cause(Arc::new(self)));
        answer
    }
}

fn of_engine(error: &LogInError) -> (StatusCode, &'static str, Option<InternalCode>) {
    match error {
        LogInError::BadCredentials | LogInError::NotVouchedFor(_) => {
            (StatusCode::UNAUTHORIZED, BAD_AUTHENTICATION, None)
        }
        LogInError::Blocked => {
            (StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, "The account or the user is blocked", None)
        }
        LogInError::PasswordTooLong => (StatusCode::BAD_REQUEST, PASSWORD_TOO_LONG, None),
        LogInError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "Too many logins", None),
        LogInError::ProviderUnavailable(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The identity provider does not answer, try again later", None)
        }
        LogInError::Overloaded { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "Too busy to log in, try again later", None)
        }
        LogInError::Store(_) if error.retry_after().is_some() => {
            (StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, None)
        }
        LogInError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error", None),
        LogInError::Refused(reason) => {
            let (text, code) = of_ineligible(*reason);
            (StatusCode::UNAUTHORIZED, text, Some(code))
        }
    }
}

/// Told only to somebody who proved the password.
fn of_ineligible(reason: IneligibleReason) -> (&'static str, InternalCode) {
    match reason {
        IneligibleReason::Locked => ("The user is locked", InternalCode::Locked),
        // Nobody else is asked for a role.
        IneligibleReason::Disabled | IneligibleReason::NoRole => {
            ("The user is disabled", InternalCode::Disabled)
        }
        IneligibleReason::PasswordExpired => ("The password has expired", InternalCode::PasswordExpired),
        IneligibleReason::MustChangePassword => {
            ("The password must be changed", InternalCode::MustChangePassword)
        }
        IneligibleReason::SsoOnly => ("The account logs in through single sign-on", InternalCode::SsoOnly),
        IneligibleReason::BotFeatureOff => {
            ("The account's feature \"User Type - Bot\" is off", InternalCode::BotFeatureOff)
        }
        IneligibleReason::TooManySessions => {
            ("The user has too many sessions", InternalCode::TooManySessions)
        }
        IneligibleReason::SecondFactor => {
            ("The user has a second factor: sign in on the login page", InternalCode::SecondFactor)
        }
        IneligibleReason::SecondFactorNotSet => (
            "The account asks for a second factor: set it up on the login page",
            InternalCode::SecondFactorNotSet,
        ),
    }
}

/// A failed refresh or logout. Its own text is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionFailure {
    /// No cookie, an unknown one, no csrf, a wrong one.
    #[error("no session belongs to the cookie and the csrf token")]
    CsrfInvalid,
    /// A user who may not stay; answered like the one before.
    #[error("the session's user may not stay")]
    MayNotStay,
    /// A rule of the gate is not for the user.
    #[error("the rule is not for the session's user")]
    NotAllowed,
    /// Malformed JSON, a wrong content type, a bad `v`, a bad account id.
    #[error("a malformed refresh or logout")]
    BadRequest,
    /// The end of the session could not be made durable yet.
    #[error("logout failed")]
    Store(#[source] LogOutError),
    /// The service has just started and does not know yet whether there is such a session.
    #[error("a session that cannot be looked for yet")]
    Starting(#[from] RecallError),
    /// The server refused before the body was read.
    #[error("a body that was not read: {0}")]
    Server(Refusal),
}

impl From<RefreshError> for SessionFailure {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::NoSession => Self::CsrfInvalid,
            RefreshError::MayNotStay => Self::MayNotStay,
        }
    }
}

impl From<LogOutError> for SessionFailure {
    fn from(error: LogOutError) -> Self {
        match error {
            LogOutError::NoSession => Self::CsrfInvalid,
            LogOutError::Store(_) => Self::Store(error),
        }
    }
}

#[derive(Serialize)]
struct Nested {
    error: NestedError,
}

#[derive(Serialize)]
struct NestedError {
    time: String,
    message: &'static str,
    #[serde(rename = "internalCode")]
    internal_code: InternalCode,
    #[serde(rename = "responseStatus")]
    response_status: String,
}

impl SessionFailure {
    /// The answer; it bears the time.
    pub(crate) fn answer(self, now: Millis) -> Response {
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
        let mut answer = (self.form().0, headers, self.body(now)).into_response();
        if let Self::Server(refusal) = &self {
            refusal.tell_when_to_retry(answer.headers_mut());
        }
        if let Self::Store(error) = &self {
            answer.headers_mut().extend(retry_after_header(error.retry_after()));
        }
        answer.extensions_mut().insert(Cause(Arc::new(self)));
        answer
    }

    /// Its body.
    pub(crate) fn body(&self, now: Millis) -> Vec<u8> {
        let (status, message, internal_code) = self.form();
        let response_status = java_name(status);
        let error = NestedError { time: java_time(now), message, internal_code, response_status };
        serde_json::to_vec(&Nested { error }).unwrap_or_default()
    }

    fn form(&self) -> (StatusCode, &'static str, InternalCode) {
        match self {
            Self::CsrfInvalid | Self::MayNotStay => {
                (StatusCode::UNAUTHORIZED, CSRF_INVALID, InternalCode::CsrfInvalid)
            }
            Self::NotAllowed => (StatusCode::FORBIDDEN, "Forbidden", InternalCode::BadRequest),
            Self::BadRequest => (StatusCode::BAD_REQUEST, "Bad request", InternalCode::BadRequest),
            Self::Store(error) if error.retry_after().is_some() => {
                (StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, InternalCode::ServerError)
            }
            Self::Store(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error", InternalCode::ServerError)
            }
            Self::Starting(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable", InternalCode::ServerError)
            }
            Self::Server(refusal) => (refusal.status(), refusal.message(), InternalCode::BadRequest),
        }
    }
}

/// `UNAUTHORIZED` for 401, and so on.
fn java_name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("ERROR").to_uppercase().replace([' ', '-'], "_")
}

/// Java's `MMM d, yyyy h:mm:ss a`, in UTC.
fn java_time(now: Millis) -> String {
    let at = Timestamp::from_millisecond(now.as_unix()).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%b %-d, %Y %-I:%M:%S %p").to_string()
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

fn retry_after_header(wait: Option<Duration>) -> Option<(HeaderName, HeaderValue)> {
    let seconds = wait?.as_millis().div_ceil(1_000);
    HeaderValue::from_str(&seconds.to_string()).ok().map(|value| (RETRY_AFTER, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_written_as_java_does() {
        let time = java_time(Millis::from_unix(1_474_560_615_000));
        assert_eq!(time, "Sep 22, 2016 4:10:15 PM");
    }

    #[test]
    fn midnight_is_twelve_and_days_have_no_zero() {
        assert_eq!(java_time(Millis::EPOCH), "Jan 1, 1970 12:00:00 AM");
    }

    #[test]
    fn statuses_are_named_as_java_does() {
        assert_eq!(java_name(StatusCode::UNAUTHORIZED), "UNAUTHORIZED");
        assert_eq!(java_name(StatusCode::BAD_REQUEST), "BAD_REQUEST");
    }
}
