//! What operators look at, on the listener for administration: `/healthz`, `/readyz`, `/metrics`.
//!
//! Owns the registry of metrics; other crates register theirs through [`Metrics::register`].

mod histogram;
mod metrics;
mod process;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};

pub use histogram::DurationHistogram;
pub(crate) use metrics::Endpoint;
pub use metrics::Metrics;

/// Whether the service should be sent requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Not now, and why, in words for the operator.
    NotReady(&'static str),
}

/// The operator's routes. `readiness` is asked at every `/readyz` and must answer at once.
pub fn router(metrics: Arc<Metrics>, readiness: impl Fn() -> Readiness + Send + Sync + 'static) -> Router {
    let readiness: Arc<dyn Fn() -> Readiness + Send + Sync> = Arc::new(readiness);
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready).with_state(readiness))
        .route("/metrics", get(scrape).with_state(metrics))
}

/// Answers as long as the process runs and its threads turn.
async fn health() -> Response {
    json(StatusCode::OK, &json!({ "status": "ok" }))
}

async fn ready(State(readiness): State<Arc<dyn Fn() -> Readiness + Send + Sync>>) -> Response {
    match readiness() {
        Readiness::Ready => json(StatusCode::OK, &json!({ "status": "ready" })),
        Readiness::NotReady(reason) => {
            json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "not ready", "reason": reason }))
        }
    }
}

fn json(status: StatusCode, body: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}

async fn scrape(State(metrics): State<Arc<Metrics>>) -> Response {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, OPEN_METRICS), (CACHE_CONTROL, "no-store")], metrics.encode()).into_response()
}
