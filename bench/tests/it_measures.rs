//! Whether the bench still measures: a short run of everything. Its figures mean nothing, their shape does.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

use std::process::Command;

use serde_json::Value;

const BENCH: &str = env!("CARGO_BIN_EXE_vestibule-bench");

fn run(arguments: &[&str]) -> std::process::Output {
    Command::new(BENCH).args(["--seconds", "0.2", "--rounds", "1"]).args(arguments).output().unwrap()
}

#[test]
fn every_bench_has_a_row_with_its_floor() {
    let output = run(&["--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["login", "key-login", "refresh", "check"]);
    for row in rows {
        assert!(row["subject"]["per_second"].as_f64().unwrap() > 0.0, "{row}");
        assert!(row["floor"]["per_second"].as_f64().unwrap() > 0.0, "{row}");
    }
}

#[test]
fn one_bench_can_be_chosen_and_is_printed_as_a_table() {
    let output = run(&["refresh"]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("\nrefresh") && table.contains("bare hyper"), "{table}");
    assert!(!table.contains("\nlogin"), "{table}");
}

#[test]
fn an_unknown_bench_is_refused_with_those_that_there_are() {
    let output = run(&["nothing"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("login, key-login, refresh, check"));
}
