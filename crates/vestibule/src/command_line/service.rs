//! What every command that asks a running service can be told: which one, and how to show what it answers.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const HEADING: &str = "The service";

#[derive(Debug, Args)]
pub(crate) struct ServiceArguments {
    /// Which service to ask: the name of a saved one, or the URL of its administration listener
    /// [default: `VESTIBULE_CLIENT_SERVER`, or the one that `vestibule server use` has chosen]
    #[arg(long, global = true, value_name = "NAME|URL", help_heading = HEADING, hide_short_help = true)]
    pub(crate) server: Option<String>,
    /// Trust certificates of this authority (PEM), and no others
    /// [default: `VESTIBULE_CLIENT_CA`, or what is saved with the service, or those that the machine trusts]
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    pub(crate) ca: Option<PathBuf>,
    /// Allow http:// to another machine, over a network that is yours
    #[arg(long, global = true, help_heading = HEADING, hide_short_help = true)]
    pub(crate) plaintext: bool,
    /// Read the token that says who asks from the first line of standard input: the secret of an administration token as it was
    /// shown when it was made, alone on the line, without `Bearer` and without quotes
    /// [default: `VESTIBULE_CLIENT_TOKEN`, or what is saved with the service]
    #[arg(long, global = true, help_heading = HEADING, hide_short_help = true)]
    pub(crate) token_stdin: bool,
    /// Print JSON for programs, as the administration API has it
    #[arg(long, global = true, help_heading = HEADING, hide_short_help = true)]
    pub(crate) json: bool,
}

/// A noun: which service, and what to do there.
#[derive(Debug, Args)]
pub(crate) struct Asking<A: Subcommand> {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    #[command(subcommand)]
    pub(crate) action: A,
}

/// How much of a list is wanted.
#[derive(Debug, Args)]
pub(crate) struct PageArguments {
    /// The most entries to print
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Print all entries, however many there are
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
}
