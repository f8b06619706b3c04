//! The benches, one file each, and what they have in common: the plan, and floor and subject taking turns.
//!
//! A new bench is a file with a `BENCH`, and a line in `ALL`. One that is compared with nothing gives a row without a
//! floor.

mod check;
pub(crate) mod key_login;
mod login;
mod refresh;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use vestibule_crypto::TokenKeys;
use vestibule_model::Session;

use crate::child::Server;
use crate::figures::Round;
use crate::fixture::Fixture;
use crate::options::Options;
use crate::report::{Compared, Parameters, Row};
use crate::{cpu, screen};

/// Something to measure.
pub(crate) struct Bench {
    /// What to call it on the command line.
    pub(crate) name: &'static str,
    /// Measures it.
    pub(crate) run: fn(&Plan) -> Result<Row>,
}

/// Every bench, in the order of the table.
const ALL: [Bench; 4] = [login::BENCH, key_login::BENCH, refresh::BENCH, check::BENCH];

/// What can be asked for.
pub(crate) fn names() -> [&'static str; ALL.len()] {
    ALL.map(|bench| bench.name)
}

/// Those that were asked for; all, if none was.
pub(crate) fn chosen(names: &[String]) -> impl Iterator<Item = Bench> {
    ALL.into_iter().filter(|bench| names.is_empty() || names.iter().any(|name| name == bench.name))
}

/// The service with live sessions, each of a user of its own.
struct Serving {
    server: Server,
    sessions: Vec<Session>,
    tokens: TokenKeys,
    /// Holds the data; removed when dropped.
    _folder: TempDir,
}

impl Serving {
    fn sessions(plan: &Plan, count: usize) -> Result<Self> {
        let folder = plan.new_folder()?;
        let fixture = Fixture::people(count)?;
        let sessions = fixture.sessions();
        block_on(fixture.write(folder.path(), &sessions))?;
        let server = Server::vestibule(plan, folder.path(), &fixture)?;
        Ok(Self { server, sessions, tokens: TokenKeys::derive(&fixture.master), _folder: folder })
    }
}

/// How to measure.
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    pub(crate) span: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) connections: u32,
    pub(crate) server_cpu: usize,
    pub(crate) load_cpu: usize,
    pub(crate) directory: PathBuf,
}

impl Plan {
    /// What the command line says, and the cores of this process for what it does not.
    pub(crate) fn of(options: &Options) -> Result<Self> {
        let cores = cpu::usable()?;
        let first = cores.first().copied().unwrap_or(0);
        let second = cores.get(1).copied().unwrap_or(first);
        ensure!(options.seconds > 0.0 && options.seconds < 3_600.0, "--seconds is a time of up to an hour");
        let span = Duration::from_secs_f64(options.seconds);
        let plan = Self {
            rounds: options.rounds,
            span,
            warm_up: span / 4,
            connections: options.connections,
            server_cpu: options.server_cpu.unwrap_or(first),
            load_cpu: options.load_cpu.unwrap_or(second),
            directory: options.directory.clone().unwrap_or_else(std::env::temp_dir),
        };
        if plan.server_cpu == plan.load_cpu {
            screen::note("server and load share a core: rates are too low, only ratios mean something");
        }
        Ok(plan)
    }

    /// A folder for a database, removed when dropped.
    pub(crate) fn new_folder(&self) -> Result<TempDir> {
        let folder = tempfile::Builder::new().prefix("vestibule-bench-").tempdir_in(&self.directory);
        folder.with_context(|| format!("cannot make a folder in {}", self.directory.display()))
    }

    /// The parameters as they are printed.
    pub(crate) fn parameters(&self) -> Parameters {
        Parameters {
            rounds: self.rounds,
            seconds: self.span.as_secs_f64(),
            connections: self.connections,
            argon2: format!("{}", vestibule_crypto::Argon2Params::default()),
            engine: vestibule_crypto::Engine::default().name(),
            hash_threads: 1,
            people: login::PEOPLE,
            bots: key_login::BOTS,
            sessions: refresh::SESSIONS,
        }
    }
}

/// Measures floor and subject in turns, so that what else happens on the machine meets both.
fn take_turns(
    plan: &Plan,
    name: &str,
    floor: impl Fn() -> Result<Round>,
    subject: impl Fn() -> Result<Round>,
) -> Result<Vec<Compared>> {
    (1..=plan.rounds)
        .map(|number| {
            let pair = Compared { floor: floor()?, subject: subject()? };
            let (below, above) = (pair.floor.per_second(), pair.subject.per_second());
            screen::note(format_args!(
                "{name}, round {number} of {}: floor {below:.0}/s, subject {above:.0}/s, ratio {:.2}",
                plan.rounds,
                above / below
            ));
            Ok(pair)
        })
        .collect()
}

/// Writes what is not measured, on a runtime that ends with it.
fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
