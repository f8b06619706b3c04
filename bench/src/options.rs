//! The command line.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand, builder::PossibleValuesParser};
use rustix::process::Signal;

use crate::{benches, child, floors, server};

/// Measures the service against the floors under it, and prints a table.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    /// Which benches to run; none: all of them.
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(benches::names()))]
    pub(crate) names: Vec<String>,
    /// Prints JSON, with the figures of every round.
    #[arg(long)]
    pub(crate) json: bool,
    /// How long each measurement takes, in seconds; a quarter of it again goes before as warm-up. The service
    /// writes last uses every two seconds: let it be a multiple of them.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,
    /// How often floor and subject take turns; medians are printed.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Connections, or tasks, that work at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) connections: u32,
    /// How many sessions live, one after the other: `check` measures each of them, `start` and `memory` each from a
    /// million on. Ten million take minutes and gigabytes.
    #[arg(long, value_name = "COUNT", value_delimiter = ',', default_values_t = [10_000, 1_000_000],
          value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(crate) sessions: Vec<u32>,
    /// The core of what is measured; default: the first that this process may use.
    #[arg(long, value_name = "CORE")]
    pub(crate) server_cpu: Option<usize>,
    /// The core of the load; default: the second that this process may use.
    #[arg(long, value_name = "CORE")]
    pub(crate) load_cpu: Option<usize>,
    /// Where the databases are written: a folder on the disk that is to be measured; default: the system's folder
    /// for temporary files.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) directory: Option<PathBuf>,
    /// What this process is when the bench itself started it.
    #[command(subcommand)]
    pub(crate) child: Option<Child>,
}

/// A process that the bench starts.
#[derive(Debug, Subcommand)]
pub(crate) enum Child {
    /// One of the things that are measured.
    #[command(hide = true, subcommand)]
    Child(Role),
}

/// What a child is. Each is told its core first, before it starts any thread.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// The service.
    Server(server::Arguments),
    /// Bare hyper.
    Hyper(floors::hyper::Arguments),
    /// Bare tonic.
    Tonic(floors::tonic::Arguments),
    /// Bare hashing.
    Hash(floors::Arguments),
    /// The floor under tokens in the name of clients.
    Rs256(floors::Arguments),
    /// The floor under logins by responses of SAML.
    Saml(floors::Arguments),
    /// The bare store.
    Store(floors::Arguments),
    /// The bare store, when sessions end.
    Ends(floors::Arguments),
    /// The disk.
    Fsync(floors::Arguments),
    /// A program of others.
    Foreign(child::ForeignArguments),
}

impl Child {
    pub(crate) fn run(self) -> Result<()> {
        let Self::Child(role) = self;
        child::end_with_parent(Signal::KILL)?;
        match role {
            Role::Server(arguments) => server::run(&arguments),
            Role::Hyper(arguments) => floors::hyper::run(&arguments),
            Role::Tonic(arguments) => floors::tonic::run(&arguments),
            Role::Hash(arguments) => floors::report(&arguments, floors::hash::measure),
            Role::Rs256(arguments) => floors::report(&arguments, floors::rs256::measure),
            Role::Saml(arguments) => floors::report(&arguments, floors::saml::measure),
            Role::Store(arguments) => floors::report(&arguments, floors::store::measure),
            Role::Ends(arguments) => floors::report(&arguments, floors::ends::measure),
            Role::Fsync(arguments) => floors::report(&arguments, floors::fsync::measure),
            Role::Foreign(arguments) => child::become_foreign(&arguments),
        }
    }
}
