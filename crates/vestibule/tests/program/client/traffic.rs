//! `vestibule traffic`, and what becomes of counts when the service ends.

use rustix::process::Signal;
use serde_json::Value;

use super::Operator;
use crate::support::Server;

/// Asks at the gate without a credential.
fn ask_in_vain(operator: &Operator, times: usize) {
    for _ in 0..times {
        assert_eq!(operator.server.get("http", "/gateway/check").status, 401);
    }
}

/// How many requests without a credential are told.
fn refused(operator: &Operator) -> u64 {
    let report = operator.json(&["traffic", "--by", "outcome"]);
    let lines = report["lines"].as_array().unwrap();
    let refused = lines.iter().find(|line| line["key"] == "no-credential");
    refused.and_then(|line| line["refused"].as_u64()).unwrap_or(0)
}

/// The same data, another process, and somebody who has logged in to it.
fn started_again(operator: Operator, end: impl FnOnce(Server)) -> Operator {
    let Operator { folder, server } = operator;
    end(server);
    let operator = Operator { server: Server::dev(&folder), folder };
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    operator
}

#[test]
fn applications_are_told_with_their_trend_and_verdict() {
    let operator = Operator::owner();
    assert_eq!(operator.server.log_in("12345678", "name", "password").status, 200);
    let table = operator.ask(&["traffic", "12345678"]);
    let mut lines = table.lines();
    let head: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(
        head,
        ["KEY", "NAME", "ALLOWED", "REFUSED", "USERS", "ADDRESSES", "TREND", "VERDICT", "GROUNDS"]
    );
    let none = lines.next().unwrap();
    assert!(none.starts_with("none ") && none.ends_with('█'), "{table}");
    assert!(lines.all(|line| line.contains("never-seen")), "{table}");
}

#[test]
fn lines_are_written_as_a_table_for_spreadsheets() {
    let operator = Operator::owner();
    operator.server.log_in("12345678", "name", "password");
    let table = operator.ask(&["traffic", "12345678", "--by", "route", "--since", "7d", "--csv"]);
    assert!(table.starts_with("key,name,allowed,") && table.contains("\n(login),,1,0,"), "{table}");
}

#[test]
fn what_is_no_day_is_refused_with_its_flag() {
    let operator = Operator::owner();
    let outcome = operator.run(&["traffic", "12345678", "--since", "soon"]);
    assert!(outcome.code == Some(2) && outcome.err.contains("--since"), "{}", outcome.err);
}

#[test]
fn a_stop_loses_no_request() {
    let operator = Operator::owner();
    ask_in_vain(&operator, 57);
    let operator = started_again(operator, |server| {
        server.signal(Signal::TERM);
        assert_eq!(server.end().code, Some(0));
    });
    assert_eq!(refused(&operator), 57);
}

#[test]
fn a_kill_loses_what_was_not_written_and_nothing_else() {
    let operator = Operator::owner();
    ask_in_vain(&operator, 30);
    // What is told is written.
    assert_eq!(refused(&operator), 30);
    ask_in_vain(&operator, 5);
    let operator = started_again(operator, drop);
    let left = refused(&operator);
    assert!((30..=35).contains(&left), "{left}");
    ask_in_vain(&operator, 1);
    assert_eq!(refused(&operator), left + 1);
}

#[test]
fn reports_are_json_for_programs() {
    let operator = Operator::owner();
    let report: Value = operator.json(&["traffic", "12345678", "--by", "day"]);
    assert!(report["from"].is_string() && report["lines"].is_array(), "{report}");
}
