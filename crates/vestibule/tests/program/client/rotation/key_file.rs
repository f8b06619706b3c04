//! What the file or the variable of the keys says while a service uses it, and at a start.

use std::fs;

use super::*;

#[test]
fn a_start_without_a_generation_that_is_used_is_refused_by_its_number() {
    let (operator, _) = operator();
    generate(&operator);
    operator.ask(&["master-key", "rotate"]);
    let Operator { folder, server } = operator;
    server.signal(Signal::TERM);
    server.end();
    let file = folder.path("data/master.key");
    let both = fs::read_to_string(&file).unwrap();
    for (missing, kept) in [(1, "2:"), (2, "1:")] {
        let line = both.lines().find(|line| line.starts_with(kept)).unwrap();
        fs::write(&file, line).unwrap();
        let outcome = run(&mut crate::support::dev(&folder));
        let words = format!("needs generation {missing} of the master key");
        assert!(outcome.code == Some(1) && outcome.err.contains(&words), "{}", outcome.err);
    }
    fs::write(&file, &both).unwrap();
    drop(Server::dev(&folder));
}

#[test]
fn a_broken_key_file_keeps_the_keys_of_before_and_is_named() {
    let operator = Operator::owner();
    let file = operator.folder.path("data/master.key");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, "hunter2").unwrap();
    refused(&operator, &["master-key", "reload"], "cannot be read again");
    operator.server.signal(Signal::HUP);
    operator.server.soon("a word in the log", |server| server.err().contains("cannot be read again"));
    assert!(!operator.server.err().contains("hunter2"));
    // Another key under the same number is no new key.
    fs::write(&file, "0f".repeat(32)).unwrap();
    refused(&operator, &["master-key", "reload"], "generation 1 of the master key is another key");
    fs::write(&file, good).unwrap();
    generate(&operator);
    operator.server.signal(Signal::HUP);
    operator.server.soon("the new key", |_| key(&operator, 2)["at_hand"] == true);
}

#[test]
fn where_the_keys_are_in_a_variable_nothing_is_written_and_the_line_is_printed() {
    let folder = Folder::new();
    let first = "0123456789abcdef".repeat(4);
    let with = |command: &mut std::process::Command, keys: &str| {
        command.env("VESTIBULE_MASTER_KEY_ENVIRONMENT", "MY_KEY").env("MY_KEY", keys);
    };
    let mut command = vestibule();
    command.args(["master-key", "generate", "--data-dir"]).arg(folder.path("data"));
    with(&mut command, &first);
    let outcome = run(&mut command);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let line = outcome.out.trim();
    assert!(line.starts_with(&format!("1:{first},2:")) && !outcome.err.contains(&first), "{}", outcome.err);
    assert!(!folder.path("data/master.key").exists());
    let settings = [("VESTIBULE_MASTER_KEY_ENVIRONMENT", "MY_KEY"), ("MY_KEY", line)];
    drop(Server::serve(&folder, &settings));
}

/// Leaves only one line in the file of the keys, and gives back what was there.
pub(super) fn leave_only(operator: &Operator, generation: u8) -> String {
    let file = operator.folder.path("data/master.key");
    let before = fs::read_to_string(&file).unwrap();
    let prefix = format!("{generation}:");
    let line = before.lines().find(|line| line.starts_with(&prefix)).unwrap();
    fs::write(&file, line).unwrap();
    before
}

#[test]
fn a_key_that_was_taken_out_again_is_not_activated() {
    let operator = Operator::owner();
    generate(&operator);
    operator.ask(&["master-key", "reload"]);
    assert_eq!(key(&operator, 2)["at_hand"], true);
    let both = leave_only(&operator, 1);
    refused(&operator, &["master-key", "rotate", "2"], "distribute it first");
    assert_eq!(key(&operator, 2)["at_hand"], false);
    operator.ask(&["master-key", "reload"]);
    refused(&operator, &["master-key", "rotate", "2"], "distribute it first");
    assert_eq!(
        (&key(&operator, 1)["state"], &key(&operator, 1)["at_hand"]),
        (&json!("active"), &json!(true))
    );
    fs::write(operator.folder.path("data/master.key"), both).unwrap();
    operator.ask(&["master-key", "rotate", "2"]);
    restarted(operator);
}

#[test]
fn a_key_that_is_in_use_and_was_taken_out_is_missed_before_the_next_start() {
    let operator = Operator::owner();
    generate(&operator);
    operator.ask(&["master-key", "rotate"]);
    assert!(!operator.server.err().contains("put it back"), "{}", operator.server.err());
    let both = leave_only(&operator, 2);
    let reloaded = operator.run(&["master-key", "reload"]);
    assert_eq!(reloaded.code, Some(0), "{}", reloaded.err);
    assert!(reloaded.err.contains("generation 1 is readable and not where"), "{}", reloaded.err);
    assert_eq!(key(&operator, 1)["at_hand"], false);
    operator.server.soon("a word in the log", |server| server.err().contains("or the next start is refused"));
    let ready = operator.server.get("admin", "/readyz");
    let warning = "generation 1 of the master key is readable and was not where the keys are";
    assert_eq!(ready.status, 200);
    assert!(ready.json()["warning"].as_str().unwrap().starts_with(warning), "{}", ready.body);
    fs::write(operator.folder.path("data/master.key"), both).unwrap();
    let reloaded = operator.run(&["master-key", "reload"]);
    assert!(!reloaded.err.contains("put it back"), "{}", reloaded.err);
    assert_eq!(key(&operator, 1)["at_hand"], true);
    assert_eq!(operator.server.get("admin", "/readyz").json()["warning"], Value::Null);
}

#[test]
fn a_key_is_added_to_the_file_behind_a_link_whose_owner_keeps_it() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
    let folder = Folder::new();
    fs::create_dir(folder.path("data")).unwrap();
    let real = folder.file("real.key", &"0f".repeat(32));
    fs::set_permissions(&real, PermissionsExt::from_mode(0o600)).unwrap();
    let link = folder.path("data/master.key");
    symlink(&real, &link).unwrap();
    // Only root can give a file away.
    let owner =
        if rustix::process::geteuid().is_root() { 12_345 } else { fs::metadata(&real).unwrap().uid() };
    chown(&real, Some(owner), None).unwrap();
    let outcome = run(vestibule().args(["master-key", "generate", "--data-dir"]).arg(folder.path("data")));
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap().lines().count(), 2);
    assert_eq!(fs::metadata(&real).unwrap().uid(), owner);
}
