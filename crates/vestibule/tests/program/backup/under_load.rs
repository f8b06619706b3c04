//! A backup that is taken while clients log in and out, and what the service that is restored from it answers.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::process::Signal;
use vestibule_crypto::AuditKey;
use vestibule_store::{DirectoryRows, Store};
use vestibule_store_sqlite::SqliteStore;

use super::{ACCOUNT, done, restore, serve_restored};
use crate::support::{Answer, Folder, Server, apply, ask, run, vestibule};

const CLIENTS: usize = 6;

/// An account beside the demo account, whose bot may have any number of sessions.
const BUSY: &str = r#"
[[account]]
id = "busy"
features = ["User Type - Bot"]
session_policy = { concurrency = { many = { limit = 0, when-full = "refuse" } } }
[[account.api_key]]
name = "key"
privileges = ["user-login"]
app_key = "0123456789abcdef0123456789abcdef"
secret = "0123456789abcdef"
access_token = "fedcba9876543210fedcba9876543210"
access_token_secret = "fedcba9876543210"
[[account.user]]
login_name = "bot"
kind = "bot"
allowed_app_key = "key"
"#;

const BOT: &str = r#"{"username":"bot","appKey":"0123456789abcdef0123456789abcdef","secret":"0123456789abcdef","accessToken":"fedcba9876543210fedcba9876543210","accessTokenSecret":"fedcba9876543210"}"#;

/// A session as its client knows it.
#[derive(Clone)]
struct Session {
    account: &'static str,
    cookie: String,
    csrf: String,
}

impl Session {
    fn of(account: &'static str, login: &Answer) -> Self {
        assert_eq!(login.status, 200, "{}", login.body);
        let body = login.json();
        let text = |key: &str| body[key].as_str().unwrap().to_owned();
        Self { account, cookie: text("sessionId"), csrf: text("csrf") }
    }

    fn bot(address: &str) -> Self {
        Self::of("busy", &ask(address, "POST", "/api/account/busy/login?v=1.3", "", BOT))
    }

    /// The status of a refresh or a logout.
    fn ask(&self, address: &str, operation: &str) -> u16 {
        let path = format!("/api/account/{}/{operation}?v=1.3", self.account);
        let cookie = format!("cookie: session_id={}\r\n", self.cookie);
        let body = serde_json::json!({ "csrf": self.csrf }).to_string();
        ask(address, "POST", &path, &cookie, &body).status
    }
}

/// What was answered to the clients, in either list from then on.
#[derive(Clone, Default)]
struct Acknowledged {
    alive: Vec<Session>,
    ended: Vec<Session>,
}

/// The demo account and the busy one, served.
fn served(folder: &Folder) -> Server {
    let server = Server::dev(folder);
    done(&run(&mut apply(folder, &folder.file("busy.toml", BUSY))));
    let log_in = |server: &Server| ask(&server.address("http"), "POST", "/api/account/busy/login", "", BOT);
    server.soon("the busy account", |server| log_in(server).status == 200);
    server
}

/// Logs in and, every other time, out again.
fn drive(address: &str, acknowledged: &Mutex<Acknowledged>, turn: usize) {
    let session = Session::bot(address);
    if turn.is_multiple_of(2) {
        acknowledged.lock().unwrap().alive.push(session);
    } else {
        assert_eq!(session.ask(address, "logout"), 200);
        acknowledged.lock().unwrap().ended.push(session);
    }
}

fn backup_over(folder: &Folder, file: &Path) {
    let mut command = vestibule();
    command.arg("backup").arg(file).arg("--overwrite").arg("--data-dir").arg(folder.path("data"));
    done(&run(&mut command));
}

/// Takes a backup while clients log in and out, and stops the server. Gives what was acknowledged before the backup
/// began.
fn backed_up_under_load() -> (Folder, Acknowledged) {
    let folder = Folder::new();
    let server = served(&folder);
    let address = server.address("http");
    let (stop, turns) = (AtomicBool::new(false), AtomicUsize::new(0));
    let acknowledged = Mutex::new(Acknowledged::default());
    let person = |user, password| Session::of(ACCOUNT, &server.log_in(ACCOUNT, user, password));
    let left = person("name", "password");
    assert_eq!(left.ask(&address, "logout"), 200);
    acknowledged.lock().unwrap().alive.push(person("agent", "agent-password"));
    acknowledged.lock().unwrap().ended.push(left);
    let before = thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    drive(&address, &acknowledged, turns.fetch_add(1, Ordering::Relaxed));
                }
            });
        }
        server.soon("load", |_| turns.load(Ordering::Relaxed) > 50);
        let before = loop {
            let (before, begun) = (acknowledged.lock().unwrap().clone(), turns.load(Ordering::Relaxed));
            backup_over(&folder, &folder.path("backup"));
            // Else it was no backup under load.
            if turns.load(Ordering::Relaxed) > begun + CLIENTS {
                break before;
            }
        };
        stop.store(true, Ordering::Relaxed);
        before
    });
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
    (folder, before)
}

/// What a stopped service's directory holds.
fn directory(folder: &Folder, data: &str) -> DirectoryRows {
    let key = fs::read_to_string(folder.path(data).join("master.key")).unwrap();
    let key = vestibule_crypto::MasterKey::from_hex(&key).unwrap();
    let store = SqliteStore::open(
        &folder.path(data).join("vestibule.db"),
        key.check_value(),
        Arc::new(AuditKey::derive(&key)),
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.directory()).unwrap()
}

#[test]
fn what_was_backed_up_under_load_answers_as_the_first_did() {
    let (folder, before) = backed_up_under_load();
    done(&restore(&folder, &["--keep-sessions"]));
    assert_eq!(directory(&folder, "restored"), directory(&folder, "data"));
    let server = serve_restored(&folder);
    let address = server.address("http");
    for session in &before.alive {
        assert_eq!(session.ask(&address, "refresh"), 200, "it was acknowledged before the backup began");
    }
    for session in &before.ended {
        assert_eq!(session.ask(&address, "refresh"), 401, "it was ended before the backup began");
    }
    assert_eq!(server.log_in(ACCOUNT, "name", "password").status, 200);
    assert_eq!(server.log_in(ACCOUNT, "name", "wrong").status, 401);
    assert_eq!(Session::bot(&address).ask(&address, "refresh"), 200);
}

#[test]
fn s3_sessions_end_with_a_restore_unless_they_are_kept() {
    let (folder, before) = backed_up_under_load();
    let outcome = restore(&folder, &[]);
    assert!(outcome.out.contains("sessions ended: everybody logs in anew"), "{}", outcome.out);
    let server = serve_restored(&folder);
    for session in before.alive.iter().chain(&before.ended) {
        assert_eq!(session.ask(&server.address("http"), "refresh"), 401);
    }
    assert_eq!(server.log_in(ACCOUNT, "agent", "agent-password").status, 200);
}
