//! A database file that is taken away, or another put in its place, under a service that runs: noticed within seconds, and
//! refused like a full disk. A disk that is really full is in `full_disk`.

use std::fs;
use std::path::PathBuf;

use crate::support::{Answer, Folder, Server, ask};

fn database(folder: &Folder) -> PathBuf {
    folder.path("data/vestibule.db")
}

fn readiness(server: &Server) -> Answer {
    server.get("admin", "/readyz")
}

fn bearer(server: &Server) -> String {
    let login = server.log_in("12345678", "name", "password");
    assert_eq!(login.status, 200, "{}", login.body);
    login.json()["bearer"].as_str().unwrap().to_owned()
}

fn check(server: &Server, bearer: &str) -> u16 {
    let shown = format!("authorization: Bearer {bearer}\r\n");
    ask(&server.address("http"), "GET", "/gateway/check", &shown, "").status
}

/// Nobody has asked anything: it is noticed all the same.
fn is_noticed(server: &Server, bearer: &str) {
    server.soon("refusal", |server| readiness(server).status == 503);
    let body = readiness(server).body;
    assert!(body.contains("vestibule.db was removed or replaced"), "{body}");
    let login = server.log_in("12345678", "name", "password");
    assert_eq!(login.status, 503, "{}", login.body);
    assert!(login.head.contains("\r\nretry-after: 5"), "{}", login.head);
    assert_eq!(check(server, bearer), 200, "checks go on");
    assert_eq!(server.get("admin", "/readyz?for=checks").status, 200);
}

#[test]
fn f2_a_database_that_was_removed_is_noticed_and_recovered_from_when_it_is_back() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let before = bearer(&server);
    let elsewhere = folder.path("elsewhere.db");
    fs::rename(database(&folder), &elsewhere).unwrap();
    is_noticed(&server, &before);
    fs::rename(&elsewhere, database(&folder)).unwrap();
    server.soon("readiness", |server| readiness(server).status == 200);
    let after = bearer(&server);
    drop(server);
    assert_eq!(check(&Server::dev(&folder), &after), 200, "what was acknowledged is in the file");
}

#[test]
fn f2_a_database_that_was_replaced_is_noticed() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let bearer = bearer(&server);
    // An older copy, put in its place by name.
    fs::copy(database(&folder), folder.path("data/copy.db")).unwrap();
    fs::rename(folder.path("data/copy.db"), database(&folder)).unwrap();
    is_noticed(&server, &bearer);
}

/// The last connection that closes removes the log: the service must still hold its locks.
#[test]
fn f2_another_process_that_opens_and_closes_the_database_leaves_its_log() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    bearer(&server);
    let witness = || fs::read(folder.path("data/vestibule.witness")).unwrap();
    let before = witness();
    server.soon("a testimony", |_| witness() != before);
    let other = rusqlite::Connection::open(database(&folder)).unwrap();
    let users: i64 = other.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    drop(other);
    assert!(users > 0 && folder.path("data/vestibule.db-wal").exists());
    bearer(&server);
    assert_eq!(readiness(&server).status, 200);
}

#[test]
fn f2_a_log_that_was_removed_is_noticed() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    bearer(&server);
    fs::remove_file(folder.path("data/vestibule.db-wal")).unwrap();
    server.soon("refusal", |server| readiness(server).status == 503);
    assert_eq!(server.log_in("12345678", "name", "password").status, 503);
}
