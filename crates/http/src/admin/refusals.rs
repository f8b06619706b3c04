//! Around every route of administration: refused requests are reported to the engine, which counts them for the audit.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use vestibule_auth::{Caller, RefusedRequest};

use super::AdminState;
use super::request::address_in;

/// What the request showed of its caller: nothing until it is set; then the caller, or None if what was proved proved
/// nothing.
#[derive(Clone, Default)]
pub(super) struct ProvedCaller(Arc<OnceLock<Option<Caller>>>);

impl ProvedCaller {
    pub(super) fn set(&self, caller: Option<Caller>) {
        // The same request proves the same caller each time.
        let _ = self.0.set(caller);
    }
}

/// Hands on, and looks at what became of it.
pub(super) async fn note(State(admin): State<AdminState>, mut request: Request, next: Next) -> Response {
    let proved = ProvedCaller::default();
    request.extensions_mut().insert(proved.clone());
    let pattern = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let operation = format!("{} {pattern}", request.method());
    let address = address_in(request.extensions());
    let answer = next.run(request).await;
    let caller = match (answer.status(), proved.0.get()) {
        (StatusCode::UNAUTHORIZED, Some(None)) => None,
        (StatusCode::FORBIDDEN, Some(Some(caller))) => Some(caller),
        _ => return answer,
    };
    let now = admin.clock.now();
    admin.auth.administration().note_refused_administration(RefusedRequest {
        caller,
        operation: &operation,
        address,
        now,
    });
    answer
}
