//! `POST …/token/revoke` and `…/oidc/revoke`, and `/oauth2/revoke` for clients and resource servers that name no account: the session
//! of a token ends everywhere (RFC 7009).

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use zeroize::Zeroizing;

use super::errors::OauthFailure;
use super::parameters::ClientRequest;
use crate::api::ApiState;

/// In the account of the path.
pub(super) async fn handle(State(api): State<ApiState>, request: ClientRequest) -> Response {
    // `?v1.0` is what real programs send, and is no version at all.
    let checked = request.expect_version().and_then(|()| request.account.ok_or(OauthFailure::NoAccount));
    match checked {
        Ok(_) => answer(&api, &request).await,
        Err(failure) => failure.answer(request.is_basic()),
    }
}

/// In that of the client.
pub(super) async fn of_any_account(State(api): State<ApiState>, request: ClientRequest) -> Response {
    answer(&api, &request).await
}

async fn answer(api: &ApiState, request: &ClientRequest) -> Response {
    match revoke(api, request).await {
        Ok(()) => (StatusCode::OK, [(CACHE_CONTROL, "no-store")]).into_response(),
        Err(failure) => failure.answer(request.is_basic()),
    }
}

async fn revoke(api: &ApiState, request: &ClientRequest) -> Result<(), OauthFailure> {
    let form = request.form()?;
    let token = Zeroizing::new(form.need("token")?.to_owned());
    let credentials = request.credentials(&form)?;
    let at = request.at_client(&api.auth, &credentials, &token, api.clock.now());
    Ok(api.auth.revoke_token(at, credentials, token).await?)
}
