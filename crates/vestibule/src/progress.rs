//! How far something is that takes long: a bar for people at a terminal, nothing at all elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const BAR: &str = "{msg} [{wide_bar}] {percent:>3} % of {total_bytes}, {eta} left ";

const ENTRIES: &str = "{msg} [{wide_bar}] {percent:>3} % of {human_len} entries, {eta} left ";

const PASSWORDS: &str = "{msg} [{wide_bar}] {percent:>3} % of {human_len} passwords, {eta} left ";

const COUNTING: &str = "{spinner} {msg} {human_pos} ";

const BYTES: &str = "{spinner} {msg} {bytes} ";

const TURNING: &str = "{spinner} {msg} ";

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// A bar on standard error. It is gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Of something that is measured in bytes.
    pub(crate) fn new(what: &'static str) -> Self {
        Self::with(what, BAR)
    }

    /// Of something that is measured in entries of the audit.
    pub(crate) fn of_entries(what: &'static str) -> Self {
        Self::with(what, ENTRIES)
    }

    /// Of something that is measured in passwords.
    pub(crate) fn of_passwords(what: &'static str) -> Self {
        Self::with(what, PASSWORDS)
    }

    /// Of something whose end is not known, but how much there has been.
    pub(crate) fn counting(what: &'static str) -> Self {
        Self::with(what, COUNTING).ticking()
    }

    /// The same, in bytes.
    pub(crate) fn bytes(what: &'static str) -> Self {
        Self::with(what, BYTES).ticking()
    }

    fn ticking(self) -> Self {
        self.0.enable_steady_tick(TICK);
        self
    }

    fn with(what: &'static str, template: &str) -> Self {
        let bar = ProgressBar::new(0).with_message(what);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So far `done` of `total`.
    pub(crate) fn at(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    /// So far so many.
    pub(crate) fn count(&self, done: u64) {
        self.0.set_position(done);
    }

    /// From now on something whose end is not known.
    pub(crate) fn turn(&self, what: &'static str) {
        if let Ok(style) = ProgressStyle::with_template(TURNING) {
            self.0.set_style(style);
        }
        self.0.set_message(what);
        self.0.enable_steady_tick(TICK);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
