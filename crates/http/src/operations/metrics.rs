//! The registry of metrics, and the ones that every request touches.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::histogram::DurationHistogram;
use super::process::Process;

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

/// All metrics of the process.
pub struct Metrics {
    registry: Mutex<Registry>,
    /// Open connections of all listeners: for [`crate::server::Server::counting_connections_in`].
    pub connections: Gauge,
    /// Connections that were closed at once: for [`crate::server::Server::counting_refused_in`].
    pub refused_connections: Counter,
    in_flight: Gauge,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, DurationHistogram>,
}

impl Metrics {
    /// With the metrics of HTTP, the process and its build.
    pub fn new() -> Arc<Self> {
        let metrics = Self {
            registry: Mutex::default(),
            connections: Gauge::default(),
            refused_connections: Counter::default(),
            in_flight: Gauge::default(),
            requests: Family::default(),
            durations: Family::default(),
        };
        metrics.register(|registry| {
            registry.register("http_connections", "Open connections", metrics.connections.clone());
            registry.register(
                "http_connections_refused",
                "Connections closed at once because their address had too many",
                metrics.refused_connections.clone(),
            );
            registry.register(
                "http_requests_in_flight",
                "Requests being answered",
                metrics.in_flight.clone(),
            );
            registry.register("http_requests", "Requests answered", metrics.requests.clone());
            registry.register_with_unit(
                "http_request_duration",
                "Time from the head of a request to that of its answer",
                Unit::Seconds,
                metrics.durations.clone(),
            );
            let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
            registry.register("build", "The program that runs", build);
        });
        metrics.registry().register_collector(Box::new(Process));
        Arc::new(metrics)
    }

    /// Lets `register` add metrics; their names get the prefix `vestibule_`. They must not call back into this.
    pub fn register(&self, register: impl FnOnce(&mut Registry)) {
        register(self.registry().sub_registry_with_prefix("vestibule"));
    }

    /// All metrics as text in the `OpenMetrics` format.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail, and an incomplete scrape is better than none.
        let _ = text::encode(&mut out, &self.registry());
        out
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more request is under way.
    pub(crate) fn enter(&self) {
        self.in_flight.inc();
    }

    /// One request less is under way.
    pub(crate) fn leave(&self) {
        self.in_flight.dec();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// How many pairs of method and status an endpoint remembers; others are looked up each time.
const REMEMBERED: usize = 16;

/// Where one endpoint's requests are counted. Found once, so that counting takes neither lock nor allocation.
#[derive(Debug, Default)]
pub(crate) struct Endpoint {
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

impl Endpoint {
    /// The pattern of the route that the endpoint serves; known from its first request on.
    pub(crate) fn route(&self) -> &str {
        self.route.get().map_or("", |route| &*route.pattern)
    }

    /// Tells which route the endpoint serves. Only the first call matters.
    pub(crate) fn serves(&self, pattern: &str, metrics: &Metrics) {
        self.route.get_or_init(|| {
            let pattern: Arc<str> = Arc::from(pattern);
            let labels = RouteLabels { route: Arc::clone(&pattern) };
            Route { pattern, durations: metrics.durations.get_or_create_owned(&labels) }
        });
    }

    /// Counts an answered request.
    pub(crate) fn count(&self, metrics: &Metrics, method: &Method, status: StatusCode, took: Duration) {
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
