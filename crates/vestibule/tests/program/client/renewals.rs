//! `vestibule key|client|token renew`

use std::time::Duration;

use serde_json::{Value, json};

use super::Operator;
use crate::support::ask;

/// The status of a bot's login with what a creation or a renewal has printed.
fn log_in(operator: &Operator, values: &Value) -> u16 {
    let text = |field: &str| values[field].as_str().unwrap_or_default();
    let public_id = values["app_key"].as_str().or(values["client_id"].as_str()).unwrap();
    let body = json!({
        "username": "robot", "appKey": public_id, "secret": text("secret"),
        "accessToken": text("access_token"), "accessTokenSecret": text("access_token_secret"),
    });
    let path = "/api/account/12345678/login?v=1.3";
    ask(&operator.server.address("http"), "POST", path, "", &body.to_string()).status
}

/// Makes something and a bot that is tied to it.
fn tied(operator: &Operator, kind: &str) -> Value {
    let made = operator.json(&[kind, "add", "12345678", "mine", "--privilege", "user-login"]);
    operator.ask(&["user", "add", "12345678", "robot", "--kind", "bot", "--app-key", "mine"]);
    made
}

#[test]
fn old_and_new_secrets_of_a_key_and_a_client_both_log_in_until_there_is_no_overlap() {
    for kind in ["key", "client"] {
        let operator = Operator::owner();
        let first = tied(&operator, kind);
        let second = operator.json(&[kind, "renew", "12345678", "mine"]);
        assert_eq!((log_in(&operator, &first), log_in(&operator, &second)), (200, 200), "{kind}");
        let third = operator.json(&[kind, "renew", "12345678", "mine", "--overlap", "0"]);
        let statuses = [&first, &second, &third].map(|values| log_in(&operator, values));
        assert_eq!(statuses, [401, 401, 200], "{kind}");
        assert_eq!(first["id"], third["id"]);
    }
}

#[test]
fn an_overlap_is_ended_before_its_time() {
    for (kind, what) in [("key", "API key"), ("client", "OAuth client")] {
        let operator = Operator::owner();
        let first = tied(&operator, kind);
        let second = operator.json(&[kind, "renew", "12345678", "mine"]);
        let told = operator.ask(&[kind, "end-overlap", "12345678", "mine"]);
        assert_eq!(told, format!("ended the overlap of {what} mine\n"));
        assert_eq!([&first, &second].map(|values| log_in(&operator, values)), [401, 200], "{kind}");
    }
}

#[test]
fn the_overlap_is_a_day_unless_it_is_said() {
    let operator = Operator::owner();
    let token = operator.json(&["token", "add", "12345678", "dialler"]);
    let left = |renewed: &Value| {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap();
        let until = renewed["previous_values_until"].as_u64().unwrap();
        Duration::from_millis(until).saturating_sub(now)
    };
    let near = |left: Duration, hours: u64| {
        let expected = Duration::from_hours(hours);
        left <= expected && left > expected.saturating_sub(Duration::from_mins(5))
    };
    let renewed = operator.json(&["token", "renew", "12345678", "dialler"]);
    assert!(near(left(&renewed), 24), "{renewed}");
    assert_ne!(renewed["token"], token["token"]);
    operator.json(&["token", "renew", "12345678", "dialler", "--overlap", "0"]);
    let renewed = operator.json(&["token", "renew", "12345678", "dialler", "--overlap", "7d"]);
    assert!(near(left(&renewed), 7 * 24), "{renewed}");
}

#[test]
fn the_screen_has_the_new_secrets_and_says_how_long_the_old_ones_work() {
    let operator = Operator::owner();
    operator.ask(&["client", "add", "12345678", "reports"]);
    let outcome = operator.run(&["client", "renew", "12345678", "reports", "--overlap", "2h"]);
    let shown = operator.json(&["client", "show", "12345678", "reports"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert!(
        outcome.out.contains("secret") && outcome.out.contains("previous_values_until"),
        "{}",
        outcome.out
    );
    assert!(outcome.err.contains("never again") && outcome.err.contains("work until 20"), "{}", outcome.err);
    assert!(shown["previous_values_until"].is_number() && shown["secret"].is_null(), "{shown}");
    let outcome = operator.run(&["client", "renew", "12345678", "reports", "--overlap", "0"]);
    assert!(outcome.err.contains("do not work any more"), "{}", outcome.err);
}

#[test]
fn what_cannot_be_renewed_is_told_with_its_exit_code() {
    let operator = Operator::owner();
    operator.ask(&["key", "add", "12345678", "mine"]);
    let renew = |more: &[&str]| operator.run(&[&["key", "renew", "12345678"], more].concat());
    for (arguments, code, told) in [
        (&["nobody"][..], 6, "nobody"),
        (&["mine", "--overlap", "soon"], 2, "--overlap"),
        (&["mine", "--overlap", "91d"], 2, "90 days"),
    ] {
        let outcome = renew(arguments);
        assert_eq!((outcome.code, outcome.err.contains(told)), (Some(code), true), "{}", outcome.err);
    }
    assert_eq!(renew(&["mine"]).code, Some(0));
    let again = renew(&["mine"]);
    assert!(again.code == Some(3) && again.err.contains("without an overlap"), "{}", again.err);
    let outcome = operator.run(&["profile", "renew", "12345678", "Agent"]);
    assert_eq!(outcome.code, Some(2), "profiles have no secrets");
}
