//! A Python program beside the test. `./test` installs what it needs, and says where.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use vestibule_oauth1::testing::Client;

/// A program of `tests/clients/oauth1` that is running.
pub(crate) struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    pub(crate) fn start(program: &str) -> Self {
        let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/clients/oauth1");
        let mut command = Command::new(python);
        command.arg(program).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    /// A line for a line.
    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{question}").unwrap();
        input.flush().unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?} to {question}"))
    }

    /// All that it says to all that it is told.
    pub(crate) fn answer(mut self, question: &Value) -> Value {
        self.input.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
        let answer = serde_json::from_reader(&mut self.output).unwrap();
        assert!(self.child.wait().unwrap().success());
        answer
    }
}

impl Drop for Peer {
    /// It ends with its input.
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

/// A client's four values, and how it signs.
pub(crate) fn key(client: &Client) -> Value {
    json!({
        "consumer_key": client.consumer_key, "consumer_secret": client.consumer_secret,
        "token": client.token, "token_secret": client.token_secret, "method": client.method.name(),
    })
}
