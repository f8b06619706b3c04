//! The `LivePerson` Login Service on the wire: login, refresh, logout (contract liveperson §1).
//!
//! Translates and holds no rules. `login.rs`, `refresh.rs` and `logout.rs` each have a request and its handler;
//! every failure gets its status and its text in `errors.rs`, and the body of a successful login its shape in
//! `answer.rs`.

mod answer;
mod cookies;
mod errors;
mod login;
mod logout;
mod refresh;
mod request;

use axum::Router;
use axum::routing::post;

use crate::api::ApiState;

pub(crate) use cookies::{session_cookies, set_session_cookies};
pub(crate) use errors::SessionFailure;
pub(crate) use login::LoginShortcut;
pub(crate) use refresh::RefreshShortcut;

/// The routes of the dialect.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route(login::LOGIN, post(login::handle))
        .route(refresh::REFRESH, post(refresh::handle))
        .route("/api/account/{account}/logout", post(logout::handle))
}
