//! `vestibule audit list` and `download`

use serde_json::Value;

use super::Operator;

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn entries_are_listed_the_newest_first() {
    let operator = Operator::owner();
    operator.ask(&["user", "disable", "12345678", "name"]);
    let out = operator.ask(&["audit", "list", "--limit", "1"]);
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 2, "{out}");
    // Whose: the user's login name stands beside who did it.
    assert_eq!(
        rows[1][2..],
        ["changed", "12345678", "name", "admin", "session", "user", "name", "127.0.0.1", "1"]
    );
}

#[test]
fn json_has_one_entry_a_line() {
    let operator = Operator::owner();
    operator.ask(&["user", "disable", "12345678", "name"]);
    operator.ask(&["user", "enable", "12345678", "name"]);
    let list =
        ["audit", "list", "--account", "12345678", "--user", "name", "--action", "changed", "--oldest-first"];
    let entries = lines(&operator.ask(&[&list[..], &["--json"]].concat()));
    let enabled: Vec<&Value> = entries.iter().map(|entry| &entry["after"]["enabled"]).collect();
    assert_eq!(enabled, [false, true]);
}

#[test]
fn a_download_is_an_entry_itself() {
    let operator = Operator::owner();
    let first = lines(&operator.ask(&["audit", "download"]));
    assert!(first.iter().any(|entry| entry["action"] == "logged-in"));
    let exports = operator.ask(&["audit", "list", "--action", "audit-exported", "--json"]);
    assert_eq!(lines(&exports)[0]["actor"]["name"], "admin");
}

#[test]
fn a_time_in_the_future_has_no_entries() {
    let operator = Operator::owner();
    assert_eq!(operator.ask(&["audit", "list", "--since", "2100-01-01", "--json"]), "");
}

#[test]
fn a_filter_that_is_none_is_a_wrong_argument() {
    let operator = Operator::owner();
    for (flag, value) in
        [("--action", "exploded"), ("--since", "soon"), ("--user", "name"), ("--session", "x")]
    {
        let outcome = operator.run(&["audit", "list", flag, value]);
        assert_eq!(outcome.code, Some(2), "{flag}: {}", outcome.err);
    }
}
