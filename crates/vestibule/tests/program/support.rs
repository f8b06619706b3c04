//! Starts the binary, talks HTTP/1.1 to it, and ends it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How often is looked for what must come soon, and how many times.
const STEP: Duration = Duration::from_millis(10);
const STEPS: usize = 3_000;

/// What a command, or an answer, takes at the most: beyond it the test has failed.
const LONGEST: Duration = Duration::from_secs(30);

/// What a program that has ended leaves.
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The binary, without the settings of whoever runs the tests.
pub(crate) fn vestibule() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VESTIBULE_"))
    {
        command.env_remove(name);
    }
    command.env_remove("COLUMNS");
    // Hashes as cheap as they may be: these tests are not about their cost.
    command.env("VESTIBULE_HASHING_MEMORY_KIB", "7168").env("VESTIBULE_HASHING_ITERATIONS", "5");
    command.stdin(Stdio::null());
    command
}

/// Runs a command that ends by itself; one that does not is killed, and has no exit code.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let process = Pid::from_child(&child);
    let (done, ended) = mpsc::channel();
    let waiting = thread::spawn(move || {
        let output = child.wait_with_output().unwrap();
        // Nobody waits any more when it was killed.
        let _ = done.send(());
        output
    });
    if ended.recv_timeout(LONGEST).is_err() {
        kill_process(process, Signal::KILL).unwrap();
    }
    let output = waiting.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A folder with files for one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }
}

/// A server at work; killed when dropped.
pub(crate) struct Server {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Server {
    /// `vestibule dev` on free ports.
    pub(crate) fn dev(folder: &Folder) -> Self {
        Self::of(dev(folder), folder, "Ctrl-C stops")
    }

    /// A command that serves, which says this when it does.
    pub(crate) fn of(command: Command, folder: &Folder, greeting: &str) -> Self {
        let server = Self::start(command, folder);
        server.soon("its greeting", |server| server.out().contains(greeting));
        server
    }

    /// The same with further settings, its log going where the test says.
    pub(crate) fn dev_logging_to(folder: &Folder, log: impl Into<Stdio>, settings: &[(&str, &str)]) -> Self {
        let mut command = dev(folder);
        command.envs(settings.iter().copied());
        let server = Self::start_logging_to(command, folder, log.into());
        server.soon("its greeting", |server| server.out().contains("Ctrl-C stops"));
        server
    }

    /// `vestibule serve` on free ports, with further settings.
    pub(crate) fn serve(folder: &Folder, settings: &[(&str, &str)]) -> Self {
        let mut command = vestibule();
        command.arg("serve").env("VESTIBULE_SERVER_DATA_DIR", folder.path("data"));
        command.env("VESTIBULE_SERVER_HTTP", "127.0.0.1:0").env("VESTIBULE_SERVER_ADMIN", "127.0.0.1:0");
        command.envs(settings.iter().copied());
        let server = Self::start(command, folder);
        server.soon("its addresses", |server| server.out().contains("admin  "));
        server
    }

    fn start(command: Command, folder: &Folder) -> Self {
        let err = File::create(folder.path("err")).unwrap();
        Self::start_logging_to(command, folder, err.into())
    }

    fn start_logging_to(mut command: Command, folder: &Folder, log: Stdio) -> Self {
        let (out, err) = (folder.path("out"), folder.path("err"));
        command.stdout(File::create(&out).unwrap()).stderr(log);
        Self { child: command.spawn().unwrap(), out, err }
    }

    /// What it has printed so far.
    pub(crate) fn out(&self) -> String {
        fs::read_to_string(&self.out).unwrap()
    }

    /// What it has logged so far.
    pub(crate) fn err(&self) -> String {
        fs::read_to_string(&self.err).unwrap_or_default()
    }

    /// The address of a listener, as it is printed.
    pub(crate) fn address(&self, listener: &str) -> String {
        let out = self.out();
        let lines = out.lines().map(|line| line.trim_start_matches("# "));
        let mut lines = lines.filter_map(|line| line.split_once(char::is_whitespace));
        let (_, url) = lines.find(|(name, _)| *name == listener).unwrap();
        url.rsplit('/').next().unwrap().to_owned()
    }

    pub(crate) fn get(&self, listener: &str, path: &str) -> Answer {
        ask(&self.address(listener), "GET", path, "", "")
    }

    /// A login to the demo account, or whichever.
    pub(crate) fn log_in(&self, account: &str, user: &str, password: &str) -> Answer {
        let body = serde_json::json!({ "username": user, "password": password }).to_string();
        ask(&self.address("http"), "POST", &format!("/api/account/{account}/login?v=1.3"), "", &body)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it has ended.
    pub(crate) fn end(mut self) -> Outcome {
        let mut code = None;
        for _ in 0..STEPS {
            if let Some(status) = self.child.try_wait().unwrap() {
                code = Some(status.code());
                break;
            }
            thread::sleep(STEP);
        }
        Outcome { code: code.expect("it does not end"), out: self.out(), err: self.err() }
    }

    /// Waits for something that takes a moment.
    pub(crate) fn soon(&self, what: &str, is: impl Fn(&Self) -> bool) {
        for _ in 0..STEPS {
            if is(self) {
                return;
            }
            thread::sleep(STEP);
        }
        panic!("no {what} from the server; out: {} err: {}", self.out(), self.err());
    }

    /// Waits for what a first start does in the background and writes to the audit: the signing key.
    pub(crate) fn wait_for_signing_key(&self) {
        self.soon("signing key", |server| {
            server.get("http", "/.well-known/jwks.json").body.contains("\"kid\"")
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `vestibule dev` on free ports and in the folder's data directory.
pub(crate) fn dev(folder: &Folder) -> Command {
    let mut command = vestibule();
    command.arg("dev").arg("--data-dir").arg(folder.path("data"));
    for listener in ["--http", "--https", "--grpc", "--admin"] {
        command.args([listener, "127.0.0.1:0"]);
    }
    command
}

/// `vestibule apply` on the folder's data directory.
pub(crate) fn apply(folder: &Folder, file: &Path) -> Command {
    let mut command = vestibule();
    command.arg("apply").arg(file).arg("--data-dir").arg(folder.path("data"));
    command
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// One request on a connection of its own.
pub(crate) fn ask(address: &str, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut connection = connect(address);
    connection.write_all(request(method, path, headers, body).as_bytes()).unwrap();
    answer(connection)
}

/// A connection on which nothing is waited for forever.
pub(crate) fn connect(address: &str) -> TcpStream {
    let connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(LONGEST)).unwrap();
    connection.set_write_timeout(Some(LONGEST)).unwrap();
    connection
}

pub(crate) fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    )
}

/// Reads until the other end closes.
pub(crate) fn answer(mut connection: impl Read) -> Answer {
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("no answer");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}
