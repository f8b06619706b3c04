//! `/sso/oidc/{account}/{connection}/backchannel-logout`: the provider says that somebody is logged out (OpenID Connect Back-Channel
//! Logout §2.5).

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use vestibule_auth::LogoutError;
use vestibule_serve::layers::LimitedBody;
use zeroize::Zeroizing;

use super::{ConnectionPath, finish};
use crate::api::ApiState;
use crate::pages::{PageRefused, PageRequest};

/// `POST`.
pub(super) async fn by_token(
    State(api): State<ApiState>,
    Path(path): Path<ConnectionPath>,
    request: PageRequest,
    LimitedBody(body): LimitedBody,
) -> Result<Response, PageRefused> {
    let body = body?;
    let mut tokens = form_urlencoded::parse(&body).filter(|(name, _)| name == "logout_token");
    let (Some((_, token)), None) = (tokens.next(), tokens.next()) else {
        return Ok(told(StatusCode::BAD_REQUEST, "logout_token is required"));
    };
    let token = Zeroizing::new(token.into_owned());
    let logged_out = api.auth.log_out_by_token(finish::log_out(&api, &request), &path.connection, token);
    let Err(error) = logged_out.await else {
        return Ok(([(CACHE_CONTROL, "no-store")], StatusCode::OK).into_response());
    };
    let answer = match error {
        LogoutError::Refused(_) => told(StatusCode::BAD_REQUEST, "the logout token is refused"),
        LogoutError::TooMany { .. } => told(StatusCode::TOO_MANY_REQUESTS, "too many logouts were refused"),
        _ => finish::not_logged_out(&error).into_response(),
    };
    Ok(finish::with_reason(answer, error))
}

fn told(status: StatusCode, why: &str) -> Response {
    let body = serde_json::json!({ "error": "invalid_request", "error_description": why }).to_string();
    let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
    (status, headers, body).into_response()
}
