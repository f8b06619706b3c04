//! `vestibule administrator …` and `vestibule administration-token …`

use super::{Operator, ask_as, give};
use crate::support::{Folder, Outcome, run};

/// Makes a token; answers its secret.
fn token(operator: &Operator, name: &str, role: &[&str]) -> String {
    let create = ["administration-token", "create", name, "--role"];
    operator.json(&[&create, role].concat())["secret"].as_str().unwrap().to_owned()
}

/// Asks as somebody who has a token, and nothing else.
fn ask_by(operator: &Operator, token: &str, arguments: &[&str]) -> Outcome {
    let mut command = ask_as(&Folder::new());
    command.args(arguments).args(["--server", &operator.url()]).env("VESTIBULE_CLIENT_TOKEN", token);
    run(&mut command)
}

#[test]
fn a_token_is_shown_once_when_it_is_made() {
    let operator = Operator::owner();
    let outcome = operator.run(&["administration-token", "create", "deploy", "--role", "owner"]);
    let secret = outcome.out.lines().find_map(|line| line.strip_prefix("secret ")).unwrap().trim().to_owned();
    assert!(outcome.err.contains("never again"), "{}", outcome.err);
    assert!(!operator.ask(&["administration-token", "show", "deploy"]).contains(&secret));
}

#[test]
fn a_token_opens_the_service_from_the_environment_and_from_standard_input() {
    let operator = Operator::owner();
    let token = token(&operator, "deploy", &["owner"]);
    assert_eq!(ask_by(&operator, &token, &["session", "list"]).code, Some(0));
    let mut command = ask_as(&Folder::new());
    command.args(["session", "list", "--token-stdin", "--server", &operator.url()]);
    assert_eq!(give(&mut command, &token).code, Some(0));
}

#[test]
fn a_token_is_saved_with_its_service() {
    let operator = Operator::owner();
    let token = token(&operator, "deploy", &["owner"]);
    let folder = Folder::new();
    let add = ["server", "add", "here", &operator.url(), "--token-stdin"];
    assert_eq!(give(ask_as(&folder).args(add), &token).code, Some(0));
    assert_eq!(run(ask_as(&folder).args(["session", "list"])).code, Some(0));
    let outcome = run(ask_as(&folder).arg("logout"));
    assert!(outcome.code == Some(0) && outcome.out.contains("until it is revoked"), "{}", outcome.err);
    assert_eq!(run(ask_as(&folder).args(["session", "list"])).code, Some(5));
}

#[test]
fn a_token_is_no_argument() {
    let operator = Operator::owner();
    for arguments in [["session", "list", "--token", "t"], ["session", "list", "--token-stdin", "t"]] {
        assert_eq!(operator.run(&arguments).code, Some(2));
    }
}

#[test]
fn a_token_does_what_its_role_allows() {
    let operator = Operator::owner();
    let (reference, _) = operator.session_of("name", "password");
    let token = token(&operator, "reader", &["auditor", "--account", "12345678"]);
    assert_eq!(ask_by(&operator, &token, &["session", "list", "--account", "12345678"]).code, Some(0));
    let outcome = ask_by(&operator, &token, &["session", "end", &reference]);
    assert!(outcome.code == Some(5) && outcome.err.contains("role"), "{}", outcome.err);
}

#[test]
fn a_revoked_token_opens_nothing_and_stays_in_the_list() {
    let operator = Operator::owner();
    let token = token(&operator, "deploy", &["owner", "--expires", "2h"]);
    operator.ask(&["administration-token", "revoke", "deploy"]);
    assert_eq!(ask_by(&operator, &token, &["session", "list"]).code, Some(5));
    let listed = operator.json(&["administration-token", "list"]);
    assert!(listed[0]["name"] == "deploy" && listed[0]["revoked"].is_i64(), "{listed}");
}

#[test]
fn a_name_that_is_taken_is_refused_for_its_sake() {
    let operator = Operator::owner();
    token(&operator, "deploy", &["owner"]);
    let outcome = operator.run(&["administration-token", "create", "deploy", "--role", "owner"]);
    assert!(outcome.code == Some(3) && outcome.err.contains("name: "), "{}", outcome.err);
}

#[test]
fn what_the_service_finds_wrong_is_a_wrong_argument_with_its_field() {
    let operator = Operator::owner();
    let create = ["administration-token", "create", "deploy", "--role", "administrator"];
    let outcome = operator.run(&create);
    assert!(outcome.code == Some(2) && outcome.err.contains("account: "), "{}", outcome.err);
    let outcome = operator.run(&[&create[..], &["--account", "12345678", "--expires", "900d"]].concat());
    assert!(outcome.code == Some(2) && outcome.err.contains("expires: "), "{}", outcome.err);
}

#[test]
fn a_user_is_given_a_role_and_loses_it() {
    let operator = Operator::owner();
    let user = operator.json(&["user", "add", "administrators", "jane"])["id"].to_string();
    operator.ask(&["administrator", "set", "jane", "--role", "owner"]);
    operator.ask(&["administrator", "set", &user, "--role", "administrator", "--account", "12345678"]);
    let out = operator.ask(&["administrator", "list"]);
    let jane = out.lines().find(|line| line.starts_with(&user)).unwrap();
    assert_eq!(
        jane.split_whitespace().collect::<Vec<_>>(),
        [&user, "jane", "administrator", "12345678", "yes", "no"]
    );
    operator.ask(&["administrator", "remove", "jane"]);
    assert_eq!(operator.json(&["administrator", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn the_last_owner_stays_one() {
    let operator = Operator::owner();
    let outcome = operator.run(&["administrator", "remove", "admin"]);
    assert!(outcome.code == Some(3) && outcome.err.contains("no owner left"), "{}", outcome.err);
}
