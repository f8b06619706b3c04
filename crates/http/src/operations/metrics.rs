//! The registry of metrics.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::text;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use vestibule_serve::HttpMetrics;

use super::process::Process;

/// All metrics of the process.
pub struct Metrics {
    registry: Mutex<Registry>,
    /// Those of requests and connections: for the layers and the server.
    pub http: HttpMetrics,
}

impl Metrics {
    /// With the metrics of HTTP, the process and its build.
    pub fn new() -> Arc<Self> {
        let metrics = Self { registry: Mutex::default(), http: HttpMetrics::default() };
        metrics.register(|registry| {
            metrics.http.register(registry);
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
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Metrics").finish_non_exhaustive()
    }
}
