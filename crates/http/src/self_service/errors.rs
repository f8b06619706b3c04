//! Every refusal of these routes: its status and its words.

use std::sync::Arc;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use vestibule_auth::{ChangePasswordError, LogInError, LogOutError};
use vestibule_serve::layers::{Cause, Refusal};

use crate::admin::problem_body;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum SelfServiceError {
    /// No session, or one that is dead.
    #[error("no session")]
    Unauthorized,
    /// A cookie without the csrf value that goes with it.
    #[error("a cookie without its csrf value")]
    NoCsrf,
    /// None of the caller's sessions has this name.
    #[error("no such session")]
    NotFound,
    /// The end of a session could not be made durable yet.
    #[error("the end of a session is not stored yet")]
    End(#[from] LogOutError),
    /// The body was not read.
    #[error("the body was not read: {0}")]
    Unread(Refusal),
    /// The body is of another type.
    #[error("the body is no JSON")]
    NoJson,
    /// The body is not what is needed; says what.
    #[error("a malformed body: {0}")]
    Malformed(&'static str),
    /// The password was not changed.
    #[error("the password was not changed")]
    Password(#[from] ChangePasswordError),
}

/// One answer for everything that an outsider must not be able to distinguish.
fn of_log_in(error: &LogInError) -> (StatusCode, &'static str) {
    match error {
        LogInError::BadCredentials | LogInError::Refused(_) | LogInError::NotVouchedFor(_) => {
            (StatusCode::UNAUTHORIZED, "The account, the user or the password is wrong, or may not be used")
        }
        LogInError::Blocked => {
            (StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, "The account or the user is blocked")
        }
        LogInError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "Too many failures, try again later"),
        LogInError::PasswordTooLong => (StatusCode::BAD_REQUEST, "The password has more than 1024 bytes"),
        LogInError::ProviderUnavailable(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The identity provider does not answer, try again later")
        }
        LogInError::Overloaded { .. } => (StatusCode::SERVICE_UNAVAILABLE, "Too busy, try again later"),
        LogInError::Store(_) if error.retry_after().is_some() => {
            (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable, try again later")
        }
        LogInError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
    }
}

impl IntoResponse for SelfServiceError {
    fn into_response(self) -> Response {
        let policy;
        let (status, detail) = match &self {
            Self::Unread(refusal) => (refusal.status(), refusal.message()),
            Self::NoJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has to be application/json"),
            Self::Malformed(reason) => (StatusCode::BAD_REQUEST, *reason),
            Self::Password(ChangePasswordError::LogIn(error)) => of_log_in(error),
            Self::Password(ChangePasswordError::Policy(violation)) => {
                policy = format!("new_password: {violation}");
                (StatusCode::UNPROCESSABLE_ENTITY, policy.as_str())
            }
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "Show a session that lives"),
            Self::NoCsrf => {
                (StatusCode::FORBIDDEN, "With a cookie, send the csrf value of its login as X-CSRF-Token")
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "None of your sessions has this reference"),
            Self::End(error) if error.retry_after().is_some() => {
                (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable, try again later")
            }
            Self::End(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
        };
        let retry_after = match &self {
            Self::End(error) => error.retry_after(),
            Self::Password(ChangePasswordError::LogIn(error)) => error.retry_after(),
            _ => None,
        };
        let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
        let mut answer = (status, headers, problem_body(status, detail)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = retry_after
            && let Ok(seconds) = HeaderValue::from_str(&wait.as_millis().div_ceil(1_000).to_string())
        {
            answer.headers_mut().insert(RETRY_AFTER, seconds);
        }
        answer.extensions_mut().insert(Cause(Arc::new(self)));
        answer
    }
}
