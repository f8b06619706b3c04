//! `vestibule account …`

use serde_json::json;

use super::Operator;

#[test]
fn an_account_is_made_with_what_is_told() {
    let operator = Operator::owner();
    let made = operator.json(&[
        "account",
        "add",
        "acme",
        "--code",
        "ACME",
        "--time-zone",
        "Europe/Athens",
        "--feature",
        "User Type - Bot",
        "--service",
        "agentVep",
        "--service",
        "other=host:443",
    ]);
    assert_eq!((&made["id"], &made["code"]), (&json!("acme"), &json!("ACME")));
    assert_eq!(made["features"], json!(["User Type - Bot"]));
    let services =
        json!([{ "name": "agentVep", "base_uri": null }, { "name": "other", "base_uri": "host:443" }]);
    assert_eq!(made["services"], services);
    assert_eq!(operator.json(&["account", "show", "acme"]), made);
}

#[test]
fn a_policy_is_changed_field_by_field() {
    let operator = Operator::owner();
    let before = operator.json(&["account", "show", "12345678"]);
    let fields = ["--field", "lockout_policy.failures=9", "--field", "lockout_policy.unlock.after-minutes=7"];
    let after = operator.json(&[&["account", "set", "12345678"][..], &fields].concat());
    assert_eq!(after["lockout_policy"], json!({ "failures": 9, "unlock": { "after-minutes": 7 } }));
    assert_eq!(after["password_policy"], before["password_policy"]);
}

#[test]
fn policies_are_listed_and_accounts_made_after_them() {
    let operator = Operator::owner();
    let table = operator.ask(&["policy", "list"]);
    assert!(["modern", "liveperson", "livevox"].iter().all(|name| table.contains(name)), "{table}");
    let policy = operator.json(&["policy", "show", "livevox"]);
    let made = operator.json(&["account", "add", "acme", "--policy", "livevox"]);
    for field in ["password_policy", "lockout_policy", "agent_lockout_policy"] {
        assert_eq!(made[field], policy[field], "{field}");
    }
    assert_eq!(operator.run(&["policy", "show", "strict"]).code, Some(6));
}

#[test]
fn lists_are_emptied_by_none() {
    let operator = Operator::owner();
    let after = operator.json(&["account", "set", "12345678", "--feature", "none", "--service", "none"]);
    assert_eq!((&after["features"], &after["services"]), (&json!([]), &json!([])));
}

#[test]
fn a_change_of_nothing_and_a_field_that_is_none_are_wrong_arguments() {
    let operator = Operator::owner();
    for (arguments, reason) in [
        (&[][..], "nothing to change"),
        (&["--field", "nonsense=1"], "nonsense: "),
        (&["--field", "x"], "NAME=VALUE"),
    ] {
        let outcome = operator.run(&[&["account", "set", "12345678"][..], arguments].concat());
        assert!(outcome.code == Some(2) && outcome.err.contains(reason), "{}", outcome.err);
    }
}

#[test]
fn a_secret_is_no_field_to_set_by_argument() {
    let operator = Operator::owner();
    let outcome = operator.run(&["user", "add", "12345678", "jane", "--field", "password=hunter22"]);
    assert!(outcome.code == Some(2) && outcome.err.contains("never an argument"), "{}", outcome.err);
    assert!(!outcome.err.contains("hunter22"));
}

#[test]
fn an_account_is_removed_by_somebody_who_means_it() {
    let operator = Operator::owner();
    operator.ask(&["account", "add", "acme"]);
    let outcome = operator.run(&["account", "remove", "acme"]);
    assert!(outcome.code == Some(2) && outcome.err.contains("--yes"), "{}", outcome.err);
    assert_eq!(operator.ask(&["account", "remove", "acme", "--yes"]), "removed account acme\n");
    assert_eq!(operator.run(&["account", "show", "acme"]).code, Some(6));
}

#[test]
fn accounts_are_listed() {
    let operator = Operator::owner();
    let out = operator.ask(&["account", "list"]);
    assert!(out.starts_with("ID "), "{out}");
    assert!(out.lines().any(|line| line.starts_with("12345678 ")), "{out}");
}
