//! What is printed: the result on standard output, progress and errors on standard error.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::time::{Duration, Instant};

use crate::report::grouped;
use crate::timing;

/// A result, or a child's line to its parent. A reader that has gone away is no reason to stop.
pub(crate) fn print(text: impl fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Progress, and why the program ends.
pub(crate) fn note(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// How often progress is shown on a terminal, and how often where every showing is a line that stays.
const TERMINAL: Duration = Duration::from_millis(200);
const LINES: Duration = Duration::from_secs(5);

/// Something long and how far it is: a bar and the rate.
pub(crate) struct Progress {
    what: &'static str,
    total: usize,
    done: usize,
    begun: Instant,
    shown: Duration,
    is_terminal: bool,
}

impl Progress {
    /// Of so many.
    pub(crate) fn of(what: &'static str, total: usize) -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self { what, total, done: 0, begun: timing::now(), shown: Duration::ZERO, is_terminal }
    }

    /// So many more are done. What takes no time worth telling is not shown.
    pub(crate) fn add(&mut self, count: usize) {
        self.done += count;
        let elapsed = self.begun.elapsed();
        let interval = if self.is_terminal { TERMINAL } else { LINES };
        let is_last = self.done >= self.total && !self.shown.is_zero();
        if elapsed.saturating_sub(self.shown) >= interval || is_last {
            self.shown = elapsed;
            self.show(elapsed);
        }
    }

    fn show(&self, elapsed: Duration) {
        let (done, total) = (grouped(self.done), grouped(self.total));
        let filled = (20 * self.done / self.total.max(1)).min(20);
        let millis = usize::try_from(elapsed.as_millis()).unwrap_or(usize::MAX).max(1);
        let rate = grouped(self.done.saturating_mul(1_000) / millis);
        let what = self.what;
        let bar = format!("[{:<20}] {done} of {total} {what}, {rate}/s", "#".repeat(filled));
        let mut out = io::stderr().lock();
        let end = if self.is_terminal && self.done < self.total { "" } else { "\n" };
        let start = if self.is_terminal { "\r" } else { "" };
        let _ = write!(out, "{start}{bar}{end}").and_then(|()| out.flush());
    }
}
