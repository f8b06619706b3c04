//! The real program as a child process, on free ports.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

/// A running `vestibule dev` or `vestibule serve`. Killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// Where it answers, e.g. `http://127.0.0.1:41233`.
    pub http: String,
    /// The same with TLS; empty when it does not.
    pub https: String,
    /// Where it answers Envoy over gRPC; empty when it does not.
    pub grpc: String,
    /// Where it answers operators.
    pub admin: String,
}

impl Program {
    /// Starts `program` with `arguments`, which have to ask for port 0, and waits until it says where it listens:
    /// lines such as `http   http://127.0.0.1:41233` on standard output, with `# ` before them or not, that of `admin`
    /// the last.
    pub fn start(program: &Path, arguments: &[&str]) -> Self {
        Self::start_with(program, arguments, &[])
    }

    /// The same with settings, each the name of an environment variable and its value.
    pub fn start_with(program: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = Self::command(program);
        command.args(arguments).envs(settings.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("its output");
        let nowhere = String::new;
        let mut started =
            Self { child, http: nowhere(), https: nowhere(), grpc: nowhere(), admin: nowhere() };
        let mut lines = BufReader::new(stdout).lines();
        while started.admin.is_empty() {
            let line = lines.next().expect("the program says where it listens").expect("text");
            started.read_address(&line);
        }
        // What else it says is read on, so that it never waits for us.
        thread::spawn(move || lines.for_each(drop));
        started
    }

    /// `program`, to be given arguments, without the environment variables that are meant for tests: it would take them
    /// for settings.
    pub fn command(program: &Path) -> Command {
        let mut command = Command::new(program);
        let names = std::env::vars_os().map(|(name, _)| name);
        for name in names.filter(|name| name.to_string_lossy().starts_with("VESTIBULE_")) {
            command.env_remove(name);
        }
        command.env("VESTIBULE_LOG_LEVEL", "warn");
        command
    }

    fn read_address(&mut self, line: &str) {
        let mut words = line.trim_start_matches("# ").split_whitespace();
        match (words.next(), words.next()) {
            (Some("http"), Some(address)) => address.clone_into(&mut self.http),
            (Some("https"), Some(address)) => address.clone_into(&mut self.https),
            (Some("grpc"), Some(address)) => address.clone_into(&mut self.grpc),
            (Some("admin"), Some(address)) => address.clone_into(&mut self.admin),
            _ => {}
        }
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it with SIGKILL, as a crash would.
    pub fn kill(mut self) {
        self.child.kill().expect("the program is killed");
        self.child.wait().expect("the program has ended");
    }

    /// Waits until it ends by itself.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("the program ends")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
