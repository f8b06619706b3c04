//! The master key rotates while every kind of client is at work: nobody is logged out, nothing stops working, and the old
//! generation is retired when nothing depends on it. `docs/operations/master-key.md` tells operators the same steps.

mod backups;
mod key_file;
mod retiring;

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;

use rustix::process::Signal;
use serde_json::{Value, json};

use self::retiring::retired;
use super::Operator;
use crate::support::{Answer, Folder, Server, answer, apply, ask, connect, request, run, vestibule};

const DEMO: &str = "12345678";

/// An account whose users may have any number of sessions.
const BUSY: &str = "rotating";

const PERSON: &str = r#"{"username":"person","password":"a person's password 1"}"#;

const WEB: &str = r#"
[[account]]
id = "rotating"
features = ["User Type - Bot"]
session_policy = { concurrency = { many = { limit = 0, when-full = "refuse" } } }
[[account.oauth_client]]
name = "web"
client_id = "web-client"
secret = "0123456789abcdef0123456789abcdef"
privileges = ["user-login"]
[[account.api_key]]
name = "key"
privileges = ["user-login"]
app_key = "0123456789abcdef0123456789abcdef"
secret = "0123456789abcdef"
access_token = "fedcba9876543210fedcba9876543210"
access_token_secret = "fedcba9876543210"
[[account.user]]
login_name = "person"
password = "a person's password 1"
[[account.user]]
login_name = "bot"
kind = "bot"
allowed_app_key = "0123456789abcdef0123456789abcdef"
[[account.user]]
login_name = "web"
kind = "bot"
allowed_app_key = "web-client"
"#;

const BOT: &str = r#"{"username":"bot","appKey":"0123456789abcdef0123456789abcdef","secret":"0123456789abcdef","accessToken":"fedcba9876543210fedcba9876543210","accessTokenSecret":"fedcba9876543210"}"#;

const CLIENT: &str = r#"{"username":"web","appKey":"web-client","secret":"0123456789abcdef0123456789abcdef","accessToken":"dummy","accessTokenSecret":"dummy"}"#;

const AGENT: &str = r#"{"clientName":"DEMO","userName":"agent1","password":"agent1-password","agent":true}"#;

/// The application tokens of the demo account.
const TOKENS: [&str; 2] = ["a0009999bcbc00001111000000000000", "b0009999bcbc00001111000000000000"];

/// Where the service is now. Whoever asks it holds this in part; who starts it anew, as a whole.
struct Addresses {
    http: String,
    admin: String,
}

/// A session as its client knows it.
struct Session {
    account: &'static str,
    bearer: String,
    cookie: String,
    csrf: String,
}

impl Session {
    fn of(account: &'static str, login: &Answer) -> Self {
        assert_eq!(login.status, 200, "{}", login.body);
        let body = login.json();
        let text = |key: &str| body[key].as_str().unwrap().to_owned();
        Self { account, bearer: text("bearer"), cookie: text("sessionId"), csrf: text("csrf") }
    }

    fn check(&self, http: &str) -> u16 {
        ask(http, "GET", "/gateway/check", &format!("authorization: Bearer {}\r\n", self.bearer), "").status
    }

    fn post(&self, http: &str, operation: &str) -> u16 {
        let path = format!("/api/account/{}/{operation}?v=1.3", self.account);
        let cookie = format!("cookie: session_id={}\r\n", self.cookie);
        ask(http, "POST", &path, &cookie, &json!({ "csrf": self.csrf }).to_string()).status
    }
}

fn log_in(http: &str, account: &'static str, body: &str) -> Session {
    Session::of(account, &ask(http, "POST", &format!("/api/account/{account}/login?v=1.3"), "", body))
}

fn person(http: &str, user: &str, password: &str) -> Session {
    log_in(http, DEMO, &json!({ "username": user, "password": password }).to_string())
}

/// A LiveVox login with an application token, and what the session it opened answers.
fn livevox(http: &str, token: &str) {
    let header = format!("lv-access: {token}\r\n");
    let login = ask(http, "POST", "/session/login", &header, AGENT);
    assert_eq!(login.status, 200, "{}", login.body);
    let session = login.json()["sessionId"].as_str().unwrap().to_owned();
    assert_eq!(ask(http, "GET", &format!("/session/validate/{session}"), "", "").status, 204);
}

/// How the demo account's program asks for a token of its own.
const OF_A_PROGRAM: &str = "/sentinel/api/account/12345678/app/token?v=2.0&grant_type=client_credentials\
    &client_id=0a1b2c3d4e5f60718293a4b5c6d7e8f9&client_secret=demo-client-secret";

/// How the demo account's resource server is told of a token.
fn introspect(http: &str, token: &str) -> u16 {
    let form = format!(
        "client_id=9f8e7d6c5b4a39281706f5e4d3c2b1a0&client_secret=demo-resource-server-secret&token={token}"
    );
    let asked = request("POST", "/oauth2/introspect", "", &form).replace("json", "x-www-form-urlencoded");
    let mut connection = connect(http);
    connection.write_all(asked.as_bytes()).unwrap();
    answer(connection).status
}

/// One turn of every kind of client, each from a login to its end.
fn turn(at: &Addresses, token: &str, number: usize) {
    let http = &at.http;
    let session = log_in(http, BUSY, PERSON);
    assert_eq!((session.check(http), session.post(http, "refresh")), (200, 200));
    assert_eq!((session.post(http, "logout"), session.check(http)), (200, 401));
    assert_eq!(log_in(http, BUSY, BOT).check(http), 200);
    let client = log_in(http, BUSY, CLIENT);
    assert_eq!((client.check(http), client.post(http, "logout")), (200, 200));
    assert_eq!(ask(http, "POST", OF_A_PROGRAM, "", "").status, 200);
    assert_eq!(introspect(http, &client.bearer), 200);
    livevox(http, TOKENS[number % TOKENS.len()]);
    let bearer = format!("authorization: Bearer {token}\r\n");
    assert_eq!(ask(&at.admin, "GET", "/admin/v1/accounts", &bearer, "").status, 200);
}

/// A service with the demo account and a client, its first owner logged in, and the secret of an administration token.
fn operator() -> (Operator, String) {
    let operator = Operator::owner();
    let outcome = run(&mut apply(&operator.folder, &operator.folder.file("web.toml", WEB)));
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let create = ["administration-token", "create", "watcher", "--role", "auditor"];
    let secret = operator.json(&create)["secret"].as_str().unwrap().to_owned();
    let log_in =
        |server: &Server| ask(&server.address("http"), "POST", "/api/account/rotating/login", "", CLIENT);
    operator.server.soon("the client", |server| log_in(server).status == 200);
    (operator, secret)
}

fn addresses(server: &Server) -> Addresses {
    Addresses { http: server.address("http"), admin: server.address("admin") }
}

/// Stops the service and starts it anew.
fn restarted(operator: Operator) -> Operator {
    let Operator { folder, server } = operator;
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
    let operator = Operator { server: Server::dev(&folder), folder };
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    operator
}

fn generate(operator: &Operator) -> String {
    let data = operator.folder.path("data");
    operator.ask(&["master-key", "generate", "--data-dir", data.to_str().unwrap()])
}

fn key(operator: &Operator, generation: u64) -> Value {
    let all = operator.json(&["master-key", "list"]);
    let mut all = all.as_array().unwrap().iter();
    all.find(|key| key["generation"] == generation).cloned().unwrap_or_default()
}

pub(super) fn refused(operator: &Operator, arguments: &[&str], words: &str) {
    let outcome = operator.run(arguments);
    assert!(outcome.code != Some(0) && outcome.err.contains(words), "{arguments:?}: {}", outcome.err);
}

#[test]
fn nobody_is_logged_out_and_nothing_stops_working_while_the_master_key_rotates() {
    let (mut operator, token) = operator();
    let before = person(&operator.server.address("http"), "agent", "agent-password");
    let at = RwLock::new(addresses(&operator.server));
    let (stop, turns) = (AtomicBool::new(false), AtomicUsize::new(0));
    let failed = Mutex::new(None);
    operator = thread::scope(|scope| {
        for number in 0..3 {
            let (at, stop, turns, token, failed) = (&at, &stop, &turns, &token, &failed);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let at = at.read().unwrap();
                    let done =
                        std::panic::catch_unwind(|| turn(&at, token, number + turns.load(Ordering::Relaxed)));
                    if done.is_err() {
                        *failed.lock().unwrap() = Some(number);
                        return;
                    }
                    turns.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let some_turns = |server: &Server| {
            let begun = turns.load(Ordering::Relaxed);
            let is =
                |_: &Server| turns.load(Ordering::Relaxed) > begun + 6 || failed.lock().unwrap().is_some();
            server.soon("turns", is);
        };
        some_turns(&operator.server);
        let said = generate(&operator);
        assert!(said.contains("generation 2"), "{said}");
        operator.ask(&["master-key", "reload"]);
        assert_eq!(key(&operator, 2)["state"], "distributed");
        some_turns(&operator.server);
        operator.ask(&["master-key", "rotate"]);
        assert_eq!(
            (&key(&operator, 1)["state"], &key(&operator, 2)["state"]),
            (&json!("readable"), &json!("active"))
        );
        some_turns(&operator.server);
        refused(&operator, &["master-key", "retire", "1"], "generation 1 is still needed by");
        // Over a new start: whoever asks waits meanwhile.
        let mut at = at.write().unwrap();
        operator = restarted(operator);
        *at = addresses(&operator.server);
        drop(at);
        some_turns(&operator.server);
        // Everything that can be made anew has been, by the background or by being used.
        let all_redone = |_: &Server| {
            let remains = &key(&operator, 1)["remains"];
            remains["sealed_secrets"] == 0 && remains["digests"] == 0
        };
        operator.server.soon("the old generation's secrets made anew", all_redone);
        stop.store(true, Ordering::Relaxed);
        operator
    });
    assert_eq!(*failed.lock().unwrap(), None, "a client was turned away");

    retired(operator, &before, &token);
}

#[test]
fn rotating_with_nothing_to_rotate_is_refused() {
    let operator = Operator::owner();
    let outcome = operator.run(&["master-key", "rotate"]);
    assert_eq!(outcome.code, Some(3), "{}", outcome.err);
    let words = "nothing to rotate: generation 1 is the newest that the service has";
    assert!(outcome.err.contains(words), "{}", outcome.err);
    // Named, it is what is wanted already.
    operator.ask(&["master-key", "rotate", "1"]);
    generate(&operator);
    operator.ask(&["master-key", "reload"]);
    assert_eq!(key(&operator, 2)["remains"]["verifies_audit"], false);
    operator.ask(&["master-key", "rotate"]);
    assert_eq!(operator.run(&["master-key", "rotate"]).code, Some(3));
}

#[test]
fn steps_in_the_wrong_order_are_refused_in_words() {
    let operator = Operator::owner();
    refused(&operator, &["master-key", "rotate", "2"], "distribute it first");
    refused(&operator, &["master-key", "retire", "1"], "activate another one first");
    refused(&operator, &["master-key", "retire", "2"], "no such master key");
    generate(&operator);
    operator.ask(&["master-key", "reload"]);
    refused(&operator, &["master-key", "retire", "2"], "was never in force");
    generate(&operator);
    let said = operator.ask(&["master-key", "rotate"]);
    assert!(said.contains("generation 3 is in force"), "{said}");
    refused(&operator, &["master-key", "rotate", "2"], "they go in their order");
    refused(&operator, &["master-key", "rotate", "1"], "was in force before");
    // Said twice is done once.
    operator.ask(&["master-key", "rotate", "3"]);
    refused(&operator, &["master-key", "rotate", "256"], "from 1 to 255");
}
