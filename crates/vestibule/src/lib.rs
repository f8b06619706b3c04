//! The program: configuration, command line, wiring.
//!
//! Owns what only a whole program has: files and their modes, the process and its signals, the machine's clock, the
//! screen and the log. Holds no rules of logging in and no shapes of answers. The way of a start:
//!
//! `command_line` → `config` → `data_dir` and `master_key` → `certificates` → `instance` (store, engine, listeners) →
//! until `signals` says stop.
//!
//! As a client of a service that runs: `command_line` → `client` → `commands`.

mod apply;
mod audit_check;
mod backup_file;
mod certificates;
mod client;
mod clock;
mod command_line;
mod commands;
mod config;
mod console_facts;
mod data_dir;
mod data_metrics;
mod draft;
mod end_journal;
mod event_metrics;
mod exit_code;
mod input_error;
mod instance;
mod listeners;
mod logging;
mod master_key;
mod metrics;
mod moment;
mod open_files;
mod origins;
mod private_file;
mod progress;
mod replace;
mod screen;
mod service_manager;
mod signals;
mod witness;

use std::process::ExitCode;

use clap::Parser;

use command_line::{
    Action, AuditCommand, BackupAction, BackupArguments, CommandLine, ConfigAction, WitnessAction,
};
use exit_code::Ended;

/// Runs the program as the command line says.
pub fn run() -> ExitCode {
    logging::log_panics();
    let outcome = match CommandLine::parse().action {
        Action::Dev(arguments) => commands::dev(&arguments),
        Action::Serve(arguments) => commands::serve(&arguments),
        Action::Apply(arguments) => commands::apply(&arguments),
        Action::Export(arguments) => commands::export(&arguments),
        Action::Doctor(arguments) => commands::doctor(&arguments),
        Action::Ask(action) => commands::ask(*action),
        Action::Audit(AuditCommand::List(arguments)) => commands::audit::list(&arguments),
        Action::Audit(AuditCommand::Download(arguments)) => commands::audit::download(&arguments),
        Action::Audit(AuditCommand::Verify(arguments)) => commands::audit::verify(&arguments),
        Action::Audit(AuditCommand::Export(arguments)) => commands::audit::export(&arguments),
        Action::Backup(BackupArguments { action: Some(BackupAction::Verify(arguments)), .. }) => {
            commands::verify_backup(&arguments)
        }
        Action::Backup(arguments) => commands::backup(&arguments),
        Action::Restore(arguments) => commands::restore(&arguments),
        Action::Healthcheck(arguments) => commands::healthcheck(&arguments),
        Action::Witness(WitnessAction::Renew(arguments)) => commands::renew_witness(&arguments),
        Action::Config(ConfigAction::Check(arguments)) => commands::check_config(&arguments),
        Action::Config(ConfigAction::Default) => commands::show_default_config(),
        Action::Config(ConfigAction::Reference) => commands::show_config_reference(),
        Action::Completions { shell } => commands::completions(shell),
    };
    let code = match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::report_failure(&error);
            Ended::of(&error).into()
        }
    };
    logging::finish();
    code
}
