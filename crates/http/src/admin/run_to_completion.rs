//! Around every route of administration: the body is there before anybody looks who asks, and a handler that was begun runs to
//! completion.
//!
//! A caller who sends the body slowly would otherwise act with a role that was taken from them meanwhile; and one who goes
//! away half-way would leave half of the work undone.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tracing::Instrument;
use vestibule_serve::layers::LimitedBody;

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
    let answer = next.run(Request::from_parts(parts, Body::from(body)));
    match tokio::spawn(answer.in_current_span()).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(answer) => answer,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // The service ends.
        Err(Err(_)) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll, Waker};

    use axum::Router;
    use axum::routing::get;
    use tokio::sync::oneshot;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn what_was_begun_goes_on_when_the_caller_goes_away() {
        let (start, started) = oneshot::channel();
        let (leave, left) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        let parts = Arc::new(Mutex::new(Some((start, left, end))));
        let work = move || async move {
            let (start, left, end) = parts.lock().unwrap().take().unwrap();
            start.send(()).unwrap();
            left.await.unwrap();
            end.send(()).unwrap();
        };
        let router: Router = Router::new().route("/", get(work)).layer(axum::middleware::from_fn(run));
        {
            let mut answer = pin!(router.oneshot(Request::new(Body::empty())));
            assert!(matches!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
            started.await.unwrap();
        }
        leave.send(()).unwrap();
        ended.await.unwrap();
    }
}
