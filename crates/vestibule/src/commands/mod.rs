//! What each command does, from its arguments to its last word.

mod apply;
mod ask;
pub(crate) mod audit;
mod backup;
mod check_config;
mod dev;
mod doctor;
mod export;
mod healthcheck;
mod master_key;
mod restore;
mod serve;
mod verify_backup;
pub(crate) mod welcome;
mod witness;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;
use tokio::runtime::{self, Runtime};
use tokio::sync::oneshot;
use vestibule_model::{Actor, Millis};

pub(crate) use apply::apply;
pub(crate) use ask::ask;
pub(crate) use backup::backup;
pub(crate) use check_config::check_config;
pub(crate) use dev::dev;
pub(crate) use doctor::{RulesBroken, doctor};
pub(crate) use export::export;
pub(crate) use healthcheck::healthcheck;
pub(crate) use master_key::generate as generate_master_key;
pub(crate) use restore::restore;
pub(crate) use serve::serve;
pub(crate) use verify_backup::verify_backup;
pub(crate) use witness::renew as renew_witness;

use crate::command_line::CommandLine;
use crate::exit_code::Interrupted;
use crate::{config, replace, screen};

/// `vestibule config default`
#[expect(clippy::unnecessary_wraps, reason = "every command has the same form")]
pub(crate) fn show_default_config() -> anyhow::Result<()> {
    screen::say(config::DEFAULT.trim_end());
    Ok(())
}

/// `vestibule config reference`
#[expect(clippy::unnecessary_wraps, reason = "every command has the same form")]
pub(crate) fn show_config_reference() -> anyhow::Result<()> {
    screen::say(config::reference().trim_end());
    Ok(())
}

/// `vestibule completions`
#[expect(clippy::unnecessary_wraps, reason = "every command has the same form")]
pub(crate) fn completions(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "vestibule", &mut script);
    screen::say(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}

/// Who uses the command line, as the audit names them: the operating system's number for them, which cannot be chosen as
/// the name in the environment can.
pub(crate) fn operator() -> Actor {
    Actor::CommandLine { name: format!("uid {}", rustix::process::getuid().as_raw()) }
}

/// The main thread's runtime: for the background tasks, and for waiting. Requests have runtimes of their own.
fn small_runtime() -> anyhow::Result<Runtime> {
    runtime::Builder::new_current_thread().enable_all().build().context("cannot start a runtime")
}

/// The version of the program.
const fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// So many things, in words.
pub(crate) fn count(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// A time in UTC, to the second.
fn shown_time(time: Millis) -> String {
    replace::timestamp(time).map_or_else(|| "at an unknown time".into(), |time| time.to_string())
}

/// An error after a signal.
fn go_on(stop: &mut oneshot::Receiver<()>) -> anyhow::Result<()> {
    if stop.try_recv().is_ok() { Err(Interrupted.into()) } else { Ok(()) }
}
