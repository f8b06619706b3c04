//! Whether the bench still measures: a short run of everything. Its figures mean nothing, their shape does.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

use std::process::{Command, Output};

use serde_json::Value;

const BENCH: &str = env!("CARGO_BIN_EXE_vestibule-bench");

/// Little of everything.
const SHORT: [&str; 6] = ["--seconds", "0.2", "--rounds", "1", "--sessions", "1000,2000"];

fn run(arguments: &[&str]) -> Output {
    Command::new(BENCH).args(SHORT).args(arguments).output().unwrap()
}

/// What one bench found.
fn finding(name: &str) -> Value {
    let output = run(&["--json", name]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array_mut().unwrap();
    assert_eq!(findings.len(), 1);
    let finding = findings.remove(0);
    assert_eq!(finding["name"], name);
    finding
}

/// The names of those that took turns. Each has done something, but for logins, which give way to everything else.
fn sides(finding: &Value) -> Vec<&str> {
    let sides = finding["sides"].as_array().unwrap();
    let name = |side: &'_ Value| {
        let may_be_idle = side["what"].as_str().unwrap().contains("password logins");
        assert!(may_be_idle || side["per_second"].as_f64().unwrap() > 0.0, "{side}");
    };
    sides.iter().for_each(name);
    sides.iter().map(|side| side["what"].as_str().unwrap()).collect()
}

/// The labels of figures with a goal.
fn judged(finding: &Value) -> Vec<&str> {
    let figures = finding["figures"].as_array().unwrap();
    let judged = figures.iter().filter(|figure| figure["reached"].is_boolean());
    judged.map(|figure| figure["label"].as_str().unwrap()).collect()
}

#[test]
fn checks_are_measured_at_every_size_and_with_every_kind_of_token() {
    let finding = finding("check");
    let sides = sides(&finding);
    for floor in
        ["bare hyper", "bare hyper, asked as nginx asks", "bare hyper, the same with the headers of a check"]
    {
        assert!(sides.contains(&floor), "{floor} is not in {sides:?}");
    }
    for size in ["1,000", "2,000"] {
        for kind in ["valid", "unknown", "forged"] {
            let what = format!("checks, {size} sessions, {kind}");
            assert!(sides.contains(&what.as_str()), "{what} is not in {sides:?}");
        }
    }
    assert!(judged(&finding).contains(&"per second at 2,000: forged / valid"));
}

#[test]
fn a_floor_of_another_program_is_measured_or_said_to_be_missing() {
    let finding = finding("check");
    let sides = sides(&finding);
    let missing = finding["missing"].to_string();
    for floor in ["nginx", "Redis GET", "redis-benchmark GET"] {
        let is_measured = sides.contains(&floor);
        assert_ne!(is_measured, missing.contains(floor), "{floor}: {sides:?}, missing {missing}");
    }
}

#[test]
fn logins_refreshes_and_commits_have_their_floors() {
    for (name, floor) in [
        ("signed-check", "checks by bearer"),
        ("grpc-check", "bare tonic, same messages"),
        ("login", "raw hashing"),
        ("key-login", "the store alone"),
        ("refresh", "bare hyper"),
    ] {
        let finding = finding(name);
        assert!(sides(&finding).contains(&floor), "{finding}");
        assert!(!judged(&finding).is_empty(), "{finding}");
    }
}

#[test]
fn one_bench_can_be_chosen_and_is_printed_as_a_table() {
    let output = run(&["refresh"]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("\nrefresh") && table.contains("bare hyper"), "{table}");
    assert!(table.contains("at least 0.6") && table.contains("Goals: "), "{table}");
    assert!(!table.contains("\nlogin"), "{table}");
}

#[test]
fn an_unknown_bench_is_refused_with_those_that_there_are() {
    let output = run(&["nothing"]);
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("check, check-under-login, check-under-forgery, login, key-login")
    );
}

#[test]
fn checks_under_login_are_compared_with_checks_alone() {
    let finding = finding("check-under-login");
    assert!(sides(&finding).contains(&"answers to password logins meanwhile"), "{finding}");
    let goals = [
        "p99: checks under login / alone",
        "per second: checks under login / alone",
        "per second: password logins while checks saturate / raw hashing",
    ];
    assert_eq!(judged(&finding), goals);
}

#[test]
fn a_month_of_traffic_has_its_size_and_its_reports() {
    let finding = finding("traffic");
    let labels = judged(&finding);
    assert!(labels.contains(&"a month of 100 applications and 50 routes"), "{labels:?}");
    assert_eq!(labels.iter().filter(|label| label.starts_with("report of ")).count(), 5, "{labels:?}");
}

#[test]
fn start_memory_and_lists_are_measured_at_the_largest_size() {
    for (name, label) in [
        ("start", "from the start to the complete table, 2,000 sessions"),
        ("memory", "memory of a session, 2,000 sessions"),
        ("lists", "sessions: slowest of 20, 2,000 sessions"),
    ] {
        let finding = finding(name);
        let figures = finding["figures"].as_array().unwrap();
        let figure = figures.iter().find(|figure| figure["label"] == label).unwrap();
        assert!(figure["value"]["median"].is_number(), "{figure}");
    }
}

#[test]
fn pages_of_the_console_are_measured_and_those_of_a_connection_too() {
    let finding = finding("console");
    let figures = judged(&finding);
    for page in
        ["/console/", "/console/sessions/end", "/console/accounts/{account}/connections/{connection}/delete"]
    {
        let label = format!("{page}: slowest of 20, 2,000 sessions");
        assert!(figures.contains(&label.as_str()), "{label} is not in {figures:?}");
    }
}

#[test]
fn runtimes_are_compared_in_each_way_that_http_is_spoken() {
    let finding = finding("runtimes");
    let sides = sides(&finding);
    for way in ["HTTP/1.1 in clear", "HTTP/2 in clear", "HTTP/1.1 over TLS", "HTTP/2 over TLS"] {
        for scheduler in ["current-thread", "multi-thread"] {
            let what = format!("{way}, {scheduler}");
            assert!(sides.contains(&what.as_str()), "{what} is not in {sides:?}");
        }
    }
}

#[test]
fn logouts_and_a_mixture_end_sessions_that_were_prepared() {
    for (name, floor) in [("logout", "the store alone, ends of sessions"), ("mixed", "bare hyper")] {
        let finding = finding(name);
        assert!(sides(&finding).contains(&floor), "{finding}");
    }
}

#[test]
fn revoking_is_measured_with_few_and_with_many_sessions_held() {
    let finding = finding("revoke");
    let sides = sides(&finding);
    assert!(sides.contains(&"append and fdatasync") && sides.contains(&"logout"), "{sides:?}");
    for held in ["1", "10", "1,000"] {
        let what = format!("change of password, {held} sessions held");
        assert!(sides.contains(&what.as_str()), "{what} is not in {sides:?}");
    }
}
