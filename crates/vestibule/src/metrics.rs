//! What the engine tells to those who scrape metrics.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use serde::Serialize;
use vestibule_auth::{Auth, HashPoolGauges, Purpose, WorkPoolGauges};

use crate::{event_metrics, logging};

/// Reads the engine's own numbers when metrics are scraped. Does not keep the engine alive.
pub(crate) struct EngineMetrics {
    auth: Weak<Auth>,
    hash_pool: Arc<HashPoolGauges>,
    verification: Arc<WorkPoolGauges>,
}

/// What a refusal is counted by: words of the audit, of which there is a fixed number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    action: String,
    reason: String,
}

/// What came of a request: one of a fixed number of words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: String,
}

impl EngineMetrics {
    pub(crate) fn of(auth: &Arc<Auth>) -> Self {
        Self {
            auth: Arc::downgrade(auth),
            hash_pool: auth.hash_pool_gauges(),
            verification: auth.verification_gauges(),
        }
    }

    fn encode_refusals(&self, out: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let refusals: Family<RefusalLabels, Counter> = Family::default();
        for (action, reason, count) in self.auth.upgrade().iter().flat_map(|auth| auth.refusal_counts()) {
            let labels = RefusalLabels { action: word(&action), reason: word(&reason) };
            refusals.get_or_create(&labels).inc_by(count);
        }
        let help = "What was refused, by what it was and why";
        refusals.encode(out.encode_descriptor("refusals", help, None, refusals.metric_type())?)
    }

    fn encode_requests(&self, out: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let requests: Family<OutcomeLabel, Counter> = Family::default();
        for (outcome, count) in self.auth.upgrade().iter().flat_map(|auth| auth.traffic_outcomes()) {
            requests.get_or_create(&OutcomeLabel { outcome: word(&outcome) }).inc_by(count);
        }
        let help = "Decisions that were counted for reports of traffic, by outcome";
        requests.encode(out.encode_descriptor("traffic", help, None, requests.metric_type())?)
    }

    fn encode_gauges(&self, auth: Option<&Auth>, out: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let pool = &self.hash_pool;
        let sessions = auth.map_or(0, Auth::session_count);
        let ready = |purpose| usize::from(auth.is_some_and(|auth| auth.trouble(purpose).is_none()));
        let fails = |why: fn(&Auth) -> Option<String>| usize::from(auth.and_then(why).is_some());
        let gauges = [
            ("sessions", "Sessions in the table", sessions),
            ("ready", "1: as /readyz says, every request can be answered", ready(Purpose::Everything)),
            (
                "ready_for_checks",
                "1: as /readyz?for=checks says, checks can be answered",
                ready(Purpose::Checks),
            ),
            (
                "witness_failing",
                "1: the witness cannot be written, so an older database that is put back may go unnoticed",
                fails(Auth::unwitnessed),
            ),
            (
                "end_journal_failing",
                "1: the journal of ends could not be made: an end that the database does not take is undone by a restart",
                fails(Auth::unjournaled),
            ),
            (
                "outdated_seals",
                "API keys and other holders of a secret that is still sealed under an older generation of the master key",
                auth.map_or(0, Auth::outdated_seals),
            ),
            ("hash_queue_length", "Logins that wait for a hash", pool.waiting.load(Ordering::Relaxed)),
            ("hash_queue_capacity", "Logins that may wait for a hash", pool.queue_length),
            ("hash_threads", "Threads that hash", pool.threads),
            (
                "verification_queue_length",
                "Messages of identity providers that wait to be verified",
                self.verification.waiting.load(Ordering::Relaxed),
            ),
        ];
        for (name, help, value) in gauges {
            let metric = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            metric.encode(out.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        Ok(())
    }

    pub(crate) fn register(self, registry: &mut Registry) {
        registry.register_collector(Box::new(self));
    }
}

impl Collector for EngineMetrics {
    fn encode(&self, mut out: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let pool = &self.hash_pool;
        let auth = self.auth.upgrade();
        let lockouts = auth.as_ref().map_or(0, |auth| auth.lockout_count());
        self.encode_refusals(&mut out)?;
        self.encode_requests(&mut out)?;
        let losses = auth.as_ref().map(|auth| auth.traffic_losses()).unwrap_or_default();
        self.encode_gauges(auth.as_deref(), &mut out)?;
        if let Some(auth) = &auth {
            event_metrics::encode(auth, &mut out)?;
        }
        let failed_commits = auth.as_ref().map_or(0, |auth| auth.failed_commits());
        let counters = [
            ("lockouts", "Users locked by failed logins", lockouts),
            ("store_commits_failed", "Commits that the database did not take", failed_commits),
            ("traffic_folded", "Decisions counted without their routes: too much waited", losses.folded),
            (
                "traffic_lost",
                "Decisions that are in no report: the database refused their counts",
                losses.lost,
            ),
            ("hashes", "Passwords hashed", pool.done.load(Ordering::Relaxed)),
            (
                "hashes_turned_away",
                "Logins turned away by the hash queue",
                pool.turned_away.load(Ordering::Relaxed),
            ),
            (
                "verifications",
                "Messages of identity providers that were verified",
                self.verification.done.load(Ordering::Relaxed),
            ),
            (
                "verifications_turned_away",
                "Messages of identity providers turned away by the queue of verifications",
                self.verification.turned_away.load(Ordering::Relaxed),
            ),
            (
                "log_lines_dropped",
                "Lines of the log that nobody took or that could not be written",
                logging::dropped_lines(),
            ),
        ];
        for (name, help, value) in counters {
            let metric = ConstCounter::new(value);
            metric.encode(out.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        let spans = [
            ("verification_busy", "Time that the threads have verified", &self.verification.busy_micros, 1e6),
            ("hash_queue_wait", "Time that logins have waited for a hash", &pool.waited_ms, 1e3),
            ("hash_busy", "Time that the threads have hashed", &pool.busy_micros, 1e6),
        ];
        for (name, help, value, in_a_second) in spans {
            #[expect(clippy::cast_precision_loss, reason = "they stay far below 2^53")]
            let metric = ConstCounter::new(value.load(Ordering::Relaxed) as f64 / in_a_second);
            let unit = Some(&Unit::Seconds);
            metric.encode(out.encode_descriptor(name, help, unit, metric.metric_type())?)?;
        }
        Ok(())
    }
}

/// A word as the audit writes it.
fn word(value: &impl Serialize) -> String {
    let written = serde_json::to_value(value).ok();
    written.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

impl fmt::Debug for EngineMetrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EngineMetrics").finish_non_exhaustive()
    }
}
