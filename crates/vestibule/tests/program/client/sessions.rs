//! `vestibule session …`

use super::Operator;

#[test]
fn sessions_are_listed_as_a_table() {
    let operator = Operator::owner();
    let (reference, _) = operator.session_of("name", "password");
    let out = operator.ask(&["session", "list", "--account", "12345678"]);
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0][..4], ["REFERENCE", "ACCOUNT", "USER", "NAME"]);
    assert_eq!(lines[1][0], reference);
    assert_eq!(lines[1][3..7], ["name", "liveperson", "password", "127.0.0.1"]);
}

#[test]
fn sessions_are_listed_as_one_json_array() {
    let operator = Operator::owner();
    let (reference, _) = operator.session_of("name", "password");
    let listed = operator.json(&["session", "list", "--account", "12345678"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!((&listed[0]["reference"], &listed[0]["name"]), (&reference.into(), &"name".into()));
}

#[test]
fn no_sessions_are_an_empty_array_and_a_sentence() {
    let operator = Operator::owner();
    let list = ["session", "list", "--account", "12345678"];
    assert_eq!(operator.json(&list), serde_json::json!([]));
    let outcome = operator.run(&list);
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("", "There are no sessions.\n"));
}

#[test]
fn a_list_is_cut_off_at_its_limit_and_says_so() {
    let operator = Operator::owner();
    operator.session_of("name", "password");
    operator.session_of("agent", "agent-password");
    let outcome = operator.run(&["session", "list", "--limit", "2", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(outcome.err.contains("There are more"), "{}", outcome.err);
    assert_eq!(operator.json(&["session", "list", "--all"]).as_array().unwrap().len(), 3);
}

#[test]
fn sessions_are_found_by_who_where_and_when() {
    let operator = Operator::owner();
    operator.session_of("name", "password");
    operator.session_of("agent", "agent-password");
    let number = |filter: &[&str]| {
        let all = ["session", "list", "--account", "12345678"];
        operator.json(&[&all, filter].concat()).as_array().unwrap().len()
    };
    assert_eq!(number(&["--user", "agent"]), 1);
    assert_eq!(number(&["--address", "127.0.0.1"]), 2);
    assert_eq!(number(&["--address", "192.0.2.1"]), 0);
    assert_eq!(number(&["--opened-since", "1h"]), 2);
    assert_eq!(number(&["--opened-before", "1h"]), 0);
    assert_eq!(number(&["--opened-before", "2100-01-01"]), 2);
}

#[test]
fn a_filter_that_is_none_is_a_wrong_argument() {
    let operator = Operator::owner();
    for (flag, value) in [
        ("--account", "a b"),
        ("--user", "jane"),
        ("--application", "Bots"),
        ("--address", "home"),
        ("--opened-since", "yesterday"),
        ("--opened-before", "-2h"),
        ("--limit", "0"),
    ] {
        let outcome = operator.run(&["session", "list", &format!("{flag}={value}")]);
        assert!(outcome.code == Some(2) && outcome.err.contains(flag), "{}", outcome.err);
    }
}

#[test]
fn one_session_is_shown_with_its_fields() {
    let operator = Operator::owner();
    let (reference, _) = operator.session_of("name", "password");
    let shown = operator.ask(&["session", "show", &reference]);
    assert!(shown.starts_with(&format!("reference  {reference}\naccount    12345678\n")), "{shown}");
    assert_eq!(operator.json(&["session", "show", &reference])["name"], "name");
}

#[test]
fn a_session_is_ended_once() {
    let operator = Operator::owner();
    let (reference, _) = operator.session_of("name", "password");
    assert_eq!(operator.ask(&["session", "end", &reference]), format!("ended session {reference}\n"));
    let outcome = operator.run(&["session", "end", &reference]);
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(6), "vestibule: there is no such session\n"));
}

#[test]
fn a_bearer_in_the_place_of_a_reference_is_refused_and_not_shown() {
    let operator = Operator::owner();
    let (_, bearer) = operator.session_of("name", "password");
    for command in [&["session", "show"][..], &["session", "end"], &["why"], &["audit", "list", "--session"]]
    {
        let outcome = operator.run(&[command, &[&bearer]].concat());
        assert_eq!(outcome.code, Some(2), "{}", outcome.err);
        assert!(!outcome.err.contains(&bearer), "{}", outcome.err);
    }
}

#[test]
fn all_sessions_of_a_user_are_ended() {
    let operator = Operator::owner();
    operator.session_of("name", "password");
    operator.session_of("agent", "agent-password");
    assert_eq!(operator.ask(&["session", "end-all", "12345678", "--user", "name"]), "ended 1 session\n");
    assert_eq!(operator.json(&["user", "end-sessions", "12345678", "agent"])["ended"], 1);
    assert_eq!(operator.json(&["session", "list", "--account", "12345678"]), serde_json::json!([]));
}

#[test]
fn all_sessions_of_an_account_are_ended_by_somebody_who_means_it() {
    let operator = Operator::owner();
    operator.session_of("name", "password");
    let outcome = operator.run(&["session", "end-all", "12345678"]);
    assert!(outcome.code == Some(2) && outcome.err.contains("--yes"), "{}", outcome.err);
    assert_eq!(operator.ask(&["session", "end-all", "12345678", "--yes"]), "ended 1 session\n");
}

#[test]
fn all_sessions_from_an_address_are_ended_in_an_account_or_everywhere() {
    let operator = Operator::owner();
    operator.session_of("name", "password");
    let end = |more: &[&str]| operator.ask(&[&["session", "end-all"], more].concat());
    assert_eq!(end(&["12345678", "--address", "192.0.2.1", "--yes"]), "ended 0 sessions\n");
    assert_eq!(end(&["--address", "2001:db8::1", "--yes"]), "ended 0 sessions\n");
    assert_eq!(end(&["12345678", "--address", "127.0.0.1", "--yes"]), "ended 1 session\n");
    assert_eq!(end(&["--address", "127.0.0.1", "--yes"]), "ended 1 session\n", "one's own");
}

#[test]
fn all_sessions_of_a_time_are_ended_by_somebody_who_means_it() {
    let operator = Operator::owner();
    operator.session_of("name", "password");
    let of_time = ["session", "end-all", "12345678", "--opened-since"];
    let outcome = operator.run(&[&of_time[..], &["1h"]].concat());
    assert!(outcome.code == Some(2) && outcome.err.contains("--yes"), "{}", outcome.err);
    let before = ["session", "end-all", "12345678", "--opened-before", "1h", "--yes"];
    assert_eq!(operator.ask(&before), "ended 0 sessions\n");
    assert_eq!(operator.ask(&[&of_time[..], &["1h", "--yes"]].concat()), "ended 1 session\n");
}

#[test]
fn all_sessions_but_ones_own_are_ended_by_somebody_who_means_it() {
    let operator = Operator::owner();
    operator.session_of("name", "password");
    for which in [&["--everything"][..], &["--address", "127.0.0.1"]] {
        let outcome = operator.run(&[&["session", "end-all"], which].concat());
        assert!(outcome.code == Some(2) && outcome.err.contains("--yes"), "{}", outcome.err);
    }
    assert_eq!(operator.ask(&["session", "end-all", "--everything", "--yes"]), "ended 1 session\n");
    assert_eq!(operator.json(&["session", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn whose_sessions_end_has_to_be_said() {
    let operator = Operator::owner();
    for wrong in
        [&[][..], &["--user", "name"], &["12345678", "--everything"], &["--everything", "--user", "1"]]
    {
        assert_eq!(
            operator.run(&[&["session", "end-all", "--yes"], wrong].concat()).code,
            Some(2),
            "{wrong:?}"
        );
    }
}

#[test]
fn ended_sessions_are_listed_with_the_reason() {
    let operator = Operator::owner();
    let (reference, _) = operator.session_of("name", "password");
    operator.ask(&["session", "end", &reference]);
    let ended = ["session", "ended", "--account", "12345678"];
    let out = operator.ask(&ended);
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((lines.len(), lines[1][0], lines[1][3]), (2, reference.as_str(), "name"), "{out}");
    let number = |filter: &[&str]| operator.json(&[&ended, filter].concat()).as_array().unwrap().len();
    assert_eq!(number(&["--user", "name", "--reason", "ended-by-administrator", "--since", "1h"]), 1);
    assert_eq!(number(&["--reason", "logged-out"]), 0);
    assert_eq!(number(&["--actor", "system"]), 0);
    assert_eq!(number(&["--opened-from", "127.0.0.1"]), 1);
}
