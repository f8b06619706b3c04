//! The time in which what is done counts.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use crate::{cpu, timing};

const OPEN: u8 = 1;
const OVER: u8 = 2;

/// First warm-up, then open, then over. Read and written on one thread.
#[derive(Debug, Default)]
pub(crate) struct Window(AtomicU8);

impl Window {
    /// Whether what is done now counts.
    pub(crate) fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) == OPEN
    }

    /// Whether it is time to stop.
    pub(crate) fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed) == OVER
    }

    /// Opens the window after the warm-up and closes it after `span`. Answers how long it was open to the nanosecond,
    /// and how much processor time `process` has used meanwhile.
    pub(crate) async fn measure(
        &self,
        warm_up: Duration,
        span: Duration,
        process: u32,
    ) -> Result<(Duration, Duration)> {
        sleep(warm_up).await;
        let (begun, before) = (timing::now(), cpu::time_of(process));
        self.0.store(OPEN, Ordering::Relaxed);
        sleep(span).await;
        let (elapsed, after) = (begun.elapsed(), cpu::time_of(process));
        self.0.store(OVER, Ordering::Relaxed);
        Ok((elapsed, after?.saturating_sub(before?)))
    }
}
