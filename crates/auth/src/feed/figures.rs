//! What is told of the feed to those who scrape metrics.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Upper bounds in microseconds of the time from a publication until it is written to a socket.
const BOUNDS: [u64; 12] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000];

/// The figures.
#[derive(Default)]
pub(super) struct Figures {
    streams: AtomicUsize,
    events: AtomicU64,
    cut: AtomicU64,
    /// Of each bound's own bucket; the last is for what is slower than all bounds.
    delays: [AtomicU64; BOUNDS.len() + 1],
    delay_nanos: AtomicU64,
}

/// What is told of events for gateways that keep answers.
#[derive(Clone, Debug)]
pub struct FeedFigures {
    /// How many streams are open.
    pub streams: usize,
    /// How many events were published while somebody read.
    pub events: u64,
    /// How many streams were cut because their clients took nothing.
    pub cut: u64,
    /// How long it took from publications until they were written to the sockets of those who read: upper bounds in seconds, and how
    /// many were within each and none before.
    pub delays: Vec<(f64, u64)>,
    /// The sum of these.
    pub delay_sum: Duration,
}

impl Figures {
    pub(super) fn opened(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn closed(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn cut(&self) {
        self.cut.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn published(&self, events: usize) {
        self.events.fetch_add(u64::try_from(events).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn written(&self, delay: Duration) {
        let nanos = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| bound * 1_000 < nanos);
        if let Some(bucket) = self.delays.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.delay_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    pub(super) fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }

    pub(super) fn told(&self) -> FeedFigures {
        let bounds = BOUNDS.iter().map(|bound| Duration::from_micros(*bound).as_secs_f64());
        let counts = self.delays.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        FeedFigures {
            streams: self.streams(),
            events: self.events.load(Ordering::Relaxed),
            cut: self.cut.load(Ordering::Relaxed),
            delays: bounds.chain([f64::INFINITY]).zip(counts).collect(),
            delay_sum: Duration::from_nanos(self.delay_nanos.load(Ordering::Relaxed)),
        }
    }
}
