//! `DELETE /session/logout/{sessionId}`: ends a session. Asks for no header: whoever knows the id may end it.

use axum::extract::State;
use axum::http::StatusCode;

use super::errors::LiveVoxError;
use super::request::{LiveVoxHead, session_id};
use crate::api::ApiState;

/// 204, or 404.
pub(crate) async fn handle(
    State(api): State<ApiState>,
    head: LiveVoxHead,
) -> Result<StatusCode, LiveVoxError> {
    let id = head.session.as_deref().and_then(session_id).ok_or(LiveVoxError::NotFound)?;
    api.auth.end_by_credential(id, head.address, api.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
