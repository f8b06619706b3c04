//! Starting this program again as what is measured, and talking to it.
//!
//! A server is told its data on the command line and its master key on standard input, says where it listens, and
//! ends when its standard input does, so that none outlives the bench. A floor that is no server measures itself and
//! says what it found.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::benches::Plan;
use crate::figures::Round;
use crate::screen;

/// What a server says before the address that it listens on.
const LISTENING: &str = "listening on ";

/// A server that runs as a child; ended when dropped.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// The service on the data of a folder, with its log in the same folder.
    pub(crate) fn vestibule(plan: &Plan, folder: &Path, fixture: &crate::fixture::Fixture) -> Result<Self> {
        let log = folder.join("server.log");
        let mut command = this_program(plan, "server")?;
        command
            .arg("--data")
            .arg(folder)
            .stderr(File::create(&log).context("cannot write the server's log")?);
        Self::start(command, &fixture.master.to_hex()).with_context(|| {
            format!("the server did not start: {}", std::fs::read_to_string(&log).unwrap_or_default())
        })
    }

    /// Bare hyper.
    pub(crate) fn hyper(plan: &Plan) -> Result<Self> {
        Self::start(this_program(plan, "hyper")?, "").context("bare hyper did not start")
    }

    fn start(mut command: Command, key: &str) -> Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.as_mut().context("no standard input")?;
        writeln!(input, "{key}")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no standard output")?).read_line(&mut line)?;
        let address = line.trim().strip_prefix(LISTENING).context("it does not say where it listens")?;
        Ok(Self { address: address.parse()?, process })
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing that it could still write is wanted; if it has ended by itself there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// For the child: says where it listens.
pub(crate) fn say_listening(address: SocketAddr) {
    screen::print(format_args!("{LISTENING}{address}"));
}

/// Runs a floor that measures itself, in a folder of its own.
pub(crate) fn measure_floor(plan: &Plan, role: &str) -> Result<Round> {
    let folder = plan.new_folder()?;
    let mut command = this_program(plan, role)?;
    command.arg("--data").arg(folder.path());
    command.arg("--seconds").arg(plan.span.as_secs_f64().to_string());
    command.arg("--warm-up").arg(plan.warm_up.as_secs_f64().to_string());
    command.arg("--tasks").arg(plan.connections.to_string());
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the floor `{role}` failed");
    serde_json::from_slice(&output.stdout).with_context(|| format!("the floor `{role}` says nothing of use"))
}

fn this_program(plan: &Plan, role: &str) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
    command.args(["child", role, "--core", &plan.server_cpu.to_string()]);
    Ok(command)
}
