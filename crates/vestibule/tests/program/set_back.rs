//! An older copy of the database that is put back while the service is stopped: the start notices it by the witness, ends all
//! sessions, and says so on the screen, in the log and in the audit. What is no older copy ends nothing.

mod accepted;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Answer, Folder, Server, apply, ask, run, vestibule};

const ACCOUNT: &str = "12345678";

/// On the screen, and in the log.
const SCREEN: &str = "have ended, and everybody logs in anew";
const LOG: &str = "the database may be an older one: all its sessions have ended";

/// A session of the demo account: its bearer, the cookie's header, and the body that ends it.
struct Session {
    bearer: String,
    cookie: String,
    csrf: String,
}

/// A session of this user, who may have one.
fn log_in(server: &Server, user: &str, password: &str) -> Session {
    let login = server.log_in(ACCOUNT, user, password);
    assert_eq!(login.status, 200, "{}", login.body);
    let body = login.json();
    Session {
        bearer: body["bearer"].as_str().unwrap().to_owned(),
        cookie: format!("cookie: session_id={}\r\n", body["sessionId"].as_str().unwrap()),
        csrf: json!({ "csrf": body["csrf"] }).to_string(),
    }
}

fn log_out(server: &Server, session: &Session) {
    let path = format!("/api/account/{ACCOUNT}/logout?v=1.3");
    let answer = ask(&server.address("http"), "POST", &path, &session.cookie, &session.csrf);
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn check(server: &Server, session: &Session) -> u16 {
    let shown = format!("authorization: Bearer {}\r\n", session.bearer);
    ask(&server.address("http"), "GET", "/gateway/check", &shown, "").status
}

fn stop(server: Server) {
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
}

/// Ends it as a crash would.
fn kill(server: Server) {
    server.signal(Signal::KILL);
    server.end();
}

fn database(folder: &Folder) -> std::path::PathBuf {
    folder.path("data/vestibule.db")
}

fn witness(folder: &Folder) -> std::path::PathBuf {
    folder.path("data/vestibule.witness")
}

/// The entries of the audit with this action, as a service tells them.
fn entries(server: &Server, action: &str) -> Vec<Value> {
    let admin = server.address("admin");
    let credentials = json!({ "username": "admin", "password": "admin-password" }).to_string();
    let login = ask(&admin, "POST", "/admin/v1/login", "", &credentials);
    let shown = format!("authorization: Bearer {}\r\n", login.json()["token"].as_str().unwrap());
    let page: Answer = ask(&admin, "GET", &format!("/admin/v1/audit?action={action}"), &shown, "");
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()["entries"].as_array().unwrap().clone()
}

fn is_silent(server: &Server) {
    assert!(!server.err().contains(SCREEN) && !server.err().contains(LOG), "{}", server.err());
}

fn is_noticed(server: &Server, why: &str) {
    let err = server.err();
    assert!(err.contains(SCREEN) && err.contains(LOG) && err.matches(why).count() >= 2, "{err}");
}

/// A stopped service: one session has ended since the copy `old` was made, the other lives.
struct Stopped {
    folder: Folder,
    ended: Session,
    living: Session,
}

impl Stopped {
    fn new() -> Self {
        let folder = Folder::new();
        let server = Server::dev(&folder);
        let ended = log_in(&server, "name", "password");
        let living = log_in(&server, "agent", "agent-password");
        stop(server);
        fs::copy(database(&folder), folder.path("old")).unwrap();
        let server = Server::dev(&folder);
        is_silent(&server);
        assert_eq!(check(&server, &ended), 200);
        log_out(&server, &ended);
        stop(server);
        Self { folder, ended, living }
    }

    fn put_back(&self) {
        fs::copy(self.folder.path("old"), database(&self.folder)).unwrap();
    }
}

#[test]
fn s3_an_older_copy_of_the_database_revives_nobody_and_that_is_told_once() {
    let Stopped { folder, ended, living } = {
        let stopped = Stopped::new();
        stopped.put_back();
        stopped
    };
    let server = Server::dev(&folder);
    is_noticed(&server, "an older copy was put back");
    assert_eq!((check(&server, &ended), check(&server, &living)), (401, 401));
    let [entry] = entries(&server, "set-back").try_into().unwrap();
    assert_eq!((&entry["actor"]["kind"], &entry["means"]), (&json!("system"), &json!("system")));
    assert_eq!(
        (&entry["details"]["sessions_ended"], &entry["details"]["found"]),
        (&json!(2), &json!("behind its witness"))
    );
    let later = log_in(&server, "name", "password");
    stop(server);

    let server = Server::dev(&folder);
    is_silent(&server);
    assert_eq!((check(&server, &ended), check(&server, &later)), (401, 200));
    assert_eq!(entries(&server, "set-back").len(), 1);
}

#[test]
fn s3_an_older_copy_is_noticed_after_a_kill_too_whatever_was_done_with_it_first() {
    let stopped = Stopped::new();
    let server = Server::dev(&stopped.folder);
    log_out(&server, &stopped.living);
    kill(server);
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(format!("{}{suffix}", database(&stopped.folder).display())).unwrap();
    }
    stopped.put_back();
    let outcome = run(&mut apply(&stopped.folder, &stopped.folder.file("nothing.toml", "")));
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
    let server = Server::dev(&stopped.folder);
    is_noticed(&server, "older copy was put back");
    assert_eq!((check(&server, &stopped.ended), check(&server, &stopped.living)), (401, 401));
}

#[test]
fn s3_an_older_copy_beside_the_log_of_a_killed_service_is_noticed() {
    let stopped = Stopped::new();
    let server = Server::dev(&stopped.folder);
    log_out(&server, &stopped.living);
    kill(server);
    stopped.put_back();
    let server = Server::dev(&stopped.folder);
    is_noticed(&server, "an older copy was put back beside the log of a newer one");
    assert_eq!((check(&server, &stopped.ended), check(&server, &stopped.living)), (401, 401));
}

#[test]
fn s3_a_whole_folder_that_is_put_back_is_noticed_by_a_witness_elsewhere() {
    let folder = Folder::new();
    fs::create_dir(folder.path("elsewhere")).unwrap();
    let place = folder.path("elsewhere/witness");
    let settings = [("VESTIBULE_DURABILITY_WITNESS", place.to_str().unwrap())];
    let log = || fs::File::create(folder.path("err")).unwrap();
    let server = Server::dev_logging_to(&folder, log(), &settings);
    let session = log_in(&server, "name", "password");
    stop(server);
    copy_folder(&folder.path("data"), &folder.path("snapshot"));
    let server = Server::dev_logging_to(&folder, log(), &settings);
    log_out(&server, &session);
    stop(server);
    assert!(!witness(&folder).exists());
    fs::remove_dir_all(folder.path("data")).unwrap();
    fs::rename(folder.path("snapshot"), folder.path("data")).unwrap();
    let server = Server::dev_logging_to(&folder, log(), &settings);
    is_noticed(&server, "an older copy was put back");
    assert_eq!(check(&server, &session), 401);
}

/// It knows another place of the witness, or none, and the service may be starting or running.
#[test]
fn an_apply_without_the_services_configuration_ends_nothing_and_makes_no_witness() {
    let folder = Folder::new();
    fs::create_dir(folder.path("elsewhere")).unwrap();
    let place = folder.path("elsewhere/witness");
    let settings = [("VESTIBULE_DURABILITY_WITNESS", place.to_str().unwrap())];
    let log = || fs::File::create(folder.path("err")).unwrap();
    let server = Server::dev_logging_to(&folder, log(), &settings);
    let session = log_in(&server, "name", "password");
    let file = folder.file("nothing.toml", "");
    for _ in 0..2 {
        let outcome = run(&mut apply(&folder, &file));
        assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
    }
    assert!(!witness(&folder).exists());
    stop(server);
    assert_eq!(run(&mut apply(&folder, &file)).code, Some(0));
    let server = Server::dev_logging_to(&folder, log(), &settings);
    is_silent(&server);
    assert_eq!(check(&server, &session), 200);
}

#[test]
fn f4_what_reads_a_damaged_log_before_the_start_says_so() {
    let Stopped { folder, living, .. } = Stopped::new();
    let server = Server::dev(&folder);
    log_out(&server, &living);
    kill(server);
    spoil_the_last_commit(&folder);
    let verified = run(vestibule().args(["audit", "verify", "--data-dir"]).arg(folder.path("data")));
    assert!(verified.err.contains("The end of the database's log is damaged"), "{}", verified.err);
    // Lost with the log, and noticed by the witness all the same.
    let server = Server::dev(&folder);
    is_noticed(&server, "an older copy was put back");
}

/// Garbage in the last frame that was committed: where that is, the log's index says.
fn spoil_the_last_commit(folder: &Folder) {
    let log = fs::File::options().write(true).open(folder.path("data/vestibule.db-wal")).unwrap();
    let index = fs::read(folder.path("data/vestibule.db-shm")).unwrap();
    let last = u64::from(u32::from_ne_bytes(index[16..20].try_into().unwrap()));
    log.write_all_at(&[0x5a; 4_120], 32 + (last - 1) * 4_120).unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn s3_without_its_witness_a_database_is_in_doubt() {
    let Stopped { folder, living, .. } = Stopped::new();
    fs::remove_file(witness(&folder)).unwrap();
    let server = Server::dev(&folder);
    is_noticed(&server, "the witness of the database is missing");
    assert_eq!(check(&server, &living), 401);
}

#[test]
fn s3_a_witness_that_was_changed_is_not_believed() {
    let Stopped { folder, living, .. } = Stopped::new();
    let file = fs::File::options().write(true).open(witness(&folder)).unwrap();
    for place in [0, 4_096] {
        file.write_all_at(b"another database", place + 1).unwrap();
    }
    let server = Server::dev(&folder);
    is_noticed(&server, "the witness was not written under this master key, or was changed");
    assert_eq!(check(&server, &living), 401);
}

#[test]
fn a_folder_that_was_moved_with_its_witness_is_the_same() {
    let Stopped { folder, living, .. } = Stopped::new();
    copy_folder(&folder.path("data"), &folder.path("moved"));
    let moved = folder.path("moved");
    let server = Server::serve(&folder, &[("VESTIBULE_SERVER_DATA_DIR", moved.to_str().unwrap())]);
    is_silent(&server);
    assert_eq!(check(&server, &living), 200);
}

#[test]
fn a_witness_beside_a_master_key_elsewhere_and_none_of_two_services() {
    let folder = Folder::new();
    stop(Server::dev(&folder));
    fs::create_dir(folder.path("keys")).unwrap();
    let key = folder.path("keys/master.key");
    fs::rename(folder.path("data/master.key"), &key).unwrap();
    fs::remove_file(witness(&folder)).unwrap();
    let settings = [("VESTIBULE_MASTER_KEY_FILE", key.to_str().unwrap())];
    let _server = Server::serve(&folder, &settings);
    assert!(folder.path("keys/vestibule.witness").exists() && !witness(&folder).exists());
    let mut other = vestibule();
    other.arg("serve").env("VESTIBULE_SERVER_DATA_DIR", folder.path("other")).envs(settings);
    let outcome = run(&mut other);
    assert!(outcome.code == Some(3) && outcome.err.contains("is using the witness"), "{}", outcome.err);
}

#[test]
fn a_witness_whose_folder_is_missing_keeps_the_service_from_starting() {
    let Stopped { folder, living, .. } = Stopped::new();
    let mut serve = vestibule();
    serve.arg("serve").env("VESTIBULE_SERVER_DATA_DIR", folder.path("data"));
    serve.env("VESTIBULE_DURABILITY_WITNESS", folder.path("unmounted/witness"));
    let outcome = run(&mut serve);
    assert_eq!(outcome.code, Some(1), "{}", outcome.err);
    for words in ["durability.witness", "unmounted/witness", "No such file"] {
        assert!(outcome.err.contains(words), "{}", outcome.err);
    }
    let server = Server::dev(&folder);
    assert_eq!(check(&server, &living), 200);
}

#[test]
fn f2_a_witness_that_cannot_be_written_is_told_and_stops_nothing() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let session = log_in(&server, "name", "password");
    fs::remove_file(witness(&folder)).unwrap();
    fs::create_dir(witness(&folder)).unwrap();
    log_out(&server, &session);
    let readiness = server.get("admin", "/readyz");
    assert_eq!(readiness.status, 200);
    assert!(readiness.body.contains("the witness cannot be written"), "{}", readiness.body);
    assert!(server.get("admin", "/metrics").body.contains("\nvestibule_witness_failing 1\n"));
    server.soon("a line of the log", |server| server.err().contains("the witness cannot be written"));
    fs::remove_dir(witness(&folder)).unwrap();
    server.soon("a witness", |server| !server.get("admin", "/readyz").body.contains("witness"));
    assert!(server.get("admin", "/metrics").body.contains("\nvestibule_witness_failing 0\n"));
    server.soon("a line of the log", |server| server.err().contains("the witness is written again"));
    stop(server);
    is_silent(&Server::dev(&folder));
}

#[test]
fn f4_garbage_in_the_last_frames_of_the_log_is_told_and_ends_what_it_may_have_revived() {
    let Stopped { folder, living, .. } = Stopped::new();
    let server = Server::dev(&folder);
    log_out(&server, &living);
    kill(server);
    spoil_the_last_commit(&folder);
    let server = Server::dev(&folder);
    let err = server.err();
    assert!(err.contains("The end of the database's log is damaged"), "{err}");
    assert!(err.contains("the database's log is damaged: commits are lost"), "{err}");
    is_noticed(&server, "an older copy was put back");
    assert_eq!(check(&server, &living), 401);
    assert_eq!((entries(&server, "commits-lost").len(), entries(&server, "set-back").len()), (1, 1));
}
