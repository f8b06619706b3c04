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

#[test]
fn tells_of_a_request_by_the_id_in_its_answer() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let answer = server.log_in("12345678", "name", "wrong");
    let id = answer.head.split("x-request-id: ").nth(1).unwrap().split("\r\n").next().unwrap();
    server.soon("log line", |server| server.err().contains(id));
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
