//! `vestibule healthcheck`, against services that answer and others.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use rustix::process::Signal;

use crate::support::{Folder, Server, run, vestibule};

/// The command, for a listener of administration.
fn healthcheck(admin: &str) -> Command {
    let mut command = vestibule();
    command.arg("healthcheck").env("VESTIBULE_SERVER_ADMIN", admin);
    command
}

#[test]
fn a_service_that_answers_is_healthy() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    let admin = server.address("admin");
    for arguments in [&[][..], &["--ready"]] {
        let outcome = run(healthcheck(&admin).args(arguments));
        assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
    }
}

#[test]
fn a_service_that_listens_on_all_addresses_is_asked_on_loopback() {
    let folder = Folder::new();
    let settings = [("VESTIBULE_SERVER_ADMIN", "0.0.0.0:0"), ("VESTIBULE_SERVER_ADMIN_BEHIND_TLS", "true")];
    let server = Server::serve(&folder, &settings);
    let (_, port) = server
        .address("admin")
        .rsplit_once(':')
        .map(|(host, port)| (host.to_owned(), port.to_owned()))
        .unwrap();
    let mut command = healthcheck(&format!("0.0.0.0:{port}"));
    let outcome = run(command.env("VESTIBULE_SERVER_ADMIN_BEHIND_TLS", "true"));
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
}

#[test]
fn nothing_there_is_not_healthy() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = run(&mut healthcheck(&free.to_string()));
    assert_eq!(outcome.code, Some(7), "{}", outcome.err);
}

#[test]
fn a_service_that_takes_no_changes_is_healthy_and_not_ready() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    let admin = server.address("admin");
    // A database that is gone takes no changes, which is noticed within seconds.
    fs::rename(folder.path("data/vestibule.db"), folder.path("gone")).unwrap();
    server.soon("a refusal of /readyz", |server| server.get("admin", "/readyz").status == 503);
    assert_eq!(run(&mut healthcheck(&admin)).code, Some(0));
    let outcome = run(healthcheck(&admin).arg("--ready"));
    assert_eq!(outcome.code, Some(7));
    assert!(outcome.err.contains("503"), "{}", outcome.err);
    server.signal(Signal::KILL);
}

#[test]
fn a_port_that_is_not_known_is_said_to_be() {
    let outcome = run(&mut healthcheck("127.0.0.1:0"));
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.err.contains("server.admin"), "{}", outcome.err);
}
