//! The time in which what is done counts.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::{cpu, timing};

const OPEN: u8 = 1;
const OVER: u8 = 2;

/// First warm-up, then open, then over. Read and written on one thread.
#[derive(Debug, Default)]
pub(crate) struct Window {
    state: AtomicU8,
    closed: Notify,
}

impl Window {
    /// Whether what is done now counts.
    pub(crate) fn is_open(&self) -> bool {
        self.state.load(Ordering::Relaxed) == OPEN
    }

    /// Whether it is time to stop.
    pub(crate) fn is_over(&self) -> bool {
        self.state.load(Ordering::Relaxed) == OVER
    }

    /// Ends the measurement before its time: there is nothing more to do.
    pub(crate) fn close(&self) {
        self.closed.notify_one();
    }

    /// Opens the window after the warm-up and closes it after `span`. Answers how long it was open to the nanosecond,
    /// and how much processor time `process` has used meanwhile.
    pub(crate) async fn measure(
        &self,
        warm_up: Duration,
        span: Duration,
        process: u32,
    ) -> Result<(Duration, Duration)> {
        let worked = !self.closes_within(warm_up).await;
        let (begun, before) = (timing::now(), cpu::time_of(process));
        self.state.store(OPEN, Ordering::Relaxed);
        if worked {
            self.closes_within(span).await;
        }
        let (elapsed, after) = (begun.elapsed(), cpu::time_of(process));
        self.state.store(OVER, Ordering::Relaxed);
        ensure!(worked, "everything that was prepared was used up before the measurement began");
        Ok((elapsed, after?.saturating_sub(before?)))
    }

    async fn closes_within(&self, span: Duration) -> bool {
        tokio::select! {
            () = sleep(span) => false,
            () = self.closed.notified() => true,
        }
    }
}
