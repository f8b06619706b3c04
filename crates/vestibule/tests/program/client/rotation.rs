//! The master key rotates while every kind of client is at work: nobody is logged out, nothing stops working, and the old
//! generation is retired when nothing depends on it. `docs/operations/master-key.md` tells operators the same steps.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::Operator;
use crate::support::{Answer, Folder, Server, apply, ask, run, vestibule};

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

/// One turn of every kind of client, each from a login to its end.
fn turn(at: &Addresses, token: &str, number: usize) {
    let http = &at.http;
    let session = log_in(http, BUSY, PERSON);
    assert_eq!((session.check(http), session.post(http, "refresh")), (200, 200));
    assert_eq!((session.post(http, "logout"), session.check(http)), (200, 401));
    assert_eq!(log_in(http, BUSY, BOT).check(http), 200);
    let client = log_in(http, BUSY, CLIENT);
    assert_eq!((client.check(http), client.post(http, "logout")), (200, 200));
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

/// Has the service forget the answers that it keeps for repeated requests, as time would within a day.
fn without_answers(operator: Operator) -> Operator {
    let Operator { folder, server } = operator;
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
    let database = rusqlite::Connection::open(folder.path("data/vestibule.db")).unwrap();
    database.execute("DELETE FROM answers", []).unwrap();
    drop(database);
    let operator = Operator { server: Server::dev(&folder), folder };
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    operator
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

/// Whoever was logged in before the rotation still is, and holds up the retirement.
fn retired(operator: Operator, before: &Session, token: &str) {
    let http = operator.server.address("http");
    assert_eq!((before.check(&http), before.post(&http, "refresh")), (200, 200));
    assert!(key(&operator, 1)["remains"]["sessions"].as_u64().unwrap() > 0);
    let operator = without_answers(operator);
    refused(&operator, &["master-key", "retire", "1"], "sessions");
    operator.ask(&["master-key", "retire", "1", "--end-sessions", "--yes"]);
    let http = operator.server.address("http");
    assert_eq!(before.check(&http), 401);
    assert_eq!(key(&operator, 1)["state"], "retired");
    turn(&addresses(&operator.server), token, 1);
    without_the_old_key(operator, token);
}

#[test]
fn after_a_leak_one_command_ends_the_sessions_forgets_the_answers_and_retires() {
    let (operator, token) = operator();
    let at = addresses(&operator.server);
    let user = person(&at.http, "agent", "agent-password");
    generate(&operator);
    operator.ask(&["master-key", "reload"]);
    let said = operator.ask(&["master-key", "rotate"]);
    assert!(said.contains("depends on the one before, retire it"), "{said}");
    operator.server.soon("a word in the log", |server| server.err().contains("the master key was rotated"));
    let retire = ["master-key", "retire", "1", "--end-sessions", "--yes"];
    // The demo account's digests are under the old generation still.
    refused(&operator, &retire, "yours among them: log in again");
    assert_eq!((user.check(&at.http), operator.run(&retire).code), (401, Some(5)));
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    (0..2).for_each(|number| turn(&at, &token, number));
    let redone = |_: &Server| {
        let remains = &key(&operator, 1)["remains"];
        remains["sealed_secrets"] == 0 && remains["digests"] == 0
    };
    operator.server.soon("the old generation's secrets made anew", redone);
    operator.ask(&retire);
    assert_eq!(key(&operator, 1)["state"], "retired");
}

#[test]
fn who_retires_with_a_session_of_the_old_generation_is_heard_to_the_end() {
    let (operator, token) = operator();
    let at = addresses(&operator.server);
    generate(&operator);
    operator.ask(&["master-key", "rotate"]);
    (0..2).for_each(|number| turn(&at, &token, number));
    let remains = || key(&operator, 1)["remains"].clone();
    let redone = |_: &Server| remains()["sealed_secrets"] == 0 && remains()["digests"] == 0;
    operator.server.soon("the old generation's secrets made anew", redone);
    assert!(remains()["answers"].as_u64().unwrap() > 0 && remains()["sessions"].as_u64().unwrap() > 0);
    let own = operator.json(&["session", "list", "--account", "administrators"])[0]["reference"].clone();
    let said = operator.ask(&["master-key", "retire", "1", "--end-sessions", "--yes"]);
    assert!(said.contains("generation 1 is retired"), "{said}");
    assert_eq!(operator.run(&["master-key", "list"]).code, Some(5));
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    let why = operator.ask(&["why", own.as_str().unwrap()]);
    assert!(why.contains(", with all sessions under generation 1 of the master key"), "{why}");
    assert_eq!(
        (key(&operator, 1)["state"].clone(), remains()["answers"].clone()),
        (json!("retired"), json!(0))
    );
    the_retired_key_comes_back_under_no_number(operator);
}

/// Its line is taken out, and what it was is put there again as the key of another generation.
fn the_retired_key_comes_back_under_no_number(operator: Operator) {
    let both = leave_only(&operator, 2);
    let operator = restarted(operator);
    let file = operator.folder.path("data/master.key");
    let line = |generation: &str| both.lines().find(|line| line.starts_with(generation)).unwrap();
    fs::write(&file, format!("{}\n3:{}\n", line("2:"), &line("1:")[2..])).unwrap();
    operator.run(&["master-key", "reload"]);
    refused(&operator, &["master-key", "rotate", "3"], "was that of generation 1: make a new one");
    fs::write(&file, line("2:")).unwrap();
    restarted(operator);
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

/// A retired generation may leave the file; the audit then says what it cannot verify.
fn without_the_old_key(operator: Operator, token: &str) {
    let file = operator.folder.path("data/master.key");
    let both = fs::read_to_string(&file).unwrap();
    let verified =
        || run(vestibule().args(["audit", "verify", "--data-dir"]).arg(operator.folder.path("data")));
    let outcome = verified();
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let second = both.lines().find(|line| line.starts_with("2:")).unwrap();
    fs::write(&file, format!("{second}\n")).unwrap();
    let outcome = verified();
    assert_eq!(outcome.code, Some(1), "{}", outcome.out);
    let words = "cannot be verified: generation 1 of the master key is not at hand";
    assert!(outcome.err.contains("entries 1 to ") && outcome.err.contains(words), "{}", outcome.err);
    assert!(
        !outcome.err.contains("not what was written") && !outcome.out.contains("sound"),
        "{}",
        outcome.err
    );
    // Kept elsewhere, it verifies all the same; another key under its number is none.
    let kept = operator.folder.path("kept");
    let with = |text: &str| {
        fs::write(&kept, text).unwrap();
        fs::set_permissions(&kept, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        run(vestibule()
            .args(["audit", "verify", "--data-dir"])
            .arg(operator.folder.path("data"))
            .arg("--key")
            .arg(&kept))
    };
    let outcome = with(both.lines().find(|line| line.starts_with("1:")).unwrap());
    assert!(outcome.code == Some(0) && outcome.out.contains("sound"), "{}", outcome.err);
    let outcome = with(&format!("1:{}", "0f".repeat(32)));
    assert!(outcome.code == Some(1) && outcome.err.contains("another"), "{}", outcome.err);
    let operator = restarted(operator);
    turn(&addresses(&operator.server), token, 0);
    let shown = operator.ask(&["audit", "list", "--json"]) + &operator.server.err();
    for line in both.lines() {
        assert!(!shown.contains(&line[2..]), "a key is shown");
    }
}

#[test]
fn a_start_without_a_generation_that_is_used_is_refused_by_its_number() {
    let (operator, _) = operator();
    generate(&operator);
    operator.ask(&["master-key", "rotate"]);
    let Operator { folder, server } = operator;
    server.signal(Signal::TERM);
    server.end();
    let file = folder.path("data/master.key");
    let both = fs::read_to_string(&file).unwrap();
    for (missing, kept) in [(1, "2:"), (2, "1:")] {
        let line = both.lines().find(|line| line.starts_with(kept)).unwrap();
        fs::write(&file, line).unwrap();
        let outcome = run(&mut crate::support::dev(&folder));
        let words = format!("needs generation {missing} of the master key");
        assert!(outcome.code == Some(1) && outcome.err.contains(&words), "{}", outcome.err);
    }
    fs::write(&file, &both).unwrap();
    drop(Server::dev(&folder));
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

#[test]
fn a_broken_key_file_keeps_the_keys_of_before_and_is_named() {
    let operator = Operator::owner();
    let file = operator.folder.path("data/master.key");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, "hunter2").unwrap();
    refused(&operator, &["master-key", "reload"], "cannot be read again");
    operator.server.signal(Signal::HUP);
    operator.server.soon("a word in the log", |server| server.err().contains("cannot be read again"));
    assert!(!operator.server.err().contains("hunter2"));
    // Another key under the same number is no new key.
    fs::write(&file, "0f".repeat(32)).unwrap();
    refused(&operator, &["master-key", "reload"], "generation 1 of the master key is another key");
    fs::write(&file, good).unwrap();
    generate(&operator);
    operator.server.signal(Signal::HUP);
    operator.server.soon("the new key", |_| key(&operator, 2)["at_hand"] == true);
}

#[test]
fn a_backup_from_before_a_rotation_is_restored_with_the_keys_of_both() {
    let (operator, secret) = operator();
    let backup = operator.folder.path("backup");
    let data = operator.folder.path("data");
    let taken = run(vestibule().arg("backup").arg(&backup).arg("--data-dir").arg(&data));
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    generate(&operator);
    operator.ask(&["master-key", "rotate"]);
    let Operator { folder, server } = operator;
    server.signal(Signal::TERM);
    server.end();
    let restore = |key: &Path| {
        run(vestibule()
            .arg("restore")
            .arg(&backup)
            .args(["--overwrite", "--data-dir"])
            .arg(&data)
            .arg("--key")
            .arg(key))
    };
    let both = fs::read_to_string(data.join("master.key")).unwrap();
    let second = folder.path("second");
    fs::write(&second, both.lines().find(|line| line.starts_with("2:")).unwrap()).unwrap();
    fs::set_permissions(&second, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let outcome = restore(&second);
    assert!(outcome.code != Some(0) && outcome.err.contains("generation 1"), "{}", outcome.err);
    let outcome = restore(&data.join("master.key"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let operator = Operator { server: Server::dev(&folder), folder };
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    assert_eq!(key(&operator, 1)["state"], "active");
    assert_eq!(key(&operator, 2)["state"], "distributed");
    turn(&addresses(&operator.server), &secret, 0);
    operator.ask(&["master-key", "rotate"]);
    turn(&addresses(&operator.server), &secret, 1);
}

#[test]
fn where_the_keys_are_in_a_variable_nothing_is_written_and_the_line_is_printed() {
    let folder = Folder::new();
    let first = "0123456789abcdef".repeat(4);
    let with = |command: &mut std::process::Command, keys: &str| {
        command.env("VESTIBULE_MASTER_KEY_ENVIRONMENT", "MY_KEY").env("MY_KEY", keys);
    };
    let mut command = vestibule();
    command.args(["master-key", "generate", "--data-dir"]).arg(folder.path("data"));
    with(&mut command, &first);
    let outcome = run(&mut command);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let line = outcome.out.trim();
    assert!(line.starts_with(&format!("1:{first},2:")) && !outcome.err.contains(&first), "{}", outcome.err);
    assert!(!folder.path("data/master.key").exists());
    let settings = [("VESTIBULE_MASTER_KEY_ENVIRONMENT", "MY_KEY"), ("MY_KEY", line)];
    drop(Server::serve(&folder, &settings));
}

/// Leaves only one line in the file of the keys, and gives back what was there.
fn leave_only(operator: &Operator, generation: u8) -> String {
    let file = operator.folder.path("data/master.key");
    let before = fs::read_to_string(&file).unwrap();
    let prefix = format!("{generation}:");
    let line = before.lines().find(|line| line.starts_with(&prefix)).unwrap();
    fs::write(&file, line).unwrap();
    before
}

#[test]
fn a_key_that_was_taken_out_again_is_not_activated() {
    let operator = Operator::owner();
    generate(&operator);
    operator.ask(&["master-key", "reload"]);
    assert_eq!(key(&operator, 2)["at_hand"], true);
    let both = leave_only(&operator, 1);
    refused(&operator, &["master-key", "rotate", "2"], "distribute it first");
    assert_eq!(key(&operator, 2)["at_hand"], false);
    operator.ask(&["master-key", "reload"]);
    refused(&operator, &["master-key", "rotate", "2"], "distribute it first");
    assert_eq!(
        (&key(&operator, 1)["state"], &key(&operator, 1)["at_hand"]),
        (&json!("active"), &json!(true))
    );
    fs::write(operator.folder.path("data/master.key"), both).unwrap();
    operator.ask(&["master-key", "rotate", "2"]);
    restarted(operator);
}

#[test]
fn a_key_that_is_in_use_and_was_taken_out_is_missed_before_the_next_start() {
    let operator = Operator::owner();
    generate(&operator);
    operator.ask(&["master-key", "rotate"]);
    assert!(!operator.server.err().contains("put it back"), "{}", operator.server.err());
    let both = leave_only(&operator, 2);
    let reloaded = operator.run(&["master-key", "reload"]);
    assert_eq!(reloaded.code, Some(0), "{}", reloaded.err);
    assert!(reloaded.err.contains("generation 1 is readable and not where"), "{}", reloaded.err);
    assert_eq!(key(&operator, 1)["at_hand"], false);
    operator.server.soon("a word in the log", |server| server.err().contains("or the next start is refused"));
    let ready = operator.server.get("admin", "/readyz");
    let warning = "generation 1 of the master key is readable and was not where the keys are";
    assert_eq!(ready.status, 200);
    assert!(ready.json()["warning"].as_str().unwrap().starts_with(warning), "{}", ready.body);
    fs::write(operator.folder.path("data/master.key"), both).unwrap();
    let reloaded = operator.run(&["master-key", "reload"]);
    assert!(!reloaded.err.contains("put it back"), "{}", reloaded.err);
    assert_eq!(key(&operator, 1)["at_hand"], true);
    assert_eq!(operator.server.get("admin", "/readyz").json()["warning"], Value::Null);
}

/// A database in a folder, its backup from before a rotation, and the key file of that time.
fn backed_up_and_rotated() -> (Folder, String) {
    let operator = Operator::owner();
    let data = operator.folder.path("data");
    let backup = operator.folder.path("backup");
    let taken = run(vestibule().arg("backup").arg(&backup).arg("--data-dir").arg(&data));
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    let old = fs::read_to_string(data.join("master.key")).unwrap();
    generate(&operator);
    operator.ask(&["master-key", "rotate"]);
    let Operator { folder, server } = operator;
    server.signal(Signal::TERM);
    server.end();
    (folder, old)
}

fn restored_with(folder: &Folder, keys: &str) -> crate::support::Outcome {
    let given = folder.file("given.key", keys);
    fs::set_permissions(&given, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut restore = vestibule();
    restore.arg("restore").arg(folder.path("backup")).arg("--overwrite").arg("--key").arg(given);
    run(restore.arg("--data-dir").arg(folder.path("data")))
}

#[test]
fn a_restore_with_the_key_of_before_a_rotation_keeps_the_newer_one() {
    let (folder, old) = backed_up_and_rotated();
    let both = fs::read_to_string(folder.path("data/master.key")).unwrap();
    let outcome = restored_with(&folder, &old);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert_eq!(fs::read_to_string(folder.path("data/master.key")).unwrap(), both);
    let operator = Operator { server: Server::dev(&folder), folder };
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    assert_eq!(
        (&key(&operator, 2)["state"], &key(&operator, 2)["at_hand"]),
        (&json!("distributed"), &json!(true))
    );
    operator.ask(&["master-key", "rotate"]);
    assert_eq!(key(&operator, 2)["state"], "active");
    let said = generate(&operator);
    assert!(said.contains("generation 3"), "{said}");
}

#[test]
fn where_the_old_line_was_taken_out_a_restore_puts_the_old_key_beside_the_newer_one() {
    let (folder, old) = backed_up_and_rotated();
    let file = folder.path("data/master.key");
    let both = fs::read_to_string(&file).unwrap();
    fs::write(&file, both.lines().find(|line| line.starts_with("2:")).unwrap()).unwrap();
    let outcome = restored_with(&folder, &old);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), both);
}

#[test]
fn a_restore_with_another_key_under_a_number_that_is_taken_is_refused() {
    let (folder, old) = backed_up_and_rotated();
    let file = folder.path("data/master.key");
    let both = fs::read_to_string(&file).unwrap();
    let outcome = restored_with(&folder, &format!("1:{}\n2:{}\n", old.trim(), "0f".repeat(32)));
    assert_eq!(outcome.code, Some(3), "{}", outcome.err);
    assert!(outcome.err.contains("generation 2 of the master key"), "{}", outcome.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), both);
}

#[test]
fn a_key_is_added_to_the_file_behind_a_link_whose_owner_keeps_it() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
    let folder = Folder::new();
    fs::create_dir(folder.path("data")).unwrap();
    let real = folder.file("real.key", &"0f".repeat(32));
    fs::set_permissions(&real, PermissionsExt::from_mode(0o600)).unwrap();
    let link = folder.path("data/master.key");
    symlink(&real, &link).unwrap();
    // Only root can give a file away.
    let owner =
        if rustix::process::geteuid().is_root() { 12_345 } else { fs::metadata(&real).unwrap().uid() };
    chown(&real, Some(owner), None).unwrap();
    let outcome = run(vestibule().args(["master-key", "generate", "--data-dir"]).arg(folder.path("data")));
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap().lines().count(), 2);
    assert_eq!(fs::metadata(&real).unwrap().uid(), owner);
}
