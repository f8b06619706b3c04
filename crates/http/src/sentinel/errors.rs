//! Every failure of the sentinel: its status and its words (RFC 6749 §5.2). The cause goes along with the answer, and the layers
//! log it with the request's id.

use std::sync::Arc;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestibule_auth::{AuthorizationRefusal, SignError, TokenError};
use vestibule_serve::layers::{Cause, Refusal};

/// A request that is not granted. Its own text is for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum OauthFailure {
    /// Out of its form.
    #[error("{0}")]
    Invalid(&'static str),
    /// A parameter is needed.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A parameter is there with several values.
    #[error("{0} is there twice")]
    Twice(&'static str),
    /// A grant that is not known.
    #[error("an unknown grant")]
    UnknownGrant,
    /// No account id in the path.
    #[error("no account id")]
    NoAccount,
    /// Nobody is sent anywhere.
    #[error("nobody is sent anywhere")]
    Authorization(#[source] AuthorizationRefusal),
    /// The engine refused.
    #[error("no token is given")]
    Token(#[source] TokenError),
    /// The key set cannot be shown.
    #[error("there is no signing key")]
    Keys(#[source] SignError),
    /// The server refused before the body was read.
    #[error("a body that was not read: {0}")]
    Server(Refusal),
}

impl From<TokenError> for OauthFailure {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
}

const TRY_LATER: &str = "Service unavailable, try again later";

impl OauthFailure {
    /// Status, code and words.
    fn told(&self) -> (StatusCode, &'static str, String) {
        let invalid = |words: String| (StatusCode::BAD_REQUEST, "invalid_request", words);
        match self {
            Self::Invalid(words) => invalid((*words).to_owned()),
            Self::Missing(name) => invalid(format!("{name} is missing")),
            Self::Twice(name) => invalid(format!("{name} is there more than once")),
            Self::UnknownGrant => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "this grant_type is not served here".to_owned(),
            ),
            Self::Authorization(refusal @ AuthorizationRefusal::UnknownClient) => {
                (StatusCode::UNAUTHORIZED, "invalid_client", refusal.to_string())
            }
            Self::Authorization(refusal @ AuthorizationRefusal::RedirectUri) => invalid(refusal.to_string()),
            Self::NoAccount => of_token(&TokenError::InvalidClient),
            Self::Token(error) => of_token(error),
            Self::Keys(_) => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", TRY_LATER.into()),
            Self::Server(refusal) => {
                let error =
                    if refusal.status().is_server_error() { "server_error" } else { "invalid_request" };
                (refusal.status(), error, refusal.message().to_owned())
            }
        }
    }

    /// The answer to a client that showed its credentials in `Authorization`, or did not.
    pub(super) fn answer(self, is_basic: bool) -> Response {
        let (status, error, description) = self.told();
        let body = serde_json::to_vec(&Body { error, error_description: &description }).unwrap_or_default();
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
        let mut answer = (status, headers, body).into_response();
        if is_basic && status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static(r#"Basic realm="sentinel""#);
            answer.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        match &self {
            Self::Token(error) => {
                if let Some(wait) = error.retry_after() {
                    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
                }
            }
            Self::Server(refusal) => refusal.tell_when_to_retry(answer.headers_mut()),
            _ => {}
        }
        if status.is_server_error() {
            answer.extensions_mut().insert(Cause(Arc::new(self)));
        }
        answer
    }
}

impl IntoResponse for OauthFailure {
    fn into_response(self) -> Response {
        self.answer(false)
    }
}

/// What is told of what the engine refuses: status, code and words.
pub(crate) fn of_token(error: &TokenError) -> (StatusCode, &'static str, String) {
    let (status, code, words) = match error {
        TokenError::InvalidClient => {
            (StatusCode::UNAUTHORIZED, "invalid_client", "unknown account, unknown client, or wrong secret")
        }
        TokenError::UnauthorizedClient => {
            (StatusCode::BAD_REQUEST, "unauthorized_client", "the client may not use this grant_type")
        }
        TokenError::NoResourceServer => (
            StatusCode::FORBIDDEN,
            "unauthorized_client",
            "the client is not registered as a resource server",
        ),
        TokenError::UnsupportedTokenType => (
            StatusCode::BAD_REQUEST,
            "unsupported_token_type",
            "a signed token is not revoked: disable the client, or wait until the token is over",
        ),
        TokenError::InvalidGrant => (
            StatusCode::BAD_REQUEST,
            "invalid_grant",
            "the code or token is not valid, has been used, or was given to another client or redirect_uri",
        ),
        TokenError::InvalidScope => {
            (StatusCode::BAD_REQUEST, "invalid_scope", "the client may not ask for this scope")
        }
        TokenError::Blocked => (StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, "access_denied", "blocked"),
        TokenError::TooMany { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", "too many failures, try again later")
        }
        TokenError::Refused(reason) => {
            return (StatusCode::BAD_REQUEST, "invalid_grant", format!("refused: {reason}"));
        }
        TokenError::Overloaded { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", TRY_LATER)
        }
        TokenError::Store(error) if error.is_temporary() => {
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", TRY_LATER)
        }
        TokenError::Store(_) | TokenError::Sign(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "Internal server error")
        }
    };
    (status, code, words.to_owned())
}
