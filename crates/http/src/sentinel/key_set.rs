//! `GET /sentinel/well-known/jwks` and `/.well-known/jwks.json`: the keys by which signed tokens are verified (RFC 7517).

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestibule_auth::PublishedKey;

use super::errors::OauthFailure;
use crate::api::ApiState;

/// A new key is published an hour before it signs, so that whoever keeps the set for less has it in time.
const KEPT: &str = "public, max-age=600";

#[derive(Serialize)]
struct KeySet {
    keys: Vec<PublishedKey>,
}

pub(super) async fn handle(State(api): State<ApiState>) -> Result<Response, OauthFailure> {
    let keys = api.auth.published_keys(api.clock.now()).await.map_err(OauthFailure::Keys)?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, KEPT)];
    Ok((headers, serde_json::to_vec(&KeySet { keys }).unwrap_or_default()).into_response())
}
