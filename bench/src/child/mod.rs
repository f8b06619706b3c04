//! Starting what is measured, as a process of its own on its core, and talking to it.
//!
//! Mostly this program started again. A server is told its data on the command line and its master key on standard
//! input, says where it listens, and ends when its standard input does or its parent is gone, so that none outlives the
//! bench. A floor that is no server measures itself and says what it found. Programs of others are in `foreign`.

mod foreign;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};

use crate::figures::Round;
use crate::fixture::Fixture;
use crate::floors::hyper::{Scheduler, Version};
use crate::plan::Plan;
use crate::{cpu, screen, timing};

pub(crate) use foreign::{Arguments as ForeignArguments, Foreign, find, free_address, run as become_foreign};

/// What a server says before the address that it listens on.
const LISTENING: &str = "listening on ";

/// What the service says when every session is in its table.
const LOADED: &str = "loaded";

/// How often it is looked whether a server is busy; how long it must not be; and when patience ends.
const SETTLING: Duration = Duration::from_millis(200);
const SETTLED: Duration = Duration::from_millis(2_200);
const SETTLED_AT_LAST: Duration = Duration::from_secs(20);

/// What is loaded, and whose processor time counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) process: u32,
}

/// A server that runs as a child; ended when dropped.
pub(crate) struct Server {
    process: Child,
    says: Lines<BufReader<ChildStdout>>,
    /// Where it listens; the service for Envoy, too.
    addresses: Vec<SocketAddr>,
}

impl Server {
    /// The service on the data of a folder, complete: every session is in its table.
    pub(crate) fn vestibule(plan: &Plan, folder: &Path, fixture: &Fixture) -> Result<Self> {
        let mut server = Self::vestibule_that_loads(plan, folder, fixture)?;
        server.wait_until_loaded()?;
        Ok(server)
    }

    /// The same, that started so long ago, as it sees it.
    pub(crate) fn vestibule_started_ago(
        plan: &Plan,
        folder: &Path,
        fixture: &Fixture,
        ago: Duration,
    ) -> Result<Self> {
        let mut server = Self::service(plan, folder, fixture, ago)?;
        server.wait_until_loaded()?;
        Ok(server)
    }

    /// The service on the data of a folder, as soon as it listens. Its log is in the same folder.
    pub(crate) fn vestibule_that_loads(plan: &Plan, folder: &Path, fixture: &Fixture) -> Result<Self> {
        Self::service(plan, folder, fixture, Duration::ZERO)
    }

    fn service(plan: &Plan, folder: &Path, fixture: &Fixture, started_ago: Duration) -> Result<Self> {
        let log = folder.join("server.log");
        let mut command = this_program(plan, "server")?;
        command
            .arg("--data")
            .arg(folder)
            .args(["--started-ago", &started_ago.as_secs().to_string()])
            .stderr(File::create(&log).context("cannot write the server's log")?);
        Self::start(command, &fixture.master.to_hex()).with_context(|| {
            format!("the server did not start: {}", std::fs::read_to_string(&log).unwrap_or_default())
        })
    }

    /// Bare hyper.
    pub(crate) fn hyper(plan: &Plan) -> Result<Self> {
        Self::start(this_program(plan, "hyper")?, "").context("bare hyper did not start")
    }

    /// Bare hyper that answers with the headers of the answer in a file.
    pub(crate) fn hyper_answering(plan: &Plan, answer: &Path) -> Result<Self> {
        let mut command = this_program(plan, "hyper")?;
        command.arg("--answer").arg(answer);
        Self::start(command, "").context("bare hyper did not start")
    }

    /// Bare hyper on this runtime, that speaks this version, over TLS if there is a folder with a certificate.
    pub(crate) fn hyper_as(
        plan: &Plan,
        scheduler: Scheduler,
        version: Version,
        certificate: Option<&Path>,
    ) -> Result<Self> {
        let mut command = this_program(plan, "hyper")?;
        command.args(["--scheduler", scheduler.name(), "--version", version.name()]);
        if let Some(folder) = certificate {
            command.arg("--tls").arg(folder);
        }
        Self::start(command, "").context("bare hyper did not start")
    }

    /// A bare tonic that answers every check with the message of a file.
    pub(crate) fn tonic(plan: &Plan, answer: &Path) -> Result<Self> {
        let mut command = this_program(plan, "tonic")?;
        command.arg("--answer").arg(answer);
        Self::start(command, "").context("bare tonic did not start")
    }

    fn start(mut command: Command, key: &str) -> Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.as_mut().context("no standard input")?;
        writeln!(input, "{key}")?;
        let mut says = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        let line = says.next().context("it ended")??;
        let said = line.strip_prefix(LISTENING).context("it does not say where it listens")?;
        let addresses = said.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { process, says, addresses })
    }

    /// Waits until it says that every session is in its table.
    pub(crate) fn wait_until_loaded(&mut self) -> Result<()> {
        let line = self.says.next().context("the server ended while it loaded")??;
        ensure!(line == LOADED, "the server says `{line}` instead of `{LOADED}`");
        Ok(())
    }

    /// The server as something to load.
    pub(crate) fn target(&self) -> Target {
        self.target_at(0)
    }

    /// The service as something that Envoy asks over gRPC.
    pub(crate) fn target_for_envoy(&self) -> Target {
        self.target_at(1)
    }

    fn target_at(&self, listener: usize) -> Target {
        Target { address: self.addresses[listener], process: self.process.id() }
    }

    /// Stops it: whatever it does in the background does not disturb those whose turn it is.
    pub(crate) fn rest(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    pub(crate) fn wake(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Waits until it has written what was used: until it does next to nothing for longer than it lets that wait.
    pub(crate) fn settle(&self) -> Result<()> {
        let begun = timing::now();
        let (mut quiet_since, mut before) = (Duration::ZERO, cpu::time_of(self.process.id())?);
        while begun.elapsed() < SETTLED_AT_LAST && begun.elapsed() < quiet_since + SETTLED {
            std::thread::sleep(SETTLING);
            let now = cpu::time_of(self.process.id())?;
            if now > before + SETTLING / 10 {
                quiet_since = begun.elapsed();
            }
            before = now;
        }
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.process), signal).context("cannot signal the server")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing that it could still write is wanted; if it has ended by itself there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// For the child: ends by this signal when the bench is gone, however that ended; one that rests would not notice.
pub(crate) fn end_with_parent(signal: Signal) -> Result<()> {
    set_parent_process_death_signal(Some(signal)).context("cannot follow the bench to its end")
}

/// For the child: says where it listens.
pub(crate) fn say_listening(addresses: &[SocketAddr]) {
    let addresses: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    screen::print(format_args!("{LISTENING}{}", addresses.join(" ")));
}

/// For the child: says that every session is in its table.
pub(crate) fn say_loaded() {
    screen::print(LOADED);
}

/// What the load's core does while a floor measures itself. Cores share caches, and often more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    /// Nothing, as while one request is made at a time.
    None,
    /// It never sleeps, as while it loads a server.
    Load,
}

/// Runs a floor that measures itself, in a folder of its own.
pub(crate) fn measure_floor(plan: &Plan, role: &str, company: Company) -> Result<Round> {
    let folder = plan.new_folder()?;
    let mut command = this_program(plan, role)?;
    command.arg("--data").arg(folder.path());
    command.arg("--seconds").arg(plan.span.as_secs_f64().to_string());
    command.arg("--warm-up").arg(plan.warm_up.as_secs_f64().to_string());
    command.arg("--tasks").arg(plan.connections.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut process = command.spawn()?;
    if company == Company::Load && plan.server_cpu != plan.load_cpu {
        while process.try_wait()?.is_none() {}
    }
    let output = process.wait_with_output()?;
    ensure!(output.status.success(), "the floor `{role}` failed");
    serde_json::from_slice(&output.stdout).with_context(|| format!("the floor `{role}` says nothing of use"))
}

fn this_program(plan: &Plan, role: &str) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
    command.args(["child", role, "--core", &plan.server_cpu.to_string()]);
    Ok(command)
}
