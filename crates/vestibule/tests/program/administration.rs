//! The first administrator, and the account that administrators live in.

use rustix::process::Signal;

use crate::support::{Answer, Folder, Server, ask};

fn log_in(server: &Server, password: &str) -> Answer {
    let body = serde_json::json!({ "username": "admin", "password": password }).to_string();
    ask(&server.address("admin"), "POST", "/admin/v1/login", "", &body)
}

#[test]
fn the_first_start_shows_the_first_owners_password_once() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    let out = server.out();
    let (_, password) = out.split_once("`admin` with the password ").unwrap();
    let password = password.lines().next().unwrap().to_owned();
    assert_eq!(log_in(&server, &password).status, 200);
    assert!(!server.err().contains(&password));
    server.signal(Signal::TERM);
    server.end();
    let server = Server::serve(&folder, &[]);
    assert!(!server.out().contains("password"), "{}", server.out());
    assert_eq!(log_in(&server, &password).status, 200);
}

#[test]
fn in_development_the_owner_has_the_password_that_is_shown() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    assert!(server.out().contains(r#"{"username":"admin","password":"admin-password"}"#), "{}", server.out());
    assert_eq!(log_in(&server, "admin-password").status, 200);
}

#[test]
fn clients_do_not_reach_administration() {
    let folder = Folder::new();
    assert_eq!(Server::dev(&folder).get("http", "/admin/v1/openapi.json").status, 404);
}
