//! Looks at the files of certificates, now and then and when somebody asks, and tells what there is to scrapers.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;
use vestibule_console::CertificateFact;
use vestibule_model::Clock;

use super::from_files::{FromFiles, Reason};
use crate::clock::SystemClock;

/// The certificates that are read from files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Followed(pub(super) Vec<Arc<FromFiles>>);

impl Followed {
    /// Reads them again at every interval and whenever `asked` is notified; never ends.
    pub(crate) async fn follow(&self, interval: Duration, asked: &Notify) -> Infallible {
        let mut times = tokio::time::interval(interval);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for certificate in &self.0 {
            certificate.warn_of_refusals(SystemClock.now());
        }
        loop {
            let why = tokio::select! {
                () = asked.notified() => Reason::Asked,
                _ = times.tick() => Reason::Interval,
            };
            let certificates = self.0.clone();
            let read = move || {
                for certificate in &certificates {
                    certificate.read_again(why, SystemClock.now());
                }
            };
            // A file system that does not answer holds up nothing else.
            if let Err(error) = tokio::task::spawn_blocking(read).await {
                tracing::error!(%error, "the files of certificates could not be looked at");
            }
        }
    }

    /// What there is to be looked after.
    pub(crate) fn facts(&self) -> Vec<CertificateFact> {
        let fact = |certificate: &Arc<FromFiles>| CertificateFact {
            listener: certificate.listener,
            until: certificate.until(),
            has_failed: certificate.has_failed(),
        };
        self.0.iter().map(fact).collect()
    }

    pub(crate) fn register(self, registry: &mut Registry) {
        registry.register_collector(Box::new(self));
    }
}

type ByListener = Family<[(&'static str, &'static str); 1], Gauge>;

impl Collector for Followed {
    fn encode(&self, mut out: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let (remaining, failed) = (ByListener::default(), ByListener::default());
        let now = SystemClock.now();
        for certificate in &self.0 {
            let labels = [("listener", certificate.listener)];
            let left = certificate.until().as_unix().saturating_sub(now.as_unix()).div_euclid(1_000);
            remaining.get_or_create(&labels).set(left);
            failed.get_or_create(&labels).set(i64::from(certificate.has_failed()));
        }
        let help = "How long the certificate is good for, less than 0 once it has expired";
        let unit = Some(&Unit::Seconds);
        remaining.encode(out.encode_descriptor(
            "certificate_remaining",
            help,
            unit,
            remaining.metric_type(),
        )?)?;
        let help = "1: the files of the certificate hold one that cannot be used, and the old one is kept";
        failed.encode(out.encode_descriptor("certificate_reload_failed", help, None, failed.metric_type())?)
    }
}
