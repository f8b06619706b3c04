//! The program: configuration, command line, wiring.
//!
//! Owns what only a whole program has: files and their modes, the process and its signals, the machine's clock, the
//! screen and the log. Holds no rules of logging in and no shapes of answers. The way of a start:
//!
//! `command_line` → `config` → `data_dir` and `master_key` → `certificates` → `house` (store, engine, listeners) →
//! until `signals` says stop.

mod apply;
mod certificates;
mod clock;
mod command_line;
mod commands;
mod config;
mod data_dir;
mod house;
mod input_error;
mod listeners;
mod logging;
mod master_key;
mod metrics;
mod open_files;
mod private_file;
mod screen;
mod signals;

use std::process::ExitCode;

use clap::Parser;

use command_line::{Action, AuditAction, CommandLine, ConfigAction};
use commands::audit::NotAsWritten;
use input_error::InputError;

/// What was given is wrong: a file, a key, an argument. clap ends with the same for arguments that it refuses.
const WRONG_INPUT: u8 = 2;

/// The audit is not what was written.
const AUDIT_NOT_AS_WRITTEN: u8 = 3;

/// Runs the program as the command line says.
pub fn run() -> ExitCode {
    logging::log_panics();
    let outcome = match CommandLine::parse().action {
        Action::Dev(arguments) => commands::dev(&arguments),
        Action::Serve(arguments) => commands::serve(&arguments),
        Action::Apply(arguments) => commands::apply(&arguments),
        Action::Audit(AuditAction::Verify(arguments)) => commands::audit::verify(&arguments),
        Action::Audit(AuditAction::Export(arguments)) => commands::audit::export(&arguments),
        Action::Config(ConfigAction::Check(arguments)) => commands::check_config(&arguments),
        Action::Config(ConfigAction::Default) => commands::show_default_config(),
        Action::Completions { shell } => commands::completions(shell),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::report_failure(&error);
            exit_code(&error)
        }
    }
}

fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<InputError>() {
        ExitCode::from(WRONG_INPUT)
    } else if error.is::<NotAsWritten>() {
        ExitCode::from(AUDIT_NOT_AS_WRITTEN)
    } else {
        ExitCode::FAILURE
    }
}
