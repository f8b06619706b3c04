//! What is told of streams of events to those who scrape metrics.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::{MetricType, TypedMetric};
use prometheus_client::registry::Unit;
use vestibule_auth::{Auth, FeedFigures};

/// How long events took.
#[derive(Debug)]
struct Delays(FeedFigures);

impl TypedMetric for Delays {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Delays {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let count = self.0.delays.iter().map(|(_, count)| count).sum();
        let sum = self.0.delay_sum.as_secs_f64();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &self.0.delays, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

/// Writes the engine's own numbers.
pub(crate) fn encode(auth: &Auth, out: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
    let figures = auth.feed_figures();
    let streams = ConstGauge::new(i64::try_from(figures.streams).unwrap_or(i64::MAX));
    let help = "Streams of events for gateways that are open";
    streams.encode(out.encode_descriptor("event_streams", help, None, streams.metric_type())?)?;
    let counters = [
        ("events", "Events for gateways that were published while somebody read", figures.events),
        ("event_streams_cut", "Streams cut because their clients took nothing", figures.cut),
    ];
    for (name, help, value) in counters {
        let metric = ConstCounter::new(value);
        metric.encode(out.encode_descriptor(name, help, None, metric.metric_type())?)?;
    }
    let help = "Time from the publication of events until they were written to the socket of one who reads";
    let delays = Delays(figures);
    delays.encode(out.encode_descriptor("event_delay", help, Some(&Unit::Seconds), delays.metric_type())?)
}
