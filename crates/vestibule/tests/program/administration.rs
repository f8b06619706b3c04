//! The first administrator, and the account that administrators live in.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use crate::support::{Answer, Folder, Server, ask};

fn log_in(server: &Server, password: &str) -> Answer {
    let body = serde_json::json!({ "username": "admin", "password": password }).to_string();
    ask(&server.address("admin"), "POST", "/admin/v1/login", "", &body)
}

/// What the file that the first start makes says after this word.
fn first_owner(folder: &Folder, word: &str) -> String {
    let text = fs::read_to_string(folder.path("data/first-owner.txt")).unwrap();
    text.lines().find_map(|line| line.strip_prefix(word)).unwrap().to_owned()
}

#[test]
fn the_first_owners_password_is_in_a_file_of_the_services_user_alone() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    let file = folder.path("data/first-owner.txt");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(first_owner(&folder, "name: "), "admin");
    let password = first_owner(&folder, "password: ");
    assert!(server.out().contains("first-owner.txt"), "{}", server.out());
    assert!(!server.out().contains(&password) && !server.err().contains(&password));
}

#[test]
fn a_first_start_prints_the_command_that_logs_in() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    let expected = format!("\nvestibule login admin --server http://{}\n", server.address("admin"));
    server.soon("the command", |server| server.out().contains(&expected));
}

#[test]
fn the_first_owners_password_has_to_be_changed_at_the_first_login() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    let password = first_owner(&folder, "password: ");
    let refused = log_in(&server, &password);
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["type"], "urn:vestibule:password-must-be-changed");
    assert_eq!(log_in(&server, "wrong").json()["type"], "about:blank", "told to nobody else");
    let body = serde_json::json!({
        "username": "admin", "password": password, "new_password": "lantern-otter-quilt"
    });
    let admin = server.address("admin");
    assert_eq!(ask(&admin, "POST", "/admin/v1/password", "", &body.to_string()).status, 204);
    assert_eq!(log_in(&server, "lantern-otter-quilt").status, 200);
}

#[test]
fn a_later_start_makes_neither_an_owner_nor_a_file() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    fs::remove_file(folder.path("data/first-owner.txt")).unwrap();
    server.signal(Signal::TERM);
    server.end();
    let server = Server::serve(&folder, &[]);
    assert!(!server.out().contains("first-owner"), "{}", server.out());
    assert!(!folder.path("data/first-owner.txt").exists());
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
