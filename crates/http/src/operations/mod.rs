//! What operators look at, on the listener for administration: `/healthz`, `/readyz`, `/metrics`.
//!
//! Owns the registry of metrics; other crates register theirs through [`Metrics::register`].

mod metrics;
mod plain_text;
mod process;

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use vestibule_auth::{Auth, Purpose};

pub use metrics::Metrics;

/// Whether the service should be sent requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Yes, and something is wrong all the same, in words for the operator.
    Impaired(Cow<'static, str>),
    /// Not now, and why, in words for the operator.
    NotReady(Cow<'static, str>),
}

impl Readiness {
    /// What the engine says of itself.
    pub fn of(auth: &Auth, purpose: Purpose) -> Self {
        let witness = auth.unwitnessed().map(|why| format!("the witness cannot be written: {why}"));
        let journal = auth.unjournaled().map(|why| format!("the journal of ends cannot be made: {why}"));
        let warnings: Vec<String> =
            witness.into_iter().chain(journal).chain(auth.missing_master_keys()).collect();
        match auth.trouble(purpose) {
            Some(trouble) => Self::NotReady(trouble.to_string().into()),
            None if warnings.is_empty() => Self::Ready,
            None => Self::Impaired(warnings.join("; ").into()),
        }
    }
}

/// The operator's routes. `readiness` is asked at every `/readyz` and must answer at once.
pub fn router(
    metrics: Arc<Metrics>,
    readiness: impl Fn(Purpose) -> Readiness + Send + Sync + 'static,
) -> Router {
    let readiness: AskReadiness = Arc::new(readiness);
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready).with_state(readiness))
        .route("/metrics", get(scrape).with_state(metrics))
}

type AskReadiness = Arc<dyn Fn(Purpose) -> Readiness + Send + Sync>;

/// `?for=checks`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(rename = "for", default)]
    purpose: AskedPurpose,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AskedPurpose {
    /// Nothing is said.
    #[default]
    Everything,
    Checks,
}

/// Answers as long as the process runs and its threads turn.
async fn health() -> Response {
    json(StatusCode::OK, &json!({ "status": "ok" }))
}

async fn ready(
    State(readiness): State<AskReadiness>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let purpose = match asked {
        Ok(Query(Asked { purpose: AskedPurpose::Everything })) => Purpose::Everything,
        Ok(Query(Asked { purpose: AskedPurpose::Checks })) => Purpose::Checks,
        Err(_) => {
            let error = "for is everything or checks, and nothing else can be asked";
            return json(StatusCode::BAD_REQUEST, &json!({ "error": error }));
        }
    };
    match readiness(purpose) {
        Readiness::Ready => json(StatusCode::OK, &json!({ "status": "ready" })),
        Readiness::Impaired(warning) => {
            json(StatusCode::OK, &json!({ "status": "ready", "warning": warning }))
        }
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
