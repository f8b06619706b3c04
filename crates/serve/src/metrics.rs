//! What requests and connections are counted in.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::histogram::DurationHistogram;

/// What requests are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: Arc<str>,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: Arc<str>,
}

/// The metrics of HTTP. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct HttpMetrics {
    /// Open connections.
    pub connections: Gauge,
    /// Connections that were closed at once, because their address had too many.
    pub refused_connections: Counter,
    in_flight: Gauge,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, DurationHistogram>,
}

impl HttpMetrics {
    /// Adds them to a registry, under names that begin with `http_`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("http_connections", "Open connections", self.connections.clone());
        registry.register(
            "http_connections_refused",
            "Connections closed at once because their address had too many",
            self.refused_connections.clone(),
        );
        registry.register("http_requests_in_flight", "Requests being answered", self.in_flight.clone());
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from the head of a request to that of its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
    }

    /// One more request is being answered.
    pub(crate) fn enter(&self) {
        self.in_flight.inc();
    }

    /// One request less is being answered.
    pub(crate) fn leave(&self) {
        self.in_flight.dec();
    }
}

/// How many pairs of method and status an endpoint remembers; others are looked up each time.
const REMEMBERED: usize = 16;

/// Where one endpoint's requests are counted. Found once, so that counting takes neither lock nor allocation.
#[derive(Debug, Default)]
pub(crate) struct EndpointMetrics {
    route: OnceLock<Route>,
    counters: [OnceLock<Remembered>; REMEMBERED],
}

#[derive(Debug)]
struct Route {
    pattern: Arc<str>,
    durations: DurationHistogram,
}

#[derive(Debug)]
struct Remembered {
    method: &'static str,
    status: u16,
    counter: Counter,
}

impl EndpointMetrics {
    /// The pattern of the route that the endpoint serves; known from its first request on.
    pub(crate) fn route(&self) -> &str {
        self.route.get().map_or("", |route| &*route.pattern)
    }

    /// Tells which route the endpoint serves. Only the first call matters.
    pub(crate) fn serves(&self, pattern: &str, metrics: &HttpMetrics) {
        self.route.get_or_init(|| {
            let pattern: Arc<str> = Arc::from(pattern);
            let labels = RouteLabels { route: Arc::clone(&pattern) };
            Route { pattern, durations: metrics.durations.get_or_create_owned(&labels) }
        });
    }

    /// Counts an answered request.
    pub(crate) fn count(&self, metrics: &HttpMetrics, method: &Method, status: StatusCode, took: Duration) {
        let Some(route) = self.route.get() else { return };
        route.durations.observe(took);
        let (method, status) = (name(method), status.as_u16());
        let find = || {
            metrics.requests.get_or_create_owned(&RequestLabels {
                method,
                route: Arc::clone(&route.pattern),
                status,
            })
        };
        for slot in &self.counters {
            let remembered = slot.get_or_init(|| Remembered { method, status, counter: find() });
            if remembered.status == status && remembered.method == method {
                remembered.counter.inc();
                return;
            }
        }
        find().inc();
    }
}

/// Methods that clients invent must not become labels.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "other",
    }
}
