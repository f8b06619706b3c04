//! `LiveVox` Session Management on the wire (contract livevox).
//!
//! Translates and holds no rules. A file per operation; every failure gets its status, code and text in `errors.rs`.
//! Each route exists twice, without and with a version segment, and behaves the same.

mod errors;
mod login;
mod login_sso;
mod logout;
mod password;
mod request;
mod sessions;
mod validate;

use axum::Router;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use vestibule_serve::layers::{self, RefusalShape};

use crate::api::ApiState;

pub(crate) use errors::body as error_body;
pub(crate) use request::session_id;

/// How what is refused before its handler is written here.
pub(crate) const REFUSAL: RefusalShape = RefusalShape { body: error_body, ..RefusalShape::ERROR_OBJECT };

/// The answer to a client of the dialect that asks for what is not there; None: it is none of the dialect's.
pub(crate) async fn unknown_path(api: &ApiState, parts: &Parts) -> Option<Response> {
    let head = request::LiveVoxHead::of(parts);
    if !head.is_of_a_client() {
        return None;
    }
    Some(head.unknown_path(api).await.into_response())
}

/// The routes of the dialect.
pub(crate) fn routes() -> Router<ApiState> {
    let operations: [(&str, MethodRouter<ApiState>); 8] = [
        ("login", post(login::handle)),
        ("login/sso", post(login_sso::handle)),
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
            .route(&format!("/session/{{version}}/{path}"), methods.fallback(other_method))
    })
}

/// Another method than those of a path with a version segment: if that is no version, there is no such path.
async fn other_method(
    head: Result<request::LiveVoxHead, errors::LiveVoxError>,
    request: Request,
) -> Response {
    match head {
        Ok(_) => layers::method_not_allowed(&request, crate::api::REFUSALS),
        Err(failure) => failure.into_response(),
    }
}
