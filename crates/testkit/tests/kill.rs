//! Kills a process between the use of a session and the batch that would have written it.
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed, and says where")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use reqwest::Client;
use serde_json::{Value, json};
use vestibule_testkit::TOKEN;

const BEGUN: i64 = 1_474_549_184_722;
const IDLE: i64 = 2 * 60 * 60 * 1_000;
/// How far the last use may be ahead of the one that is written, in milliseconds.
const LAG: i64 = 30_000;

/// A server process and its clock.
struct Clocked {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    http: String,
    now: i64,
}

impl Clocked {
    fn start(folder: &Path, now: i64) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clocked-server"));
        command.arg(folder).arg(now.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let input = child.stdin.take().expect("its input");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut started = Self { child, input, output, http: String::new(), now };
        started.http = started.read();
        started
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a line");
        line.trim().to_owned()
    }

    /// Turns the clock to this long after the beginning.
    fn turn_to(&mut self, since_begun: i64) {
        let to = BEGUN + since_begun;
        writeln!(self.input, "{}", to - self.now).expect("the server listens");
        self.read();
        self.now = to;
    }

    /// Has it write the last uses that have moved far enough.
    fn flush(&mut self) {
        writeln!(self.input, "flush").expect("the server listens");
        self.read();
    }

    /// Ends it with SIGKILL; the time it had.
    fn kill(mut self) -> i64 {
        self.child.kill().expect("the server is killed");
        self.child.wait().expect("the server has ended");
        self.now
    }

    async fn log_in(&self, client: &Client) -> String {
        let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
        let request = client.post(format!("{}/session/login", self.http)).header("LV-Access", TOKEN);
        let answer: Value = request.json(&body).send().await.expect("an answer").json().await.expect("JSON");
        answer["sessionId"].as_str().expect("a session").to_owned()
    }

    async fn is_used(&self, client: &Client, session: &str) -> bool {
        let request = client.get(format!("{}/session/sessions?count=1&offset=0", self.http));
        request.header("LV-Session", session).send().await.expect("an answer").status() == 200
    }

    async fn is_valid(&self, client: &Client, session: &str) -> bool {
        let request = client.get(format!("{}/session/validate/{session}", self.http));
        request.send().await.expect("an answer").status() == 204
    }
}

#[tokio::test]
async fn a_use_that_was_not_written_ends_no_session_early_and_prolongs_none_beyond_the_lag() {
    let folder = tempfile::tempdir().expect("a folder");
    let client = Client::builder().no_proxy().build().expect("a client");

    let mut server = Clocked::start(folder.path(), BEGUN);
    let session = server.log_in(&client).await;
    let used_at = LAG - 1;
    server.turn_to(used_at);
    assert!(server.is_used(&client, &session).await);
    let now = server.kill();

    let mut server = Clocked::start(folder.path(), now);
    server.turn_to(used_at + IDLE - 1);
    assert!(server.is_valid(&client, &session).await, "it ended early");
    server.turn_to(used_at + IDLE + LAG);
    assert!(!server.is_valid(&client, &session).await, "it lives beyond the bound");
}

#[tokio::test]
async fn two_crashes_in_a_row_end_no_session_early_that_was_used_between_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let client = Client::builder().no_proxy().build().expect("a client");

    let mut server = Clocked::start(folder.path(), BEGUN);
    let session = server.log_in(&client).await;
    server.turn_to(LAG - 1);
    assert!(server.is_used(&client, &session).await);
    let now = server.kill();

    let mut server = Clocked::start(folder.path(), now);
    let used_at = LAG + 1_000;
    server.turn_to(used_at);
    assert!(server.is_used(&client, &session).await);
    server.flush();
    let now = server.kill();

    let mut server = Clocked::start(folder.path(), now);
    server.turn_to(used_at + IDLE - 1);
    assert!(server.is_valid(&client, &session).await, "it ended early");
    server.turn_to(used_at + IDLE + LAG);
    assert!(!server.is_valid(&client, &session).await, "it lives beyond the bound");
}
