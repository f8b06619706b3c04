//! The log.

use crate::support::{Folder, Server};

#[test]
fn is_json_when_nobody_watches() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    for line in server.err().lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}

/// The request id in the head of an answer.
fn request_id(head: &str) -> &str {
    head.split("x-request-id: ").nth(1).unwrap().split("\r\n").next().unwrap()
}

#[test]
fn tells_of_a_request_by_the_id_in_its_answer() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let answer = server.log_in("12345678", "name", "wrong");
    let id = request_id(&answer.head);
    server.soon("log line", |server| server.err().contains(id));
}

#[test]
fn ties_a_warning_to_the_request_that_brought_it_about() {
    const LOCKED: &str = "user locked after failed logins";
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let failures: Vec<_> = (0..5).map(|_| server.log_in("12345678", "name", "wrong")).collect();
    server.soon("warning", |server| server.err().contains(LOCKED));
    let log = server.err();
    let warning = log.lines().find(|line| line.contains(LOCKED)).unwrap();
    let warning: serde_json::Value = serde_json::from_str(warning).unwrap();
    assert_eq!(warning["span"]["id"], request_id(&failures[4].head), "{warning}");
}

#[test]
fn holds_no_secrets() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[("VESTIBULE_LOG_LEVEL", "trace")]);
    let file = folder.file(
        "a.toml",
        "[[account]]\nid = \"one\"\n[[account.user]]\nlogin_name = \"a\"\npassword = \"s3cret-w0rd\"\n",
    );
    crate::support::run(&mut crate::support::apply(&folder, &file));
    server.soon("login", |server| server.log_in("one", "a", "s3cret-w0rd").status == 200);
    let login = server.log_in("one", "a", "s3cret-w0rd").json();
    let log = server.err();
    for key in ["bearer", "csrf", "sessionId"] {
        assert!(!log.contains(login[key].as_str().unwrap()), "{key}");
    }
    assert!(!log.contains("s3cret-w0rd"));
}
