//! `vestibule server …`, `--server`, `--ca`, and what the environment says.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use super::{Operator, ask_as, give};
use crate::support::{Folder, run, vestibule};

#[test]
fn without_a_service_the_command_that_chooses_one_is_named() {
    let outcome = run(ask_as(&Folder::new()).args(["session", "list"]));
    assert!(
        outcome.code == Some(2) && outcome.err.contains("vestibule login --server URL"),
        "{}",
        outcome.err
    );
}

#[test]
fn a_service_that_was_logged_in_to_by_its_url_is_saved_and_chosen() {
    let operator = Operator::owner();
    let listed = operator.json(&["server", "list"]);
    let expected = serde_json::json!([{
        "name": operator.server.address("admin"), "url": operator.url(), "chosen": true, "token": true, "ca": null,
    }]);
    assert_eq!(listed, expected);
}

#[test]
fn one_that_is_saved_is_chosen_again_by_a_login_to_its_url() {
    let operator = Operator::owner();
    operator.ask(&["server", "add", "other", "https://other.example.com"]);
    operator.ask(&["server", "use", "other"]);
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    let listed = operator.json(&["server", "list"]);
    let chosen: Vec<&serde_json::Value> =
        listed.as_array().unwrap().iter().filter(|server| server["chosen"] == true).collect();
    assert_eq!(chosen.len(), 1);
    assert_eq!(chosen[0]["url"], operator.url());
}

#[test]
fn services_are_saved_chosen_and_forgotten() {
    let folder = Folder::new();
    let ask = |arguments: &[&str]| run(ask_as(&folder).args(arguments));
    assert_eq!(ask(&["server", "add", "one", "https://one.example.com"]).code, Some(0));
    assert_eq!(ask(&["server", "add", "two", "https://two.example.com/below/"]).code, Some(0));
    assert_eq!(ask(&["server", "use", "two"]).code, Some(0));
    let listed = ask(&["server", "list"]).out;
    let lines: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[1], ["one", "https://one.example.com", "no", "no"]);
    assert_eq!(lines[2], ["two", "https://two.example.com/below", "yes", "no"]);
    assert_eq!(ask(&["server", "remove", "two"]).code, Some(0));
    let outcome = ask(&["server", "use", "two"]);
    assert!(outcome.code == Some(2) && outcome.err.contains("\"two\" (one)"), "{}", outcome.err);
}

#[test]
fn a_saved_session_goes_to_no_other_service() {
    let operator = Operator::owner();
    let other = Operator::stranger();
    let outcome = operator.run(&["session", "list", "--server", &other.url()]);
    assert!(outcome.code == Some(5) && outcome.err.contains("nobody is logged in"), "{}", outcome.err);
}

#[test]
fn plain_http_to_another_machine_is_refused_unless_it_is_allowed() {
    let folder = Folder::new();
    let add = ["server", "add", "far", "http://192.0.2.1:8081"];
    let outcome = run(ask_as(&folder).args(add));
    assert!(outcome.code == Some(2) && outcome.err.contains("--plaintext"), "{}", outcome.err);
    assert_eq!(run(ask_as(&folder).args(add).arg("--plaintext")).code, Some(0));
}

#[test]
fn a_service_that_is_not_there_is_told_at_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = ask_as(&Folder::new());
    command.args(["session", "list", "--token-stdin", "--server", &format!("http://{port}")]);
    let outcome = give(&mut command, "token");
    assert!(outcome.code == Some(7) && outcome.err.contains("does not answer"), "{}", outcome.err);
}

#[test]
fn only_the_authority_that_is_named_is_trusted() {
    let operator = Operator::stranger();
    let url = format!("https://{}", operator.server.address("https"));
    let ca = operator.folder.path("data/ca.pem");
    let list = ["session", "list", "--token-stdin", "--server", &url];
    let outcome = operator.give("token", &list);
    assert!(outcome.code == Some(7) && outcome.err.contains("certificate"), "{}", outcome.err);
    // The listener of clients has no administration, which only somebody who got through to it can know.
    let outcome = operator.give("token", &[&list[..], &["--ca", ca.to_str().unwrap()]].concat());
    assert_eq!(outcome.code, Some(6), "{}", outcome.err);
}

#[test]
fn an_authority_that_is_none_is_named() {
    let operator = Operator::owner();
    let file = operator.folder.file("none.pem", "nothing");
    for (ca, reason) in [(file.to_str().unwrap(), "no certificate"), ("/nowhere/ca.pem", "No such file")] {
        let outcome = operator.run(&["session", "list", "--ca", ca]);
        assert!(outcome.code == Some(2) && outcome.err.contains(reason), "{}", outcome.err);
    }
}

#[test]
fn the_environment_chooses_where_no_argument_does() {
    let operator = Operator::owner();
    let mut command = operator.command(&["session", "list"]);
    let outcome = run(command.env("VESTIBULE_CLIENT_SERVER", "elsewhere"));
    assert!(outcome.code == Some(2) && outcome.err.contains("elsewhere"), "{}", outcome.err);
    let mut command = operator.command(&["session", "list", "--server", &operator.url()]);
    assert_eq!(run(command.env("VESTIBULE_CLIENT_SERVER", "elsewhere")).code, Some(0));
}

#[test]
fn a_server_is_not_disturbed_by_the_variables_of_its_clients() {
    let mut command = vestibule();
    command.args(["config", "check"]).env("VESTIBULE_CLIENT_TOKEN", "t").env("VESTIBULE_CLIENT_CA", "c");
    let outcome = run(command.env("VESTIBULE_CLIENT_SERVER", "s"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let outcome = run(vestibule().args(["config", "check"]).env("VESTIBULE_CLIENT_TOKENS", "t"));
    assert_eq!(outcome.code, Some(2), "{}", outcome.err);
}

#[test]
fn a_file_of_services_that_others_can_read_is_refused() {
    let operator = Operator::owner();
    let file = operator.folder.path("config/vestibule/servers.toml");
    fs::set_permissions(file, fs::Permissions::from_mode(0o640)).unwrap();
    let outcome = operator.run(&["session", "list"]);
    assert!(outcome.code == Some(1) && outcome.err.contains("chmod 600"), "{}", outcome.err);
}
