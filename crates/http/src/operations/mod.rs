//! What operators look at, on the listener for administration: `/healthz`, `/readyz`, `/metrics`.
//!
//! Owns the registry of metrics; other crates register theirs through [`Metrics::register`].

mod histogram;
mod metrics;
mod plain_text;
mod process;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use http::{HeaderMap, StatusCode};
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

/// In the text format, which every scraper reads, or as `OpenMetrics` for those who ask for it.
async fn scrape(State(metrics): State<Arc<Metrics>>, headers: HeaderMap) -> Response {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    let (kind, body) = if asks_for_open_metrics(&headers) {
        (OPEN_METRICS, metrics.encode())
    } else {
        (TEXT, plain_text::from_open_metrics(&metrics.encode()))
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store"), (VARY, "accept")], body).into_response()
}

/// Whether `Accept` names the format, and not with a weight of nothing.
fn asks_for_open_metrics(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_named =
            parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/openmetrics-text"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map(str::parse::<f32>);
        is_named && !matches!(weight, Some(Ok(weight)) if weight <= 0.0)
    })
}
