//! `vestibule witness …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum WitnessAction {
    /// Accept the database as it is, so that the next start ends no sessions
    #[command(long_about = RENEW_ABOUT, after_long_help = RENEW_EXAMPLES)]
    Renew(RenewArguments),
}

#[derive(Debug, Args)]
pub(crate) struct RenewArguments {
    /// The data directory [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration that names the data directory, the master key and the witness
    /// [default: the defaults and the environment only]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

const RENEW_ABOUT: &str = "\
Accept the database as it is, so that the next start ends no sessions.

The witness is a file outside the database that says how far it had come. A start on a database that is behind its witness, \
or whose witness is missing, ends all sessions, because some of them may have been ended since: by a logout, by an \
administrator, by a new password. Run this before the start when you know that the database is the newest there is, as after \
a move to another machine without the witness. That it was done is written into the audit.

The service has to be stopped. `vestibule restore` needs no such step.";

const RENEW_EXAMPLES: &str = "\
Examples:
  vestibule witness renew --config vestibule.toml
  vestibule witness renew --data-dir data";
