//! Around every route of administration: what came of a request is reported to the engine, which counts it, refused ones for the audit
//! too.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use vestibule_auth::{Caller, NotedRequest};
use vestibule_model::TrafficOutcome;

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
    let Some(caller) = proved.0.get() else { return answer };
    let (caller, now, administration) = (caller.as_ref(), admin.clock.now(), admin.auth.administration());
    let outcome = match (answer.status(), caller) {
        (StatusCode::UNAUTHORIZED, _) => TrafficOutcome::InvalidCredential,
        (StatusCode::FORBIDDEN, _) => TrafficOutcome::NotAllowed,
        (StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR, _) => {
            TrafficOutcome::Unavailable
        }
        _ => TrafficOutcome::Allowed,
    };
    administration.note_request(NotedRequest { caller, outcome, operation: &operation, address, now });
    answer
}
