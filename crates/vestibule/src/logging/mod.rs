//! The log: structured, on standard error; for people on a terminal, JSON elsewhere. Never secrets.
//!
//! Whoever logs hands the line to a bounded queue and goes on; one thread writes. A reader that does not read, or a disk
//! that is full, costs lines, which are counted and told of, and nothing else (ADR 33).

mod queue;
mod standard_error;

use std::io::{self, IsTerminal};
use std::sync::OnceLock;
use std::thread;

use anyhow::Context;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::config::{LogFormat, LogSettings};
use crate::screen;
use queue::{Queue, Room};
use standard_error::StandardError;

/// The most bytes of lines that wait to be written; what comes on top is dropped.
const MOST_WAITING: usize = 1024 * 1024;

/// The log of this process, once it has started.
static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    queue: Queue,
    /// Nothing but JSON may then be written to standard error.
    is_json: bool,
}

/// Starts the log. Only the first call has an effect.
pub(crate) fn start(settings: &LogSettings) -> anyhow::Result<()> {
    let is_json = match settings.format.0 {
        LogFormat::Auto => !io::stderr().is_terminal(),
        LogFormat::Human => false,
        LogFormat::Json => true,
    };
    if LOG.set(Log { queue: Queue::of_at_most(MOST_WAITING), is_json }).is_err() {
        return Ok(());
    }
    let write = || {
        if let Some(log) = LOG.get() {
            log.queue.write_to(&mut StandardError);
        }
    };
    thread::Builder::new().name("log".into()).spawn(write).context("cannot start the log")?;
    let registry = tracing_subscriber::registry().with(settings.level.0.targets());
    let started = if is_json {
        let lines = fmt::layer().json().flatten_event(true).with_span_list(false);
        registry.with(lines.with_writer(|| Line)).try_init()
    } else {
        let lines = fmt::layer().with_ansi(io::stderr().is_terminal());
        registry.with(lines.with_writer(|| Line)).try_init()
    };
    started.context("cannot start the log")
}

/// One line, which comes in one piece.
struct Line;

impl io::Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(log) = LOG.get() {
            log.queue.push(line, Room::AsThereIs);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many lines were dropped, because the queue was full or because they could not be written.
pub(crate) fn dropped_lines() -> u64 {
    LOG.get().map_or(0, |log| log.queue.dropped())
}

/// Waits until everything logged is written, for as long as somebody takes it.
pub(crate) fn finish() {
    if let Some(log) = LOG.get() {
        log.queue.finish();
    }
}

/// Why the program ends: into the log if that is JSON, else in plain words. It is said whatever the levels are, and
/// however many lines wait.
pub(crate) fn report_failure(error: &anyhow::Error) {
    match LOG.get() {
        None => screen::complain(plain(error)),
        Some(log) if log.is_json => {
            log.queue.make_room();
            tracing::error!(error = format!("{error:#}"), "vestibule ends");
        }
        Some(log) => log.queue.push(format!("{}\n", plain(error)).as_bytes(), Room::Always),
    }
}

/// Each line says whose it is.
fn plain(error: &anyhow::Error) -> String {
    format!("vestibule: {}", format!("{error:#}").replace('\n', "\nvestibule: "))
}

/// Has panics logged like everything else, with their place. Before the log has started they are shown as usual.
pub(crate) fn log_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !tracing::dispatcher::has_been_set() {
            return usual(panic);
        }
        let said = panic.payload_as_str().unwrap_or("(no message)");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic = said, place, "a thread panicked");
    }));
}
