//! Programs of others, as floors: found, never installed; started on the core of what is measured; ended with the bench.
//!
//! They cannot be asked to watch their standard input. So this program is started, takes the core, tells the system to
//! end it when its parent is gone, and becomes the other program.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::{Target, end_with_parent, this_program};
use crate::plan::Plan;
use crate::report::Missing;
use crate::{cpu, timing};

/// Where to look besides the path: Debian has nginx where only the administrator's leads.
const FOLDERS: [&str; 2] = ["/usr/local/sbin", "/usr/sbin"];

/// How long a program may take until it listens.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the child is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The only core to run on.
    #[arg(long)]
    core: usize,
    /// The program.
    program: PathBuf,
    /// What it is told.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    told: Vec<String>,
}

/// For the child: becomes the program.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    cpu::pin(arguments.core)?;
    end_with_parent(Signal::TERM)?;
    let error = Command::new(&arguments.program).args(&arguments.told).exec();
    Err(error).with_context(|| format!("cannot run {}", arguments.program.display()))
}

/// The program of this name, or which package to install for the floor.
pub(crate) fn find(what: &'static str, name: &str, package: &str) -> Result<PathBuf, Missing> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(FOLDERS.iter().map(PathBuf::from));
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| Missing {
        what,
        why: format!("there is no `{name}` here; Debian has it in the package `{package}`"),
    })
}

/// A server of others that runs as a child; ended when dropped.
pub(crate) struct Foreign {
    process: Child,
    address: SocketAddr,
}

impl Foreign {
    /// Starts a program that listens on this address; what it says goes into a file.
    pub(crate) fn start(
        plan: &Plan,
        program: &Path,
        arguments: &[&str],
        (address, log): (SocketAddr, &Path),
    ) -> Result<Self> {
        let mut command = this_program(plan, "foreign")?;
        let output = File::create(log)?;
        command.arg(program).args(arguments);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let mut foreign = Self { process: command.spawn()?, address };
        foreign.wait_until_it_listens().with_context(|| {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            format!("{} did not start: {said}", program.display())
        })?;
        Ok(foreign)
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let begun = timing::now();
        while TcpStream::connect(self.address).is_err() {
            ensure!(self.process.try_wait()?.is_none(), "it ended");
            if begun.elapsed() > PATIENCE {
                bail!("it does not listen");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// The program as something to load; its own processor time counts.
    pub(crate) fn target(&self) -> Target {
        Target { address: self.address, process: self.process.id() }
    }

    /// The same, where the work is done by the only child of the process.
    pub(crate) fn target_of_its_worker(&self) -> Result<Target> {
        let process = cpu::child_of(self.process.id())?;
        Ok(Target { address: self.address, process })
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // If it has ended by itself there is nothing to do.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }
}

/// An address of the loopback that nobody listens on now.
pub(crate) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(listener.local_addr()?)
}
