//! `vestibule why`

use super::Operator;

/// A session that the owner has ended: its reference and its bearer.
fn ended(operator: &Operator) -> (String, String) {
    let (reference, bearer) = operator.session_of("name", "password");
    operator.ask(&["session", "end", &reference]);
    (reference, bearer)
}

#[test]
fn who_ended_a_session_and_when_is_told_by_its_reference() {
    let operator = Operator::owner();
    let (reference, _) = ended(&operator);
    let out = operator.ask(&["why", &reference]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], format!("session {reference}"));
    assert!(lines[1].contains("administrator admin"), "{out}");
    assert!(lines[2].starts_with("  20") && lines[2].contains("opened by name"), "{out}");
}

#[test]
fn a_bearer_is_taken_from_standard_input_and_not_shown() {
    let operator = Operator::owner();
    let (reference, bearer) = ended(&operator);
    let outcome = operator.give(&bearer, &["why", "-"]);
    assert!(outcome.out.starts_with(&format!("session {reference}\n")), "{}", outcome.err);
    assert!(!outcome.out.contains(&bearer));
}

#[test]
fn the_lives_of_a_users_sessions_are_told() {
    let operator = Operator::owner();
    let (first, _) = ended(&operator);
    let (second, _) = ended(&operator);
    let lives = operator.json(&["why", "--account", "12345678", "--user", "name"]);
    let told: Vec<_> =
        lives.as_array().unwrap().iter().map(|life| life["session"].as_str().unwrap()).collect();
    assert_eq!(told, [second, first]);
}

#[test]
fn what_names_no_session_is_refused_and_not_shown() {
    let operator = Operator::owner();
    let outcome = operator.give("hunter2", &["why", "-"]);
    assert!(outcome.code == Some(2) && !outcome.err.contains("hunter2"), "{}", outcome.err);
}

#[test]
fn a_user_who_never_was_logged_in_has_no_sessions_to_tell_of() {
    let operator = Operator::owner();
    assert_eq!(operator.run(&["why", "--account", "12345678", "--user", "agent"]).code, Some(6));
}
