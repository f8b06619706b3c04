//! `vestibule audit`: verify and export, beside a service and on files that somebody edited.

use std::fs;

use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Folder, Outcome, Server, apply, ask, run, vestibule};

const ACCOUNT: &str = r#"
[[account]]
id = "one"
[[account.user]]
login_name = "alice"
password = "passw0rd"
[[account]]
id = "two"
"#;

/// A data directory with three entries.
fn folder() -> Folder {
    let folder = Folder::new();
    let file = folder.file("accounts.toml", ACCOUNT);
    assert_eq!(run(&mut apply(&folder, &file)).code, Some(0));
    folder
}

fn audit(folder: &Folder, arguments: &[&str]) -> Outcome {
    run(vestibule().arg("audit").args(arguments).arg("--data-dir").arg(folder.path("data")))
}

fn verify(folder: &Folder) -> Outcome {
    audit(folder, &["verify"])
}

fn lines(outcome: &Outcome) -> Vec<Value> {
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    outcome.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn edit(folder: &Folder, sql: &str) {
    let connection = Connection::open(folder.path("data").join("vestibule.db")).unwrap();
    connection
        .execute_batch("DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_removed_from_its_beginning;")
        .unwrap();
    connection.execute_batch(sql).unwrap();
}

/// What verify says of a file that somebody edited.
fn found(sql: &str) -> String {
    let folder = folder();
    edit(&folder, sql);
    let outcome = verify(&folder);
    assert_eq!(outcome.code, Some(4), "{}{}", outcome.out, outcome.err);
    outcome.err
}

#[test]
fn a_sound_audit_is_sound() {
    let outcome = verify(&folder());
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
    assert!(outcome.out.starts_with("entries  3, 1 to 3\nnewest   3:"), "{}", outcome.out);
    assert!(outcome.out.contains("sound"), "{}", outcome.out);
}

#[test]
fn a_changed_field_is_found() {
    let found = found("UPDATE audit SET actor_name = 'somebody else' WHERE sequence = 2");
    assert!(found.contains("not what was written: entry 2 "), "{found}");
}

#[test]
fn a_removed_entry_is_found_in_the_middle_and_at_both_ends() {
    for sequence in 1..=3 {
        let found = found(&format!("DELETE FROM audit WHERE sequence = {sequence}"));
        assert!(found.contains(&format!("entry {sequence} is missing")), "{found}");
    }
}

#[test]
fn swapped_entries_are_found() {
    let found = found(
        "UPDATE audit SET sequence = -1 WHERE sequence = 1; UPDATE audit SET sequence = 1 WHERE sequence = 3;
         UPDATE audit SET sequence = 3 WHERE sequence = -1",
    );
    assert!(found.contains("entry 1 is not what was written"), "{found}");
}

#[test]
fn a_head_that_was_changed_to_fit_is_found() {
    let found = found(
        "DELETE FROM audit WHERE sequence = 3;
         UPDATE audit_head SET newest = 2, newest_mac = (SELECT mac FROM audit WHERE sequence = 2)",
    );
    assert!(found.contains("the head of the audit was changed"), "{found}");
}

#[test]
fn dropped_triggers_alone_change_nothing() {
    let folder = folder();
    edit(&folder, "");
    assert_eq!(verify(&folder).code, Some(0));
}

#[test]
fn a_witness_tells_that_the_whole_directory_was_put_back() {
    let folder = folder();
    let database = folder.path("data").join("vestibule.db");
    let earlier = fs::read(&database).unwrap();
    let file = folder.file("more.toml", "[[account]]\nid = \"three\"\n");
    run(&mut apply(&folder, &file));
    let out = verify(&folder).out;
    let witness = out.lines().find_map(|line| line.strip_prefix("newest   ")).unwrap();
    assert_eq!(audit(&folder, &["verify", "--witness", witness]).code, Some(0));
    fs::write(&database, earlier).unwrap();
    assert_eq!(verify(&folder).code, Some(0));
    let outcome = audit(&folder, &["verify", "--witness", witness]);
    assert_eq!(outcome.code, Some(4));
    assert!(outcome.err.contains("entry 4 is not the one that was there"), "{}", outcome.err);
}

#[test]
fn a_witness_that_is_none_is_a_wrong_argument() {
    let outcome = audit(&folder(), &["verify", "--witness", "4"]);
    assert!(outcome.code == Some(2) && outcome.err.contains("--witness: "), "{}", outcome.err);
}

#[test]
fn a_directory_without_a_database_is_a_failure_and_stays_empty() {
    let folder = Folder::new();
    fs::create_dir(folder.path("data")).unwrap();
    for command in ["verify", "export"] {
        let outcome = audit(&folder, &[command]);
        assert!(outcome.code == Some(1) && outcome.err.contains("there is no database"), "{}", outcome.err);
    }
    assert_eq!(fs::read_dir(folder.path("data")).unwrap().count(), 0);
}

#[test]
fn another_master_key_is_a_failure_and_no_finding() {
    let folder = folder();
    fs::write(folder.path("data").join("master.key"), "ab".repeat(32)).unwrap();
    let outcome = verify(&folder);
    assert!(outcome.code == Some(1) && outcome.err.contains("another master key"), "{}", outcome.err);
}

#[test]
fn a_running_server_is_verified_and_exported_beside_it() {
    let folder = folder();
    let server = Server::serve(&folder, &[]);
    assert_eq!(server.log_in("one", "alice", "passw0rd").status, 200);
    assert_eq!(verify(&folder).code, Some(0));
    let entries = lines(&audit(&folder, &["export"]));
    let login = entries.last().unwrap();
    assert_eq!((&login["action"], &login["actor"]["name"]), (&"logged-in".into(), &"alice".into()));
    assert_eq!(login["address"], "127.0.0.1");
}

#[test]
fn what_was_counted_is_written_when_the_server_stops() {
    let folder = folder();
    let server = Server::serve(&folder, &[]);
    for _ in 0..3 {
        assert_eq!(server.log_in("one", "alice", "wrong").status, 401);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
    let entries = lines(&audit(&folder, &["export"]));
    let failures = entries.iter().filter(|entry| entry["reason"] == "wrong-password");
    assert_eq!(failures.map(|entry| entry["count"].as_u64().unwrap()).sum::<u64>(), 3);
}

#[test]
fn an_export_is_one_object_a_line_the_oldest_first() {
    let entries = lines(&audit(&folder(), &["export"]));
    let numbers: Vec<u64> = entries.iter().map(|entry| entry["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(entries[1]["target"]["name"], "alice");
    assert_eq!(entries[1]["after"]["password"], "set");
    assert!(entries[1]["time"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn an_export_of_an_account_has_only_that() {
    let entries = lines(&audit(&folder(), &["export", "--account", "two"]));
    assert_eq!(entries.iter().map(|entry| &entry["account"]).collect::<Vec<_>>(), ["two"]);
}

#[test]
fn an_export_of_a_time_has_only_that() {
    let folder = folder();
    assert_eq!(lines(&audit(&folder, &["export", "--since", "2000-01-01"])).len(), 3);
    assert_eq!(lines(&audit(&folder, &["export", "--until", "2000-01-01"])).len(), 0);
}

#[test]
fn a_filter_that_is_none_is_a_wrong_argument() {
    for (flag, value) in [("--since", "yesterday"), ("--until", "12"), ("--account", "a b")] {
        let outcome = audit(&folder(), &["export", flag, value]);
        assert!(outcome.code == Some(2) && outcome.err.contains(flag), "{}", outcome.err);
    }
}

#[test]
fn an_export_by_the_api_is_that_of_the_command_line() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    server.wait_for_signing_key();
    server.log_in("12345678", "name", "password");
    let admin = server.address("admin");
    let password = r#"{"username":"admin","password":"admin-password"}"#;
    let answer: Value =
        serde_json::from_str(&ask(&admin, "POST", "/admin/v1/login", "", password).body).unwrap();
    let bearer = format!("authorization: Bearer {}\r\n", answer["token"].as_str().unwrap());
    let exported = ask(&admin, "GET", "/admin/v1/audit/export", &bearer, "");
    assert_eq!(exported.status, 200);
    // Between the lines are the lengths of the pieces that it came in.
    let lines: Vec<&str> = exported.body.lines().filter(|line| line.starts_with('{')).collect();
    assert!(lines.len() > 5, "{}", exported.body);
    assert_eq!(lines, audit(&folder, &["export"]).out.lines().collect::<Vec<_>>());
}
