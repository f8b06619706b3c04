//! Refusals of administration, as RFC 9457 has them. The one place that gives each its status and its words.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_auth::{AdministrationError, IneligibleReason, LogInError};
use vestibule_serve::layers::{Cause, Refusal, RefusalShape};

/// The body of a refusal.
#[derive(Serialize, ToSchema)]
pub(super) struct Problem {
    /// `about:blank`: the status says what kind of problem it is. To whoever proved their password,
    /// `urn:vestibule:password-must-be-changed`: another one has to be chosen first, at `/admin/v1/password`; and
    /// `urn:vestibule:second-factor-required`: a `code` has to be shown as well. To whoever has logged in,
    /// `urn:vestibule:second-factor-to-be-set-up`: first a second factor has to be set up, at `/admin/v1/second-factor`.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    /// The field of the request that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// Why a request of an administrator is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum AdminError {
    #[error(transparent)]
    Administration(#[from] AdministrationError),
    #[error("{field}: {reason}")]
    Malformed { field: String, reason: String },
    #[error("the body is no JSON")]
    NoJson,
    #[error("the body is not said to be a picture")]
    NoPicture,
    #[error("the request was not read: {0}")]
    Unread(Refusal),
    #[error("a remembered answer cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

/// How what is refused before its handler is written here.
pub(crate) const REFUSAL: RefusalShape =
    RefusalShape { content_type: "application/problem+json", body, ..RefusalShape::ERROR_OBJECT };

/// The text of a refusal that has nothing of its own to say.
pub(crate) fn body(status: StatusCode, detail: &str) -> String {
    text(BLANK, status, shortened(detail.to_owned()), None)
}

/// The text of a refusal of a type of its own, in words of ours.
pub(crate) fn typed(kind: &'static str, status: StatusCode, detail: &str) -> String {
    text(kind, status, detail.to_owned(), None)
}

/// The type of a problem of which the status says everything.
const BLANK: &str = "about:blank";

/// That of a login before which the password has to be changed.
const MUST_CHANGE_PASSWORD: &str = "urn:vestibule:password-must-be-changed";

/// That of a login at which a code has to be shown as well.
const SECOND_FACTOR_REQUIRED: &str = "urn:vestibule:second-factor-required";

/// That of a request before which a second factor has to be set up.
const SECOND_FACTOR_TO_BE_SET_UP: &str = "urn:vestibule:second-factor-to-be-set-up";

/// The longest text that may repeat what a caller chose, in characters.
const LONGEST: usize = 300;

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn text(kind: &'static str, status: StatusCode, detail: String, field: Option<String>) -> String {
    let title = status.canonical_reason().unwrap_or_default();
    let problem = Problem { kind, title, status: status.as_u16(), detail, field };
    serde_json::to_string(&problem).unwrap_or_default()
}

impl AdminError {
    /// Whether its words are of what is stored alone: they name all that stands against the request, and are as long as that.
    const fn is_told_whole(&self) -> bool {
        matches!(self, Self::Administration(AdministrationError::Conflict(_)))
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Administration(AdministrationError::LogIn(LogInError::Refused(
                IneligibleReason::MustChangePassword | IneligibleReason::PasswordExpired,
            ))) => MUST_CHANGE_PASSWORD,
            Self::Administration(AdministrationError::LogIn(LogInError::Refused(
                IneligibleReason::SecondFactor,
            ))) => SECOND_FACTOR_REQUIRED,
            Self::Administration(AdministrationError::SecondFactorToBeSetUp) => SECOND_FACTOR_TO_BE_SET_UP,
            _ => BLANK,
        }
    }

    fn parts(&self) -> (StatusCode, String, Option<String>) {
        let plain = |status: StatusCode, detail: &str| (status, detail.to_owned(), None);
        match self {
            Self::Administration(error) => of_engine(error),
            Self::Malformed { field, reason } => {
                let field = Some(field.clone()).filter(|field| !field.is_empty());
                (StatusCode::BAD_REQUEST, reason.clone(), field)
            }
            Self::NoJson => plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has to be application/json"),
            Self::NoPicture => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body has to be image/png, image/jpeg or image/webp",
            ),
            Self::Unread(refusal) => plain(refusal.status(), refusal.message()),
            Self::Unreadable(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, Refusal::Internal.message()),
        }
    }
}

fn of_engine(error: &AdministrationError) -> (StatusCode, String, Option<String>) {
    let (status, field) = match error {
        AdministrationError::NotProved => (StatusCode::UNAUTHORIZED, None),
        AdministrationError::NotAllowed => (StatusCode::FORBIDDEN, None),
        AdministrationError::SecondFactorToBeSetUp => {
            let advice = "A second factor has to be set up first, at /admin/v1/second-factor";
            return (StatusCode::FORBIDDEN, advice.to_owned(), None);
        }
        AdministrationError::NotFound(_) => (StatusCode::NOT_FOUND, None),
        AdministrationError::Invalid { field, reason } => {
            return (StatusCode::UNPROCESSABLE_ENTITY, reason.clone(), Some(field.clone().into_owned()));
        }
        AdministrationError::Taken(field) => {
            return (StatusCode::CONFLICT, "This is taken".to_owned(), Some((*field).to_owned()));
        }
        AdministrationError::Conflict(_) => (StatusCode::CONFLICT, None),
        AdministrationError::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, None),
        AdministrationError::Cursor => (StatusCode::BAD_REQUEST, Some("cursor")),
        AdministrationError::Changed => (StatusCode::PRECONDITION_FAILED, None),
        AdministrationError::Unconditional => {
            let advice = "Send the ETag of what you have seen as If-Match, or If-None-Match: * to make it";
            return (StatusCode::PRECONDITION_REQUIRED, advice.to_owned(), None);
        }
        AdministrationError::LogIn(error) => {
            let field = matches!(error, LogInError::PasswordTooLong).then(|| "password".to_owned());
            return (of_log_in(error), error_text(error).to_owned(), field);
        }
        AdministrationError::Store(_) => {
            let (status, detail) = of_store(error.retry_after());
            return (status, detail.to_owned(), None);
        }
    };
    (status, error.to_string(), field.map(str::to_owned))
}

fn of_log_in(error: &LogInError) -> StatusCode {
    match error {
        LogInError::BadCredentials
        | LogInError::Blocked
        | LogInError::Refused(_)
        | LogInError::NotVouchedFor(_) => StatusCode::UNAUTHORIZED,
        LogInError::PasswordTooLong => StatusCode::BAD_REQUEST,
        LogInError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        LogInError::Overloaded { .. } | LogInError::ProviderUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        LogInError::Store(_) => of_store(error.retry_after()).0,
    }
}

/// The store has failed: 503 when it may do better in so long.
fn of_store(retry_after: Option<Duration>) -> (StatusCode, &'static str) {
    match retry_after {
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "The database takes no changes now, try again later"),
        None => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
    }
}

/// The reason why somebody may not log in is not disclosed, except that they have to choose another password first, or to show a
/// code as well.
fn error_text(error: &LogInError) -> &'static str {
    match error {
        LogInError::Refused(IneligibleReason::MustChangePassword | IneligibleReason::PasswordExpired) => {
            "The password must be changed first, at /admin/v1/password"
        }
        LogInError::Refused(IneligibleReason::SecondFactor) => {
            "A code of the second factor has to be shown as well, as `code`"
        }
        LogInError::BadCredentials
        | LogInError::Blocked
        | LogInError::Refused(_)
        | LogInError::NotVouchedFor(_) => "The login was refused",
        LogInError::PasswordTooLong => "The password has more than 1024 bytes",
        LogInError::TooMany { .. } => "Too many logins",
        LogInError::ProviderUnavailable(_) => "The identity provider does not answer, try again later",
        LogInError::Overloaded { .. } => "Too busy to log in, try again later",
        LogInError::Store(_) => of_store(error.retry_after()).1,
    }
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        let (status, detail, field) = self.parts();
        let detail = if self.is_told_whole() { detail } else { shortened(detail) };
        let field = field.map(shortened);
        let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
        let mut answer = (status, headers, text(self.kind(), status, detail, field)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::Administration(error) = &self
            && let Some(wait) = error.retry_after()
            && let Ok(seconds) = HeaderValue::from_str(&wait.as_millis().div_ceil(1_000).to_string())
        {
            answer.headers_mut().insert(RETRY_AFTER, seconds);
        }
        if let Self::Unread(refusal) = &self {
            refusal.tell_when_to_retry(answer.headers_mut());
        }
        answer.extensions_mut().insert(Cause(Arc::new(self)));
        answer
    }
}
