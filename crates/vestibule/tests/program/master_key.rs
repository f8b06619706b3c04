//! The master key: made once, private, and never replaced.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::{Folder, Outcome, Server, dev, run, vestibule};

/// A data directory that a server has used.
fn used() -> Folder {
    let folder = Folder::new();
    drop(Server::dev(&folder));
    folder
}

fn refused(command: &mut Command, code: i32, word: &str) -> Outcome {
    let outcome = run(command);
    assert!(outcome.code == Some(code) && outcome.err.contains(word), "{:?} {}", outcome.code, outcome.err);
    outcome
}

#[test]
fn is_made_for_its_owner_only() {
    let mode = fs::metadata(used().path("data/master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn stays_the_same() {
    let folder = used();
    let first = fs::read(folder.path("data/master.key")).unwrap();
    drop(Server::dev(&folder));
    assert_eq!(fs::read(folder.path("data/master.key")).unwrap(), first);
}

#[test]
fn one_that_others_can_read_is_refused() {
    let folder = used();
    fs::set_permissions(folder.path("data/master.key"), Permissions::from_mode(0o640)).unwrap();
    refused(&mut dev(&folder), 2, "chmod 600");
}

#[test]
fn a_wrong_one_is_refused() {
    let folder = used();
    let wrong = "0123456789abcdef".repeat(4);
    fs::write(folder.path("data/master.key"), &wrong).unwrap();
    let outcome = refused(&mut dev(&folder), 1, "another master key");
    assert!(!outcome.err.contains(&wrong));
}

#[test]
fn a_lost_one_is_not_replaced() {
    let folder = used();
    fs::remove_file(folder.path("data/master.key")).unwrap();
    refused(&mut dev(&folder), 2, "a database but no master key");
    assert!(!folder.path("data/master.key").exists());
}

#[test]
fn is_read_from_a_variable_that_the_configuration_names() {
    let folder = Folder::new();
    let key = "0123456789abcdef".repeat(4);
    let settings = [("VESTIBULE_MASTER_KEY_ENVIRONMENT", "MY_KEY"), ("MY_KEY", key.as_str())];
    let _server = Server::serve(&folder, &settings);
    assert!(!folder.path("data/master.key").exists());
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let folder = Folder::new();
    let mut serve = vestibule();
    serve.arg("serve").env("VESTIBULE_SERVER_DATA_DIR", folder.path("data"));
    refused(serve.env("VESTIBULE_MASTER_KEY_ENVIRONMENT", "MY_KEY"), 2, "MY_KEY");
}

#[test]
fn is_read_from_a_file_that_the_configuration_names() {
    let folder = Folder::new();
    let key = folder.file("key", &"0123456789abcdef".repeat(4));
    fs::set_permissions(&key, Permissions::from_mode(0o400)).unwrap();
    let _server = Server::serve(&folder, &[("VESTIBULE_MASTER_KEY_FILE", key.to_str().unwrap())]);
    assert!(!folder.path("data/master.key").exists());
}
