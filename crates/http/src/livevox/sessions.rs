//! `GET /session/sessions` and `/session/sessions/{sessionId}`: the sessions that the caller may see.
//!
//! Sessions are named by their reference, which is no credential: a list of ids would be a list of keys. The caller's own
//! session is found by its id too.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use uuid::Uuid;
use vestibule_auth::Listed;
use vestibule_model::Population;

use super::errors::LiveVoxError;
use super::login::json;
use super::request::{LiveVoxHead, session_id};
use crate::api::ApiState;
use crate::words;

/// The longest page (contract livevox §5, Lists).
const MOST: usize = 1_000;

#[derive(Serialize)]
struct Page {
    sessions: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    reference: Uuid,
    user_id: i32,
    user_name: String,
    agent: bool,
    dialect: &'static str,
    application: Option<i64>,
    address: Option<String>,
    created: i64,
    last_used: i64,
    expires: i64,
}

/// A page of the list.
pub(crate) async fn list(State(api): State<ApiState>, head: LiveVoxHead) -> Result<Response, LiveVoxError> {
    let caller = head.authorize(&api).await?;
    let (count, offset) = page(&head)?;
    let listed = api.auth.sessions_seen_by(&caller, api.clock.now());
    let sessions = listed.into_iter().skip(offset).take(count).map(|listed| item(&api, listed)).collect();
    Ok(json(&Page { sessions }))
}

/// One session.
pub(crate) async fn details(
    State(api): State<ApiState>,
    head: LiveVoxHead,
) -> Result<Response, LiveVoxError> {
    let caller = head.authorize(&api).await?;
    let name = head.session.as_deref().and_then(session_id).ok_or(LiveVoxError::NotFound)?;
    let listed = api.auth.session_seen_by(&caller, name, api.clock.now())?;
    Ok(json(&item(&api, listed)))
}

/// Ends one session.
pub(crate) async fn end(State(api): State<ApiState>, head: LiveVoxHead) -> Result<StatusCode, LiveVoxError> {
    let caller = head.authorize(&api).await?;
    let name = head.session.as_deref().and_then(session_id).ok_or(LiveVoxError::NotFound)?;
    let listed = api.auth.session_seen_by(&caller, name, api.clock.now())?;
    api.auth.end_listed(&caller, listed, head.address).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `count` and `offset`, both required.
fn page(head: &LiveVoxHead) -> Result<(usize, usize), LiveVoxError> {
    let number = |name: &str| head.parameter(name).and_then(|value| value.parse::<usize>().ok());
    let count = number("count").filter(|count| (1..=MOST).contains(count));
    let count = count.ok_or(LiveVoxError::BadRequest("count is required, from 1 to 1000"))?;
    let offset = number("offset").ok_or(LiveVoxError::BadRequest("offset is required, from 0"))?;
    Ok((count, offset))
}

fn item(api: &ApiState, Listed { session, user, expires_at }: Listed) -> Item {
    Item {
        reference: Uuid::from_bytes(api.auth.tokens().reference(session.id)),
        user_id: user.number,
        user_name: user.login_name.clone(),
        agent: user.population == Population::Agent,
        dialect: words::dialect(session.dialect),
        application: words::application(session.application),
        address: session.address.map(|address| address.to_string()),
        created: session.created.as_unix(),
        last_used: session.last_used.as_unix(),
        expires: expires_at.as_unix(),
    }
}
