//! `vestibule second-factor …`, and what a login asks of whoever has one

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use totp_rs::{Builder, Secret};

use super::Operator;
use crate::support::{Folder, Server, apply, dev, run};

const PASSWORD: &str = "admin-password";
const SET_UP: [&str; 3] = ["second-factor", "set-up", "--password-stdin"];
const NO_CODE: &str = "a code of the second factor is asked for";

#[expect(clippy::disallowed_methods, reason = "the program under test goes by the machine's clock")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// The code of a device, so many steps from now: each counts once, and the next one counts already.
fn code(secret: &str, steps: u64) -> String {
    let time = now().as_secs() + 30 * steps;
    let secret = Secret::try_from_base32(secret).unwrap();
    Builder::new().with_secret(secret).build_noncompliant().generate(time).to_string()
}

/// What a command that sets one up leaves: the secret, and what it printed on standard output and on standard error.
struct SetUp {
    secret: String,
    code: Option<i32>,
    out: String,
    err: String,
}

/// Sets one up as a person does: the secret is read as it is shown, before the code is given.
fn set_up(mut command: Command) -> SetUp {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{PASSWORD}").unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut err = String::new();
    let secret = loop {
        let before = err.len();
        assert!(errors.read_line(&mut err).unwrap() > 0, "no secret: {err}");
        if let Some((_, secret)) = err[before..].split_once("type the secret there: ") {
            break secret.trim().to_owned();
        }
    };
    writeln!(input, "{}", code(&secret, 0)).unwrap();
    errors.read_to_string(&mut err).unwrap();
    let output = child.wait_with_output().unwrap();
    SetUp { secret, code: output.status.code(), out: String::from_utf8(output.stdout).unwrap(), err }
}

/// The first owner, logged in, with a second factor: its secret and the recovery codes.
fn enrolled(operator: &Operator) -> (String, Vec<String>) {
    let set_up = set_up(operator.command(&SET_UP));
    assert_eq!(set_up.code, Some(0), "{}", set_up.err);
    (set_up.secret, set_up.out.lines().map(str::to_owned).collect())
}

#[test]
fn it_is_set_up_with_a_picture_and_the_recovery_codes_are_all_that_goes_to_standard_output() {
    let operator = Operator::owner();
    let set_up = set_up(operator.command(&SET_UP));
    assert_eq!((set_up.code, set_up.out.lines().count()), (Some(0), 10), "{}", set_up.err);
    assert!(set_up.out.lines().all(|code| code.len() == 19), "{}", set_up.out);
    assert!(set_up.err.contains("█▀") && set_up.err.contains("otpauth://totp/"), "{}", set_up.err);
    // The session that took the place of the one before is kept.
    let shown = operator.json(&["second-factor", "show"]);
    assert_eq!(shown["recovery_codes_left"], 10);
}

#[test]
fn programs_are_told_the_secret_and_the_recovery_codes_as_json() {
    let operator = Operator::owner();
    let mut command = operator.command(&[&SET_UP[..], &["--json"]].concat());
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{PASSWORD}").unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    let begun = next();
    writeln!(input, "{}", code(begun["secret"].as_str().unwrap(), 0)).unwrap();
    assert_eq!(next()["recovery_codes"].as_array().unwrap().len(), 10);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_login_asks_for_the_code_behind_the_password() {
    let operator = Operator::owner();
    let (secret, _) = enrolled(&operator);
    let asked = operator.log_in(PASSWORD);
    assert!(asked.code == Some(2) && asked.err.contains(NO_CODE), "{}", asked.err);
    let wrong = operator.log_in(&format!("{PASSWORD}\nwrong"));
    assert_eq!((wrong.code, wrong.err.as_str()), (Some(5), "vestibule: The login was refused\n"));
    let right = operator.log_in(&format!("{PASSWORD}\n{}", code(&secret, 1)));
    assert_eq!(right.code, Some(0), "{}", right.err);
    operator.ask(&["account", "list"]);
}

#[test]
fn a_wrong_code_sets_nothing_up() {
    let operator = Operator::owner();
    let given = format!("{PASSWORD}\nwrong");
    let outcome = operator.give(&given, &SET_UP);
    assert!(outcome.code == Some(2) && outcome.err.contains("code: "), "{}", outcome.err);
    assert_eq!(operator.log_in(PASSWORD).code, Some(0));
}

#[test]
fn recovery_codes_log_in_and_are_made_anew() {
    let operator = Operator::owner();
    let (secret, codes) = enrolled(&operator);
    assert_eq!(operator.log_in(&format!("{PASSWORD}\n{}", codes[0])).code, Some(0));
    let given = format!("{PASSWORD}\n{}", code(&secret, 1));
    let renewed = operator.give(&given, &["second-factor", "recovery-codes", "--password-stdin"]);
    assert_eq!((renewed.code, renewed.out.lines().count()), (Some(0), 10), "{}", renewed.err);
    assert_eq!(operator.log_in(&format!("{PASSWORD}\n{}", codes[1])).code, Some(5));
    let new = renewed.out.lines().next().unwrap();
    assert_eq!(operator.log_in(&format!("{PASSWORD}\n{new}")).code, Some(0));
}

#[test]
fn it_is_removed_with_the_password_and_a_code() {
    let operator = Operator::owner();
    let (secret, _) = enrolled(&operator);
    let remove = ["second-factor", "remove", "--password-stdin"];
    let wrong = operator.give(&format!("wrong\n{}", code(&secret, 1)), &remove);
    assert!(wrong.code == Some(2) && wrong.err.contains("password: "), "{}", wrong.err);
    let right = operator.give(&format!("{PASSWORD}\n{}", code(&secret, 1)), &remove);
    assert_eq!(right.code, Some(0), "{}", right.err);
    assert_eq!(operator.log_in(PASSWORD).code, Some(0));
}

#[test]
fn ones_own_password_is_changed_with_a_code_and_the_next_one() {
    let operator = Operator::owner();
    let (secret, codes) = enrolled(&operator);
    let given = format!("{PASSWORD}\nlantern-otter-quilt\n{}\n{}", code(&secret, 1), codes[0]);
    let changed = operator.give(&given, &["password", "admin", "--password-stdin"]);
    assert_eq!(changed.code, Some(0), "{}", changed.err);
    operator.ask(&["account", "list"]);
}

/// Each code counts once, so the login behind the change needs another one, which may not be there yet.
#[test]
fn a_change_with_one_code_stands_and_says_that_the_login_is_missing() {
    let operator = Operator::owner();
    let (secret, codes) = enrolled(&operator);
    let new = "lantern-otter-quilt";
    let given = format!("{PASSWORD}\n{new}\n{}", code(&secret, 1));
    let changed = operator.give(&given, &["password", "admin", "--password-stdin"]);
    let told = "vestibule: the password is changed; log in with it and the next code: vestibule login\n";
    assert_eq!((changed.code, changed.err.as_str()), (Some(1), told));
    assert_eq!(operator.log_in(&format!("{new}\n{}", codes[0])).code, Some(0));
}

#[test]
fn a_change_before_a_login_that_is_refused_stands_and_is_told() {
    let operator = Operator::owner();
    let (_, codes) = enrolled(&operator);
    let given = format!("{PASSWORD}\nlantern-otter-quilt\n{}\nwrong", codes[0]);
    let changed = operator.give(&given, &["password", "admin", "--password-stdin"]);
    assert_eq!(changed.code, Some(5), "{}", changed.err);
    let is_told = changed.err.contains("the password is changed; log in with it: vestibule login");
    assert!(is_told && changed.err.contains("The login was refused"), "{}", changed.err);
}

#[test]
fn a_change_without_a_code_is_not_made_and_asks_for_it() {
    let operator = Operator::owner();
    let (_, codes) = enrolled(&operator);
    let given = format!("{PASSWORD}\nlantern-otter-quilt");
    let outcome = operator.give(&given, &["password", "admin", "--password-stdin"]);
    assert!(outcome.code == Some(2) && outcome.err.contains(NO_CODE), "{}", outcome.err);
    assert_eq!(operator.log_in(&format!("{PASSWORD}\n{}", codes[0])).code, Some(0));
}

#[test]
fn an_owner_resets_that_of_another_administrator_and_sees_who_has_one() {
    let operator = Operator::owner();
    operator.give(
        "F1rst-admin-pass",
        &["user", "add", "administrators", "jane", "--password-stdin", "--must-change", "no"],
    );
    operator.ask(&["administrator", "set", "jane", "--role", "owner"]);
    enrolled(&operator);
    let list = || operator.json(&["administrator", "list"]);
    let has = |name: &str| {
        let list = list();
        let found = list.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
        found["has_second_factor"].as_bool().unwrap()
    };
    assert_eq!((has("admin"), has("jane")), (true, false));
    let own = operator.run(&["user", "reset-second-factor", "administrators", "admin"]);
    assert!(own.code == Some(3) && own.err.contains("the password and a code"), "{}", own.err);
    let url = operator.url();
    let login = ["login", "jane", "--password-stdin", "--server", &url];
    assert_eq!(operator.give("F1rst-admin-pass", &login).code, Some(0));
    let told = operator.ask(&["user", "reset-second-factor", "administrators", "admin"]);
    let expected = "removed the second factor of user admin: the password alone signs in, or where one is required, only to set up another\n";
    assert_eq!(told, expected);
    assert_eq!(operator.log_in(PASSWORD).code, Some(0));
}

/// A service that demands one, and its first owner, who has none.
fn demanding() -> Operator {
    let folder = Folder::new();
    let mut command = dev(&folder);
    command.env("VESTIBULE_ADMIN_SECOND_FACTOR", "required");
    let server = Server::of(command, &folder, "Ctrl-C stops");
    Operator { folder, server }
}

#[test]
fn where_administrators_need_one_nothing_else_is_answered_before() {
    let operator = demanding();
    let logged_in = operator.log_in(PASSWORD);
    let is_told = logged_in.err.contains("vestibule second-factor set-up");
    assert!(logged_in.code == Some(0) && is_told, "{}", logged_in.err);
    let refused = operator.run(&["account", "list"]);
    let is_told = refused.err.contains("vestibule second-factor set-up");
    assert!(refused.code == Some(5) && is_told, "{}", refused.err);
    enrolled(&operator);
    operator.ask(&["account", "list"]);
}

#[test]
fn the_only_owner_who_lost_everything_is_let_in_by_whoever_may_write_the_data_directory() {
    let operator = demanding();
    assert_eq!(operator.log_in(PASSWORD).code, Some(0));
    enrolled(&operator);
    assert_eq!(operator.log_in(PASSWORD).code, Some(2));
    let declared = "[[account]]\nid = \"administrators\"\n[[account.user]]\nlogin_name = \"admin\"\nsecond_factor = false\n";
    let file = operator.folder.file("owner.toml", declared);
    let applied = run(&mut apply(&operator.folder, &file));
    assert_eq!(applied.code, Some(0), "{}", applied.err);
    assert!(applied.out.contains("~ user administrators/admin: second_factor"), "{}", applied.out);
    operator.server.soon("a login without a code", |_| operator.log_in(PASSWORD).code == Some(0));
    enrolled(&operator);
}

#[test]
fn it_is_sealed_anew_when_the_master_key_rotates_and_goes_on_working() {
    let operator = Operator::owner();
    let (secret, _) = enrolled(&operator);
    let data = operator.folder.path("data");
    operator.ask(&["master-key", "generate", "--data-dir", data.to_str().unwrap()]);
    operator.ask(&["master-key", "reload"]);
    operator.ask(&["master-key", "rotate"]);
    let remain = || operator.json(&["master-key", "list"])[0]["remains"]["sealed_secrets"].clone();
    operator.server.soon("secrets that are sealed anew", |_| remain() == 0);
    let right = operator.log_in(&format!("{PASSWORD}\n{}", code(&secret, 1)));
    assert_eq!(right.code, Some(0), "{}", right.err);
}
