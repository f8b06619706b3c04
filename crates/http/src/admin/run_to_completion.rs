//! Around every route of administration: the body is there before anybody looks who asks, and a handler that was begun runs to
//! completion.
//!
//! A caller who sends the body slowly would otherwise act with a role that was taken from them meanwhile; and one who goes
//! away half-way would leave half of the work undone.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use vestibule_serve::layers::{LimitedBody, run_to_completion};

use super::login;
use super::problem::AdminError;
use crate::credential_body::CredentialBody;

/// Reads the body, and runs the handler in a task of its own, which nobody who goes away can cancel.
pub(super) async fn run(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let read = if login::is_credential_path(parts.uri.path()) {
        CredentialBody::read(&parts.extensions, body).await.0
    } else {
        LimitedBody::read(&parts.extensions, body).await.0
    };
    let body = match read {
        Ok(body) => body,
        Err(refusal) => return AdminError::Unread(refusal).into_response(),
    };
    run_to_completion(next.run(Request::from_parts(parts, Body::from(body)))).await
}
