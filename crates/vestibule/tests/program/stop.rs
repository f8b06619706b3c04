//! How a server ends, and that there is only one.

use std::io::Write;
use std::net::TcpStream;

use rustix::process::Signal;

use crate::support::{Folder, Server, answer, dev, request, run};

/// A login whose body is not all there yet.
fn begun_login(server: &Server) -> (TcpStream, String) {
    let body = r#"{"username":"name","password":"password"}"#;
    let whole = request("POST", "/api/account/12345678/login", "", body);
    let (first, rest) = whole.split_at(whole.len() - 5);
    let mut connection = TcpStream::connect(server.address("http")).unwrap();
    connection.write_all(first.as_bytes()).unwrap();
    server.soon("request in flight", |server| {
        server.get("admin", "/metrics").body.contains("\nvestibule_http_requests_in_flight 2\n")
    });
    (connection, rest.to_owned())
}

#[test]
fn a_signal_ends_it_well() {
    for signal in [Signal::TERM, Signal::INT] {
        let folder = Folder::new();
        let server = Server::dev(&folder);
        server.signal(signal);
        assert_eq!(server.end().code, Some(0), "{signal:?}");
    }
}

#[test]
fn the_database_is_closed() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    server.signal(Signal::TERM);
    server.end();
    assert!(!folder.path("data/vestibule.db-wal").exists());
}

#[test]
fn a_request_under_way_is_answered_before_it_ends() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let (mut connection, rest) = begun_login(&server);
    server.signal(Signal::TERM);
    server.soon("word of stopping", |server| server.err().contains("stopping"));
    connection.write_all(rest.as_bytes()).unwrap();
    assert_eq!(answer(connection).status, 200);
    assert_eq!(server.end().code, Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let _under_way = begun_login(&server);
    server.signal(Signal::TERM);
    server.soon("word of stopping", |server| server.err().contains("stopping"));
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(130));
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let folder = Folder::new();
    let _first = Server::dev(&folder);
    let outcome = run(&mut dev(&folder));
    let expected = "is using the data directory";
    assert!(outcome.code == Some(3) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn a_killed_server_leaves_the_data_free() {
    let folder = Folder::new();
    drop(Server::dev(&folder));
    let server = Server::dev(&folder);
    assert_eq!(server.get("admin", "/healthz").status, 200);
}
