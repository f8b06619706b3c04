//! `LiveVox` Session Management on the wire (contract livevox).
//!
//! Translates and holds no rules. A file per operation; every failure gets its status, code and text in `errors.rs`.
//! Each route stands twice, without and with a version segment, which behave alike.

mod errors;
mod login;
mod logout;
mod password;
mod request;
mod sessions;
mod validate;

use axum::Router;
use axum::routing::{MethodRouter, delete, get, post};

use crate::api::ApiState;

pub(crate) use errors::body as error_body;
pub(crate) use request::session_id;

/// The routes of the dialect.
pub(crate) fn routes() -> Router<ApiState> {
    let operations: [(&str, MethodRouter<ApiState>); 8] = [
        ("login", post(login::handle)),
        ("login/sso", post(login::handle_sso)),
        ("validate", get(validate::handle)),
        ("validate/{session}", get(validate::handle)),
        ("password", post(password::handle)),
        ("logout/{session}", delete(logout::handle)),
        ("sessions", get(sessions::list)),
        ("sessions/{session}", get(sessions::details).delete(sessions::end)),
    ];
    operations.into_iter().fold(Router::new(), |router, (path, methods)| {
        router
            .route(&format!("/session/{path}"), methods.clone())
            .route(&format!("/session/{{version}}/{path}"), methods)
    })
}
