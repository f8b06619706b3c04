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

/// The head of a PNG of one pixel, which nobody draws here.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

#[test]
fn an_account_gets_a_look_with_its_logo() {
    let operator = Operator::owner();
    let file = operator.folder.path("acme.png");
    std::fs::write(&file, PNG).unwrap();
    let logo = ["--logo", file.to_str().unwrap()];
    let look = ["--display-name", "Acme", "--accent", "#2B5797", "--contact", "help@acme.example"];
    let after = operator.json(&[&["account", "set", "12345678"][..], &look, &logo].concat());
    let expected = json!({ "name": "Acme", "accent": "#2b5797", "contact": "help@acme.example" });
    assert_eq!((&after["look"], &after["logo"]["type"]), (&expected, &json!("image/png")));
    let made = operator.json(&[&["account", "add", "acme"][..], &logo].concat());
    assert_eq!(made["logo"]["size"], json!(PNG.len()));
    operator.ask(&["account", "set", "acme", "--logo", "none", "--display-name", "none"]);
    assert_eq!(operator.json(&["account", "show", "acme"])["logo"], json!(null));
}

#[test]
fn a_logo_that_is_no_picture_changes_nothing() {
    let operator = Operator::owner();
    let file = operator.folder.path("acme.svg");
    std::fs::write(&file, "<svg/>").unwrap();
    let logo = file.to_str().unwrap();
    let outcome = operator.run(&["account", "set", "12345678", "--display-name", "Acme", "--logo", logo]);
    assert!(
        outcome.code == Some(2) && outcome.err.contains("no picture in PNG, JPEG or WebP"),
        "{}",
        outcome.err
    );
    assert_eq!(operator.json(&["account", "show", "12345678"])["look"]["name"], json!(null));
}

#[test]
fn an_account_asks_for_a_second_factor() {
    let operator = Operator::owner();
    let after = operator.json(&["account", "set", "12345678", "--second-factor", "required"]);
    assert_eq!(after["second_factor"], json!("required"));
    assert_eq!(operator.run(&["account", "set", "12345678", "--second-factor", "sometimes"]).code, Some(2));
}
