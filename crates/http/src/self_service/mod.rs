//! `/self/v1`: what a user does about themselves, with a session of theirs or their password. On the listener for clients.
//!
//! The same for every dialect, in none of their shapes: refusals are RFC 9457's. Translates and holds no rules.

mod errors;
mod password;
mod session_holder;
mod sessions;

use axum::Router;
use axum::routing::{delete, get, post};

use vestibule_serve::layers::RefusalShape;

use crate::admin;
use crate::api::ApiState;

/// How what is refused before its handler is written here.
pub(crate) const REFUSAL: RefusalShape = admin::REFUSAL;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/self/v1/password", post(password::change))
        .route("/self/v1/sessions", get(sessions::list).delete(sessions::end_others))
        .route("/self/v1/sessions/{reference}", delete(sessions::end))
}
