//! What the file of the master keys may be, and what is made of it.

use std::fs;

use super::Operator;
use super::rotation::refused;
use crate::support::{Folder, run, vestibule};

#[test]
fn reload_does_not_wait_for_a_key_file_that_is_a_pipe() {
    let operator = Operator::owner();
    let file = operator.folder.path("data/master.key");
    fs::remove_file(&file).unwrap();
    assert!(std::process::Command::new("mkfifo").arg("-m600").arg(&file).status().unwrap().success());
    refused(&operator, &["master-key", "reload"], "not a regular file");
    assert_eq!(operator.server.get("admin", "/healthz").status, 200);
}

#[test]
fn one_key_under_two_numbers_is_no_rotation() {
    let operator = Operator::owner();
    let file = operator.folder.path("data/master.key");
    let key = fs::read_to_string(&file).unwrap().trim().to_owned();
    fs::write(&file, format!("1:{key}\n2:{key}\n")).unwrap();
    let words = "generations 1 and 2 of the master key are the same key";
    refused(&operator, &["master-key", "reload"], words);
    refused(&operator, &["master-key", "rotate", "2"], words);
    assert!(!operator.run(&["master-key", "reload"]).err.contains(&key));
    // Without the line of the first the file alone does not show it.
    fs::write(&file, format!("2:{key}\n")).unwrap();
    refused(&operator, &["master-key", "reload"], words);
    assert_eq!(listed(&operator), 1);
}

fn listed(operator: &Operator) -> usize {
    operator.json(&["master-key", "list"]).as_array().unwrap().len()
}

#[test]
fn generate_keeps_every_line_of_the_file() {
    let folder = Folder::new();
    fs::create_dir(folder.path("data")).unwrap();
    let before = format!("# of the old data centre\n{}\n\n  # keep in the safe", "0f".repeat(32));
    let file = folder.file("data/master.key", &before);
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let generate =
        || run(vestibule().args(["master-key", "generate", "--data-dir"]).arg(folder.path("data")));
    for number in [2, 3] {
        let outcome = generate();
        assert_eq!(outcome.code, Some(0), "{}", outcome.err);
        let now = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = now.lines().collect();
        let first = format!("1:{}", "0f".repeat(32));
        assert_eq!(lines[..4], ["# of the old data centre", first.as_str(), "", "  # keep in the safe"]);
        assert!(lines.len() == 3 + number && lines[2 + number].starts_with(&format!("{number}:")), "{now}");
    }
}
