//! The log: structured, on standard error; for people on a terminal, JSON elsewhere. Never secrets.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::config::{LogFormat, LogSettings};
use crate::screen;

/// Set when the log is JSON: nothing else may then be written to standard error.
static JSON: OnceLock<()> = OnceLock::new();

/// Starts the log. Only the first call has an effect.
pub(crate) fn start(settings: &LogSettings) {
    let json = match settings.format {
        LogFormat::Auto => !io::stderr().is_terminal(),
        LogFormat::Human => false,
        LogFormat::Json => true,
    };
    let level: Targets = settings.level.0.clone();
    let registry = tracing_subscriber::registry().with(level);
    let started = if json {
        let lines = fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(io::stderr);
        registry.with(lines).try_init()
    } else {
        let lines = fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
        registry.with(lines).try_init()
    };
    if started.is_ok() && json {
        let _ = JSON.set(());
    }
}

/// Why the program ends: into the log if that is JSON, else in plain words.
pub(crate) fn report_failure(error: &anyhow::Error) {
    if JSON.get().is_some() {
        tracing::error!(error = format!("{error:#}"), "vestibule ends");
    } else {
        screen::complain(format_args!("vestibule: {error:#}"));
    }
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
