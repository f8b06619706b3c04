//! `POST /api/account/{account}/logout`: ends cookie, csrf and bearer at once.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use vestibule_model::Millis;

use super::errors::SessionFailure;
use super::refresh::{SessionRequest, empty};
use super::request::LivePersonHead;
use crate::api::ApiState;
use crate::credential_body::CredentialBody;

/// Logs out.
pub(crate) async fn handle(
    State(api): State<ApiState>,
    head: LivePersonHead,
    headers: HeaderMap,
    body: CredentialBody,
) -> Response {
    let now = api.clock.now();
    match log_out(&api, SessionRequest::parse(&head, &headers, body), now).await {
        Ok(()) => empty(),
        Err(failure) => failure.answer(now),
    }
}

async fn log_out(
    api: &ApiState,
    request: Result<SessionRequest<'_>, SessionFailure>,
    now: Millis,
) -> Result<(), SessionFailure> {
    let request = request?;
    request.recall(api).await?;
    Ok(api.auth.log_out(request.presented(now)).await?)
}
