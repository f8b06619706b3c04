//! Every failure of the dialect: its status, its text and its shape (contract livevox §5).

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use vestibule_auth::{ChangePasswordError, LogInError, LogOutError, SessionAccessError};
use vestibule_model::PasswordViolation;
use vestibule_serve::layers::{Cause, Refusal};

use crate::sso::refusal_header;

const AUTHORIZATION: &str = "Authorization error";

/// A failed request. Its own text is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LiveVoxError {
    /// A body, a header or a parameter out of its form; says which, in public words.
    #[error("a malformed request: {0}")]
    BadRequest(&'static str),
    /// No session, or one that is dead; no application token.
    #[error("no session, or no application token")]
    Unauthorized,
    /// There is no such session, for the caller.
    #[error("no such session")]
    NotFound,
    /// There is nothing at this path.
    #[error("an unknown path")]
    UnknownPath,
    /// The engine refused a login.
    #[error("login refused")]
    LogIn(#[from] LogInError),
    /// The new password breaks the policy.
    #[error("the new password breaks the policy")]
    Policy(#[source] PasswordViolation),
    /// The caller's rank does not allow it.
    #[error("the caller's rank does not allow it")]
    Forbidden,
    /// The end of a session could not be made durable yet.
    #[error("logout failed")]
    LogOut(#[source] LogOutError),
    /// The server refused before the body was read.
    #[error("a body that was not read: {0}")]
    Server(Refusal),
}

impl From<ChangePasswordError> for LiveVoxError {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::LogIn(error) => Self::LogIn(error),
            ChangePasswordError::Policy(violation) => Self::Policy(violation),
        }
    }
}

impl From<SessionAccessError> for LiveVoxError {
    fn from(error: SessionAccessError) -> Self {
        match error {
            SessionAccessError::NoSession => Self::NotFound,
            SessionAccessError::NotAllowed => Self::Forbidden,
        }
    }
}

impl From<LogOutError> for LiveVoxError {
    fn from(error: LogOutError) -> Self {
        match error {
            LogOutError::NoSession => Self::NotFound,
            LogOutError::Store(_) => Self::LogOut(error),
        }
    }
}

impl IntoResponse for LiveVoxError {
    fn into_response(self) -> Response {
        let (status, message) = match &self {
            Self::BadRequest(message) => (StatusCode::BAD_REQUEST, (*message).to_owned()),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, AUTHORIZATION.to_owned()),
            Self::NotFound => (StatusCode::NOT_FOUND, "No such session".to_owned()),
            Self::UnknownPath => (Refusal::NotFound.status(), Refusal::NotFound.message().to_owned()),
            Self::LogIn(error) => of_log_in(error),
            Self::Policy(violation) => {
                (StatusCode::BAD_REQUEST, format!("Invalid new password: {violation}"))
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "The role of this session may not do this".to_owned()),
            Self::LogOut(error) => of_store(error.retry_after()),
            Self::Server(refusal) => (refusal.status(), refusal.message().to_owned()),
        };
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
        let mut answer = (status, headers, body(status, &message)).into_response();
        let retry_after = match &self {
            Self::LogIn(error) => error.retry_after(),
            Self::LogOut(error) => error.retry_after(),
            _ => None,
        };
        if let Self::LogIn(error) = &self {
            answer.headers_mut().extend(refusal_header(error));
        }
        if let Some(wait) = retry_after {
            set_retry_after(&mut answer, wait);
        }
        if let Self::Server(refusal) = &self {
            refusal.tell_when_to_retry(answer.headers_mut());
        }
        answer.extensions_mut().insert(Cause(Arc::new(self)));
        answer
    }
}

/// One answer for everything that an outsider must not be able to distinguish.
fn of_log_in(error: &LogInError) -> (StatusCode, String) {
    let (status, message) = match error {
        LogInError::BadCredentials
        | LogInError::Blocked
        | LogInError::Refused(_)
        | LogInError::NotVouchedFor(_) => (StatusCode::UNAUTHORIZED, AUTHORIZATION),
        LogInError::PasswordTooLong => (StatusCode::BAD_REQUEST, "password has more than 1024 bytes"),
        LogInError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "Too many logins"),
        LogInError::Overloaded { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "Too busy to log in, try again later")
        }
        LogInError::ProviderUnavailable(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The identity provider does not answer, try again later")
        }
        LogInError::Store(_) => return of_store(error.retry_after()),
    };
    (status, message.to_owned())
}

/// The store has failed: 503 when it may do better in so long.
fn of_store(retry_after: Option<Duration>) -> (StatusCode, String) {
    let (status, message) = match retry_after {
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable, try again later"),
        None => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
    };
    (status, message.to_owned())
}

/// `{"code":404,"message":"…"}`, compact, the code first.
pub(crate) fn body(status: StatusCode, message: &str) -> String {
    let message = serde_json::Value::from(message);
    format!(r#"{{"code":{},"message":{message}}}"#, status.as_u16())
}

fn set_retry_after(answer: &mut Response, wait: Duration) {
    let seconds = wait.as_millis().div_ceil(1_000);
    if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
}
