//! `/self/v1/sessions`: a user's own sessions, listed and ended. They are named by their reference, which opens nothing.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;
use vestibule_auth::{Authorized, Listed};
use vestibule_model::Millis;

use super::errors::SelfServiceError;
use super::session_holder::{SessionEnder, SessionReader};
use crate::api::ApiState;
use crate::livevox::session_id;
use crate::words;

#[derive(Serialize)]
struct Sessions {
    sessions: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    reference: Uuid,
    /// Whether it is the one that was presented.
    current: bool,
    dialect: &'static str,
    opening: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    created: i64,
    last_used: i64,
    expires: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    absolute_end: Option<i64>,
}

#[derive(Serialize)]
struct Ended {
    ended: usize,
}

/// The caller's sessions: the one that was presented first, then the newest; a thousand at most.
pub(super) async fn list(State(api): State<ApiState>, SessionReader(caller): SessionReader) -> Response {
    let listed = api.auth.own_sessions(&caller, api.clock.now());
    let sessions = listed.iter().map(|listed| item(&api, &caller, listed)).collect();
    json(&Sessions { sessions })
}

/// Ends one of them, or the one that was presented, which logs out.
pub(super) async fn end(
    State(api): State<ApiState>,
    SessionEnder(caller, address): SessionEnder,
    reference: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, SelfServiceError> {
    let reference =
        reference.ok().and_then(|Path(text)| session_id(&text)).ok_or(SelfServiceError::NotFound)?;
    let listed =
        api.auth.own_session(&caller, reference, api.clock.now()).ok_or(SelfServiceError::NotFound)?;
    api.auth.end_listed(&caller, listed, address).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of them but the one that was presented.
pub(super) async fn end_others(
    State(api): State<ApiState>,
    SessionEnder(caller, address): SessionEnder,
) -> Result<Response, SelfServiceError> {
    let ended = api.auth.end_own_others(&caller, address).await?;
    Ok(json(&Ended { ended }))
}

fn json(body: &impl Serialize) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, serde_json::to_string(body).unwrap_or_default()).into_response()
}

fn item(api: &ApiState, caller: &Authorized, Listed { session, expires_at, .. }: &Listed) -> Item {
    Item {
        reference: Uuid::from_bytes(api.auth.tokens().reference(session.id)),
        current: session.id == caller.session.id,
        dialect: words::dialect(session.dialect),
        opening: words::method(session.method),
        application: words::application(session.application),
        address: session.address.map(|address| address.to_string()),
        created: session.created.as_unix(),
        last_used: session.last_used.as_unix(),
        expires: expires_at.as_unix(),
        absolute_end: session.absolute_end.map(Millis::as_unix),
    }
}
