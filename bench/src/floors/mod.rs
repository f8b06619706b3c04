//! The floors: what one part alone would allow, with nothing around it. Each runs in a process of its own, on the
//! core that the service has in its turn.

pub(crate) mod ends;
mod entries;
pub(crate) mod fsync;
pub(crate) mod hash;
pub(crate) mod hyper;
pub(crate) mod nginx;
pub(crate) mod redis;
pub(crate) mod rs256;
pub(crate) mod saml;
pub(crate) mod store;
pub(crate) mod tonic;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::figures::Round;
use crate::{cpu, screen};

/// What a floor is told that measures itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The only core to run on.
    #[arg(long)]
    core: usize,
    /// An empty folder.
    #[arg(long)]
    data: PathBuf,
    /// How long to measure.
    #[arg(long)]
    seconds: f64,
    /// How long to work before that.
    #[arg(long)]
    warm_up: f64,
    /// How many tasks work at once.
    #[arg(long)]
    tasks: usize,
}

impl Arguments {
    fn span(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up)
    }
}

/// What the raw hashing is called in tables.
pub(crate) const HASH: &str = "raw hashing";

/// What bare signatures are called in tables.
pub(crate) const RS256: &str = "bare RS256 signatures";

/// What bare verifications of responses are called in tables.
pub(crate) const SAML: &str = "bare verification of the same response";

/// What the commits of logouts are called in tables.
pub(crate) const ENDS: &str = "the store alone, ends of sessions";

/// What the commits of the store are called in tables.
pub(crate) const STORE: &str = "the store alone";

/// Measures, and tells the parent.
pub(crate) fn report(arguments: &Arguments, measure: fn(&Arguments) -> Result<Round>) -> Result<()> {
    cpu::pin(arguments.core)?;
    let round = measure(arguments)?;
    screen::print(serde_json::to_string(&round)?);
    Ok(())
}
