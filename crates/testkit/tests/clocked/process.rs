//! A server process and its clock.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A server process and its clock.
pub(crate) struct Clocked {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Where it answers clients.
    pub(crate) http: String,
    /// Where it answers operators.
    pub(crate) admin: String,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
}

impl Clocked {
    /// `background` says whether its background tasks are `running` or `still`.
    pub(crate) fn start(folder: &Path, now: i64, background: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clocked-server"));
        command.arg(folder).arg(now.to_string()).arg(background);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the server starts");
        let input = child.stdin.take().expect("its input");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut started = Self { child, input, output, http: String::new(), admin: String::new(), now };
        let line = started.read();
        let (http, admin) = line.split_once(' ').expect("two addresses");
        (started.http, started.admin) = (http.to_owned(), admin.to_owned());
        started
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a line");
        line.trim().to_owned()
    }

    /// Turns the clock to this time.
    pub(crate) fn turn_to(&mut self, to: i64) {
        writeln!(self.input, "{}", to - self.now).expect("the server listens");
        self.read();
        self.now = to;
    }

    /// Has it write what is in memory.
    pub(crate) fn write(&mut self) {
        writeln!(self.input, "write").expect("the server listens");
        self.read();
    }

    /// Ends it with SIGTERM, as an operator does; the time it had.
    pub(crate) fn stop(mut self) -> i64 {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("the server is told");
        assert!(self.child.wait().expect("the server has ended").success());
        self.now
    }

    /// Ends it with SIGKILL; the time it had.
    pub(crate) fn kill(mut self) -> i64 {
        self.child.kill().expect("the server is killed");
        self.child.wait().expect("the server has ended");
        self.now
    }
}
