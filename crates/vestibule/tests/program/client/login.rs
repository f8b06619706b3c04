//! `vestibule login` and `logout`

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{Operator, ask_as, give};
use crate::support::{Folder, Server, ask, run};

#[test]
fn a_login_is_kept_in_a_file_of_its_owner_alone() {
    let operator = Operator::owner();
    let file = operator.folder.path("config/vestibule/servers.toml");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(!fs::read_to_string(file).unwrap().contains("admin-password"));
}

#[test]
fn a_login_says_who_and_until_when_and_shows_no_bearer() {
    let operator = Operator::stranger();
    let outcome = operator.log_in("admin-password");
    assert!(outcome.out.contains(" as admin, owner; the session ends at 20"), "{}", outcome.out);
    let file = fs::read_to_string(operator.folder.path("config/vestibule/servers.toml")).unwrap();
    let bearer = file.lines().find_map(|line| line.strip_prefix("token = \"")?.strip_suffix('"')).unwrap();
    assert!(!outcome.out.contains(bearer) && !outcome.err.contains(bearer));
}

#[test]
fn a_wrong_password_is_refused_and_nothing_is_kept() {
    let operator = Operator::stranger();
    let outcome = operator.log_in("wrong");
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(5), "vestibule: The login was refused\n"));
    assert!(!operator.folder.path("config").exists());
}

#[test]
fn a_password_is_no_argument() {
    let operator = Operator::stranger();
    let url = operator.url();
    for flag in ["--password", "--password-stdin"] {
        let outcome = operator.run(&["login", "admin", flag, "admin-password", "--server", &url]);
        assert_eq!(outcome.code, Some(2), "{}", outcome.err);
    }
}

#[test]
fn without_a_terminal_nobody_is_asked_for_a_name() {
    let operator = Operator::stranger();
    let outcome = operator.run(&["login", "--server", &operator.url()]);
    assert!(outcome.code == Some(2) && outcome.err.contains("NAME: "), "{}", outcome.err);
}

#[test]
fn a_logout_ends_the_session_and_forgets_it() {
    let operator = Operator::owner();
    let file = fs::read_to_string(operator.folder.path("config/vestibule/servers.toml")).unwrap();
    let bearer = file.lines().find_map(|line| line.strip_prefix("token = \"")?.strip_suffix('"')).unwrap();
    assert_eq!(operator.ask(&["logout"]), "logged out\n");
    let header = format!("authorization: Bearer {bearer}\r\n");
    let admin = operator.server.address("admin");
    assert_eq!(ask(&admin, "GET", "/admin/v1/sessions", &header, "").status, 401);
    let outcome = operator.run(&["session", "list"]);
    assert!(outcome.code == Some(5) && outcome.err.contains("vestibule login"), "{}", outcome.err);
}

#[test]
fn a_logout_with_a_token_from_elsewhere_leaves_the_session_that_is_kept() {
    let operator = Operator::owner();
    let token = operator.json(&["administration-token", "create", "deploy", "--role", "owner"]);
    let mut command = operator.command(&["logout"]);
    command.env("VESTIBULE_CLIENT_TOKEN", token["secret"].as_str().unwrap());
    assert_eq!(run(&mut command).code, Some(0));
    operator.ask(&["session", "list"]);
}

#[test]
fn a_session_that_has_ended_is_told_with_what_to_do() {
    let operator = Operator::owner();
    let listed = operator.json(&["session", "list", "--account", "administrators"]);
    operator.ask(&["session", "end", listed[0]["reference"].as_str().unwrap()]);
    let outcome = operator.run(&["session", "list"]);
    assert!(outcome.code == Some(5) && outcome.err.contains("vestibule login"), "{}", outcome.err);
    assert_eq!(operator.ask(&["logout"]), "the session had ended already\n");
}

#[test]
fn logging_in_again_takes_the_place_of_the_session_before() {
    let operator = Operator::owner();
    assert_eq!(operator.give("admin-password", &["login", "admin", "--password-stdin"]).code, Some(0));
    assert_eq!(operator.json(&["server", "list"]).as_array().unwrap().len(), 1);
    operator.ask(&["session", "list"]);
}

/// A service of whose first owner the password is still the generated one, which is answered too.
fn installed(folder: &Folder) -> (Server, String) {
    let server = Server::serve(folder, &[]);
    let text = fs::read_to_string(folder.path("data/first-owner.txt")).unwrap();
    let password = text.lines().find_map(|line| line.strip_prefix("password: ")).unwrap().to_owned();
    (server, password)
}

const NEW: &str = "lantern-otter-quilt";

#[test]
fn a_login_changes_a_password_that_must_be_changed() {
    let folder = Folder::new();
    let (server, password) = installed(&folder);
    let operator = Operator { folder, server };
    let outcome = operator.log_in(&format!("{password}\n{NEW}"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert!(
        outcome.err.contains("The password must be changed. A new one has 12 characters"),
        "{}",
        outcome.err
    );
    operator.ask(&["account", "list"]);
    assert_eq!(operator.log_in(NEW).code, Some(0));
}

#[test]
fn a_login_without_the_new_password_says_where_to_give_it() {
    let folder = Folder::new();
    let (server, password) = installed(&folder);
    let operator = Operator { folder, server };
    let outcome = operator.log_in(&password);
    assert!(outcome.code == Some(2) && outcome.err.contains("second line"), "{}", outcome.err);
    assert!(!outcome.err.contains(&password));
}

#[test]
fn ones_own_password_is_changed_and_other_sessions_end() {
    let operator = Operator::owner();
    let other = Folder::new();
    let mut command = ask_as(&other);
    let url = operator.url();
    command.args(["login", "admin", "--password-stdin", "--server", &url]);
    assert_eq!(give(&mut command, "admin-password").code, Some(0));

    let outcome =
        operator.give(&format!("admin-password\n{NEW}"), &["password", "admin", "--password-stdin"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert!(!outcome.out.contains(NEW) && !outcome.err.contains(NEW));
    operator.ask(&["session", "list"]);
    assert_eq!(run(ask_as(&other).args(["session", "list"])).code, Some(5));
    assert_eq!(operator.log_in("admin-password").code, Some(5));
    assert_eq!(operator.log_in(NEW).code, Some(0));
}

#[test]
fn a_new_password_that_is_easy_to_guess_is_refused_with_the_reason() {
    let operator = Operator::owner();
    let given = "admin-password\nadministrators1";
    let outcome = operator.give(given, &["password", "admin", "--password-stdin"]);
    assert!(outcome.code == Some(2) && outcome.err.contains("too easy to guess"), "{}", outcome.err);
    operator.ask(&["session", "list"]);
}
