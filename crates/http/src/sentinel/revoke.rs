//! `POST …/token/revoke` and `…/oidc/revoke`: the session of a token ends everywhere (RFC 7009).

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use super::errors::OauthFailure;
use super::parameters::ClientRequest;
use crate::api::ApiState;

pub(super) async fn handle(State(api): State<ApiState>, request: ClientRequest) -> Response {
    match revoke(&api, &request).await {
        Ok(()) => (StatusCode::OK, [(CACHE_CONTROL, "no-store")]).into_response(),
        Err(failure) => failure.answer(request.is_basic()),
    }
}

async fn revoke(api: &ApiState, request: &ClientRequest) -> Result<(), OauthFailure> {
    // `?v1.0` is what real programs send, and is no version at all.
    request.expect_version()?;
    request.account.ok_or(OauthFailure::NoAccount)?;
    let form = request.form()?;
    let token = form.need("token")?.to_owned();
    let credentials = request.credentials(&form)?;
    Ok(api.auth.revoke_token(request.at(api.clock.now()), credentials, token).await?)
}
