//! The command line against a running service: the real binary asks a real `vestibule dev`.

mod accounts;
mod administration;
mod applications;
mod audit;
mod connections;
mod gateway_rules;
mod key_file;
mod login;
mod renewals;
mod rotation;
mod screen;
mod scripted;
mod second_factor;
mod servers;
mod sessions;
mod things;
mod traffic;
mod users;
mod walk;
mod why;

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Folder, Outcome, Server, run, vestibule};

/// A service, and somebody with a folder of their own who asks it.
pub(super) struct Operator {
    pub(super) folder: Folder,
    pub(super) server: Server,
}

impl Operator {
    /// Beside a service, not logged in.
    pub(super) fn stranger() -> Self {
        let folder = Folder::new();
        let server = Server::dev(&folder);
        Self { folder, server }
    }

    /// The first owner, logged in.
    pub(super) fn owner() -> Self {
        let operator = Self::stranger();
        let outcome = operator.log_in("admin-password");
        assert_eq!(outcome.code, Some(0), "{}", outcome.err);
        operator
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.server.address("admin"))
    }

    pub(super) fn log_in(&self, password: &str) -> Outcome {
        let url = self.url();
        self.give(password, &["login", "admin", "--password-stdin", "--server", &url])
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = ask_as(&self.folder);
        command.args(arguments);
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Outcome {
        run(&mut self.command(arguments))
    }

    /// Runs a command that has to work; answers what it printed.
    pub(super) fn ask(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {}", outcome.err);
        outcome.out
    }

    /// The same, as JSON.
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let out = self.ask(&[arguments, &["--json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Runs a command that reads a line from standard input.
    pub(super) fn give(&self, line: &str, arguments: &[&str]) -> Outcome {
        give(&mut self.command(arguments), line)
    }

    /// A session of a user of the demo account; answers its reference and its bearer.
    pub(super) fn session_of(&self, user: &str, password: &str) -> (String, String) {
        let login = self.server.log_in("12345678", user, password).json();
        let listed = self.json(&["session", "list", "--account", "12345678", "--user", user]);
        let reference = listed[0]["reference"].as_str().unwrap().to_owned();
        (reference, login["bearer"].as_str().unwrap().to_owned())
    }
}

/// A command of somebody whose configuration is in this folder.
pub(super) fn ask_as(folder: &Folder) -> Command {
    let mut command = vestibule();
    command.env("XDG_CONFIG_HOME", folder.path("config"));
    command
}

/// Runs a command with a line on its standard input.
pub(super) fn give(command: &mut Command, line: &str) -> Outcome {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    // Whoever refuses at once does not read.
    let _ = child.stdin.take().unwrap().write_all(format!("{line}\n").as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
