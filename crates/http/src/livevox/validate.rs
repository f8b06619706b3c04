//! `GET /session/validate/{sessionId}` and `?sessionId=`: whether a session may be used. Asks for no header, and keeps
//! nothing alive.

use std::borrow::Cow;

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
    let id = head.session.as_deref().map(Cow::Borrowed).or_else(|| head.parameter("sessionId"));
    let id = id.ok_or(LiveVoxError::BadRequest("sessionId is required"))?;
    let id = session_id(&id).ok_or(LiveVoxError::NotFound)?;
    api.auth.loaded_for_livevox_id(id).await;
    if api.auth.is_valid(id, head.address, api.clock.now()) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(LiveVoxError::NotFound)
    }
}
