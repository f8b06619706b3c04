//! How to measure: what the command line says, and what is kept between the benches of a run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::benches::{key_login, login, refresh};
use crate::data::{Instance, Size};
use crate::options::Options;
use crate::report::Parameters;
use crate::{cpu, screen};

/// From so many sessions on, memory and start are measured at every size that was asked for.
const LARGE: usize = 1_000_000;

/// How to measure.
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    pub(crate) span: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) connections: u32,
    pub(crate) server_cpu: usize,
    pub(crate) load_cpu: usize,
    pub(crate) directory: PathBuf,
    /// How many sessions live, from the fewest to the most.
    pub(crate) sizes: Vec<usize>,
    instances: RefCell<BTreeMap<Size, Rc<Instance>>>,
}

impl Plan {
    /// What the command line says, and the cores of this process for what it does not.
    pub(crate) fn of(options: &Options) -> Result<Self> {
        let cores = cpu::usable()?;
        let first = cores.first().copied().unwrap_or(0);
        let second = cores.get(1).copied().unwrap_or(first);
        ensure!(options.seconds > 0.0 && options.seconds < 3_600.0, "--seconds is a time of up to an hour");
        let span = Duration::from_secs_f64(options.seconds);
        let mut sizes: Vec<usize> = options.sessions.iter().map(|size| *size as usize).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let plan = Self {
            rounds: options.rounds,
            span,
            warm_up: span / 4,
            connections: options.connections,
            server_cpu: options.server_cpu.unwrap_or(first),
            load_cpu: options.load_cpu.unwrap_or(second),
            directory: options.directory.clone().unwrap_or_else(std::env::temp_dir),
            sizes,
            instances: RefCell::default(),
        };
        if plan.server_cpu == plan.load_cpu {
            screen::note("server and load share a core: rates are too low, only ratios mean something");
        }
        Ok(plan)
    }

    /// The fewest sessions that were asked for.
    pub(crate) fn smallest(&self) -> usize {
        self.sizes.first().copied().unwrap_or(1)
    }

    /// The most sessions that were asked for.
    pub(crate) fn largest(&self) -> usize {
        self.sizes.last().copied().unwrap_or(1)
    }

    /// The sizes at which memory and start are measured: a million and more, or else the largest.
    pub(crate) fn large(&self) -> Vec<usize> {
        let large: Vec<usize> = self.sizes.iter().copied().filter(|size| *size >= LARGE).collect();
        if large.is_empty() { vec![self.largest()] } else { large }
    }

    /// The data of a size, which is written when it is asked for first, and kept until the run ends.
    pub(crate) fn instance(&self, size: Size) -> Result<Rc<Instance>> {
        if let Some(instance) = self.instances.borrow().get(&size) {
            return Ok(Rc::clone(instance));
        }
        let instance = Rc::new(Instance::build(self.new_folder()?, size)?);
        self.instances.borrow_mut().insert(size, Rc::clone(&instance));
        Ok(instance)
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
            refreshed: refresh::SESSIONS,
            sessions: self.sizes.clone(),
        }
    }
}
