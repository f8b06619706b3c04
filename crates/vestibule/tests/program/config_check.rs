//! What `config check` sees of the files that the configuration names: all of it, without making or changing anything.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Folder, Outcome, run, vestibule};

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Runs a command on a configuration whose data directory is the folder's.
fn on(folder: &Folder, command: &[&str], settings: &[(&str, &Path)]) -> Outcome {
    let mut process = vestibule();
    process.args(command).env("VESTIBULE_SERVER_DATA_DIR", folder.path("data"));
    process.env("VESTIBULE_SERVER_HTTP", "127.0.0.1:0").env("VESTIBULE_SERVER_ADMIN", "127.0.0.1:0");
    run(process.envs(settings.iter().copied()))
}

/// Both the check and a start refuse, in the same words and with the code for what is wrong in a file, and neither makes
/// anything.
fn both_refuse(folder: &Folder, settings: &[(&str, &Path)], words: &str) {
    refused(folder, settings, words, Some(2));
}

fn refused(folder: &Folder, settings: &[(&str, &Path)], words: &str, of_start: Option<i32>) {
    let before = names(folder);
    let outcome = on(folder, &["config", "check"], settings);
    assert!(outcome.code == Some(2) && outcome.err.contains(words), "{:?} {}", outcome.code, outcome.err);
    assert_eq!(names(folder), before);
    let outcome = on(folder, &["serve"], settings);
    assert!(outcome.code == of_start && outcome.err.contains(words), "{:?} {}", outcome.code, outcome.err);
}

fn names(folder: &Folder) -> Vec<String> {
    let mut names: Vec<_> = walk(&folder.path("")).collect();
    names.sort();
    names
}

fn walk(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let entries = entries.flat_map(|entry| {
        let below = if entry.path().is_dir() { walk(&entry.path()).collect() } else { Vec::new() };
        let metadata = entry.metadata().unwrap();
        let (length, modified) = (metadata.len(), metadata.modified().unwrap());
        below.into_iter().chain([format!("{} {length} {modified:?}", entry.path().display())])
    });
    entries.collect::<Vec<_>>().into_iter()
}

fn key_file(folder: &Folder, name: &str) -> std::path::PathBuf {
    let key = folder.file(name, KEY);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    key
}

#[test]
fn a_master_key_file_that_is_not_there_is_refused() {
    let folder = Folder::new();
    let key = folder.path("nowhere.key");
    let words = "master_key.file: cannot read ";
    both_refuse(&folder, &[("VESTIBULE_MASTER_KEY_FILE", &key)], words);
}

#[test]
fn a_master_key_file_that_others_can_read_is_refused() {
    let folder = Folder::new();
    let key = key_file(&folder, "key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    both_refuse(&folder, &[("VESTIBULE_MASTER_KEY_FILE", &key)], "chmod 600");
}

#[test]
fn a_master_key_file_that_holds_none_is_refused_and_not_shown() {
    let folder = Folder::new();
    let key = folder.file("key", "hunter2");
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    both_refuse(&folder, &[("VESTIBULE_MASTER_KEY_FILE", &key)], "key holds no master key: ");
    let outcome = on(&folder, &["config", "check"], &[("VESTIBULE_MASTER_KEY_FILE", &key)]);
    assert!(!outcome.err.contains("hunter2"), "{}", outcome.err);
}

#[test]
fn a_master_key_variable_that_is_not_set_is_refused() {
    let folder = Folder::new();
    let words = "master_key.environment: the environment variable MY_KEY, named by master_key.environment, is not set";
    both_refuse(&folder, &[("VESTIBULE_MASTER_KEY_ENVIRONMENT", Path::new("MY_KEY"))], words);
}

#[test]
fn a_master_key_that_is_a_pipe_or_a_folder_is_refused_and_not_waited_for() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg("-m600").arg(&pipe).status().unwrap().success());
    both_refuse(&folder, &[("VESTIBULE_MASTER_KEY_FILE", &pipe)], "pipe is not a regular file");
    let below = folder.path("below");
    fs::create_dir(&below).unwrap();
    fs::set_permissions(&below, Permissions::from_mode(0o700)).unwrap();
    both_refuse(&folder, &[("VESTIBULE_MASTER_KEY_FILE", &below)], "below is not a regular file");
    let generate = ["master-key", "generate"];
    let outcome = on(&folder, &generate, &[("VESTIBULE_MASTER_KEY_FILE", &pipe)]);
    assert!(outcome.err.contains("not a regular file"), "{:?} {}", outcome.code, outcome.err);
}

#[test]
fn a_database_whose_master_key_is_gone_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.path("data")).unwrap();
    folder.file("data/vestibule.db", "");
    both_refuse(&folder, &[], "there is a database but no master key at ");
}

#[test]
fn a_witness_whose_folder_is_not_there_is_refused_and_a_start_may_be_tried_again() {
    let folder = Folder::new();
    let witness = folder.path("not mounted/witness");
    let settings: [(_, &Path); 1] = [("VESTIBULE_DURABILITY_WITNESS", &witness)];
    refused(&folder, &settings, "cannot use the witness ", Some(1));
}

#[test]
fn a_witness_or_a_journal_that_is_another_file_is_refused() {
    let folder = Folder::new();
    let notes = folder.file("notes", "precious");
    both_refuse(&folder, &[("VESTIBULE_DURABILITY_WITNESS", &notes)], "this is no witness");
    both_refuse(&folder, &[("VESTIBULE_DURABILITY_END_JOURNAL", &notes)], "this is no journal of ends");
}

#[test]
fn a_data_directory_that_is_a_file_is_refused() {
    let folder = Folder::new();
    folder.file("data", "precious");
    both_refuse(&folder, &[], "server.data_dir: ");
}

#[test]
fn everything_that_is_wrong_with_the_files_is_told_at_once() {
    let folder = Folder::new();
    let (key, witness) = (folder.path("nowhere.key"), folder.path("not mounted/witness"));
    let nowhere = folder.path("nowhere.pem");
    let settings: [(&str, &Path); 6] = [
        ("VESTIBULE_MASTER_KEY_FILE", &key),
        ("VESTIBULE_DURABILITY_WITNESS", &witness),
        ("VESTIBULE_SERVER_HTTPS", Path::new("127.0.0.1:0")),
        ("VESTIBULE_SERVER_TLS_CERTIFICATE", &nowhere),
        ("VESTIBULE_SERVER_TLS_KEY", &nowhere),
        ("VESTIBULE_SERVER_ADMIN_TLS_CERTIFICATE", &nowhere),
    ];
    let settings = [&settings[..], &[("VESTIBULE_SERVER_ADMIN_TLS_KEY", nowhere.as_path())]].concat();
    let outcome = on(&folder, &["config", "check"], &settings);
    assert_eq!(outcome.code, Some(2), "{}", outcome.err);
    let keys = [
        "server.tls_certificate",
        "server.tls_key",
        "server.admin_tls_certificate",
        "server.admin_tls_key",
        "master_key.file",
        "durability.witness",
    ];
    for key in keys {
        assert!(outcome.err.lines().any(|line| line.contains(key)), "{key}: {}", outcome.err);
    }
    assert_eq!(outcome.err.lines().count(), keys.len(), "{}", outcome.err);
}

#[test]
fn what_a_service_would_start_with_is_ok_and_stays_as_it_is() {
    let folder = Folder::new();
    let key = key_file(&folder, "key");
    let before = names(&folder);
    let outcome = on(&folder, &["config", "check"], &[("VESTIBULE_MASTER_KEY_FILE", &key)]);
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(0), "OK\n"), "{}", outcome.err);
    assert_eq!(names(&folder), before);
    drop(crate::support::Server::serve(&folder, &[("VESTIBULE_MASTER_KEY_FILE", key.to_str().unwrap())]));
    let used = names(&folder);
    let outcome = on(&folder, &["config", "check"], &[("VESTIBULE_MASTER_KEY_FILE", &key)]);
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(0), "OK\n"), "{}", outcome.err);
    assert_eq!(names(&folder), used);
}
