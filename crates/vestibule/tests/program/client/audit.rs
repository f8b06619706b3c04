//! `vestibule audit list` and `download`

use serde_json::Value;

use super::Operator;
use super::connections::metadata;
use crate::support::ask;

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn entries_are_listed_the_newest_first() {
    let operator = Operator::owner();
    operator.ask(&["user", "disable", "12345678", "name"]);
    // Of the account alone: the service makes its first signing key by itself, some time after its start.
    let out = operator.ask(&["audit", "list", "--account", "12345678", "--limit", "1"]);
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
fn the_help_names_every_action_and_each_is_taken() {
    let operator = Operator::owner();
    let description: Value =
        serde_json::from_str(include_str!("../../../../../docs/api/openapi.json")).unwrap();
    let actions = &description["components"]["schemas"]["AuditAction"]["enum"];
    let help = operator.ask(&["audit", "list", "--help"]);
    let help: String = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for action in actions.as_array().unwrap().iter().map(|action| action.as_str().unwrap()) {
        assert!(help.contains(&format!("{action},")) || help.contains(&format!("{action}]")), "{action}");
        operator.ask(&["audit", "list", "--action", action]);
    }
}

#[test]
fn an_export_takes_how_long_ago_as_a_list_does() {
    let operator = Operator::owner();
    operator.server.wait_for_signing_key();
    let data = operator.folder.path("data");
    let export = |flag: &str, text: &str| {
        lines(&operator.ask(&["audit", "export", "--data-dir", data.to_str().unwrap(), flag, text])).len()
    };
    let all = export("--since", "1970-01-01");
    assert!(all > 0);
    assert_eq!((export("--since", "2h"), export("--until", "2h")), (all, 0));
    let help = operator.ask(&["audit", "export", "--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("or how long ago: 90m, 2h, 7d"), "{help}");
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

#[test]
fn the_entry_of_a_refusal_is_shown_with_its_details() {
    let operator = Operator::owner();
    let file = operator.folder.file("idp.xml", &metadata());
    operator.ask(&["connection", "add", "12345678", "idp", "--metadata", file.to_str().unwrap()]);
    let body = r#"{"jwt":"dummy","assertion":"PHg+"}"#;
    let server = operator.server.address("http");
    let refused = ask(&server, "POST", "/api/account/12345678/login?v=1.3", "", body);
    let id = refused.head.split("x-vestibule-refusal: ").nth(1).unwrap();
    let id = id.lines().next().unwrap();
    let list = ["audit", "list", "--refusal", id];
    let entry = &lines(&operator.ask(&[&list[..], &["--json"]].concat()))[0];
    let shown = operator.ask(&list);
    let shown: Vec<String> =
        shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let details = entry["details"].as_object().unwrap();
    assert!(["check", "why", "fix"].iter().all(|name| details.contains_key(*name)), "{details:?}");
    for (name, value) in details {
        let line = format!("{name} {}", value.as_str().unwrap());
        assert!(shown.contains(&line), "{line}: {shown:#?}");
    }
    assert!(shown[0].starts_with("SEQUENCE AT ACTION"), "{shown:#?}");
}

#[test]
fn a_refusal_that_is_not_found_may_come_five_seconds_later() {
    let operator = Operator::owner();
    let list = ["audit", "list", "--refusal", "5be0cd19137e2179"];
    for form in [&[][..], &["--json"]] {
        let outcome = operator.run(&[&list[..], form].concat());
        assert_eq!((outcome.code, outcome.out.as_str()), (Some(0), ""), "{}", outcome.err);
        let is_told = outcome.err.contains("up to five seconds later") && outcome.err.contains("ask again");
        assert!(is_told, "{}", outcome.err);
    }
    let other = operator.run(&["audit", "list", "--since", "2100-01-01"]);
    assert_eq!(other.err, "There are no entries.\n");
}

#[test]
fn entries_are_found_by_who_did_it_and_from_where() {
    let operator = Operator::owner();
    operator.ask(&["user", "disable", "12345678", "name"]);
    let number = |filter: &[&str]| {
        let all = ["audit", "list", "--account", "12345678", "--action", "changed", "--json"];
        lines(&operator.ask(&[&all[..], filter].concat())).len()
    };
    assert_eq!(number(&["--address", "127.0.0.1"]), 1);
    assert_eq!(number(&["--address", "192.0.2.1"]), 0);
    assert_eq!(number(&["--actor", "system"]), 0);
    assert_eq!(number(&["--application", "7"]), 0);
}
