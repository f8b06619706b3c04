//! `POST /session/password`: changes a password; the old one is all the proof there is.

use axum::extract::State;
use axum::http::StatusCode;
use zeroize::Zeroizing;

use super::errors::LiveVoxError;
use super::login::{credentials, read};
use super::request::{LiveVoxHead, LoginFields};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;

/// 204.
pub(crate) async fn handle(
    State(api): State<ApiState>,
    head: LiveVoxHead,
    body: CredentialBody,
) -> Result<StatusCode, LiveVoxError> {
    let mut object = read(&head, &body)?;
    let named = LoginFields::take(&mut object)?;
    let new = object.take("newPassword").ok_or(LiveVoxError::BadRequest("newPassword is required"))?;
    let (at, credentials) = credentials(&api, &head, named, api.clock.now());
    api.auth.change_password(at, credentials, Zeroizing::new(new)).await?;
    Ok(StatusCode::NO_CONTENT)
}
