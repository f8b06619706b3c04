//! `vestibule user …`

use super::Operator;

#[test]
fn a_user_with_a_generated_password_has_to_change_it() {
    let operator = Operator::owner();
    let made =
        operator.json(&["user", "add", "12345678", "jane", "--full-name", "Jane Roe", "--generate-password"]);
    assert_eq!((&made["full_name"], &made["must_change_password"]), (&"Jane Roe".into(), &true.into()));
    let answer = operator.server.log_in("12345678", "jane", made["password"].as_str().unwrap());
    assert!(answer.status == 401 && answer.body.contains("must be changed"), "{}", answer.body);
}

#[test]
fn a_generated_password_stands_alone_on_the_last_line() {
    let operator = Operator::owner();
    for command in [
        &["user", "add", "12345678", "jane", "--generate-password"][..],
        &["user", "password", "12345678", "jane", "--generate-password"],
    ] {
        let outcome = operator.run(&[command, &["--must-change", "no"]].concat());
        let out = outcome.out.trim_end();
        let last = out.lines().last().unwrap();
        let password = last.strip_prefix("password  ").unwrap_or_else(|| panic!("{out}"));
        assert!(out.matches(password).count() == 1 && !out.starts_with('\n'), "{out}");
        assert!(outcome.err.contains("shown here and never again"), "{}", outcome.err);
        assert_eq!(operator.server.log_in("12345678", "jane", password).status, 200);
    }
}

#[test]
fn somebody_without_a_password_is_told_how_to_get_one() {
    let operator = Operator::owner();
    let told = |arguments: &[&str]| {
        let outcome = operator.run(&[&["user", "add", "12345678"], arguments].concat());
        assert_eq!(outcome.code, Some(0), "{}", outcome.err);
        outcome.err.contains("vestibule user password 12345678 ")
    };
    assert!(told(&["jane"]));
    assert!(!told(&["john", "--generate-password"]));
    assert!(!told(&["helper", "--kind", "bot"]));
}

#[test]
fn a_user_with_a_password_from_standard_input_logs_in() {
    let operator = Operator::owner();
    let add = ["user", "add", "12345678", "jane", "--password-stdin", "--must-change", "no"];
    let outcome = operator.give("pass word 1", &add);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert!(!outcome.out.contains("pass word 1"));
    assert_eq!(operator.server.log_in("12345678", "jane", "pass word 1").status, 200);
}

#[test]
fn a_password_that_the_policy_refuses_is_named_by_its_field_and_not_shown() {
    let operator = Operator::owner();
    let outcome = operator.give("hunter2", &["user", "password", "12345678", "name", "--password-stdin"]);
    assert!(outcome.code == Some(2) && outcome.err.contains("password: "), "{}", outcome.err);
    assert!(!outcome.err.contains("hunter2"));
}

#[test]
fn a_new_password_counts_and_the_old_one_does_not() {
    let operator = Operator::owner();
    let set = ["user", "password", "12345678", "name", "--password-stdin", "--must-change", "no"];
    assert_eq!(operator.give("another-1", &set).out, "set the password of user name\n");
    assert_eq!(operator.server.log_in("12345678", "name", "password").status, 401);
    assert_eq!(operator.server.log_in("12345678", "name", "another-1").status, 200);
}

#[test]
fn somebody_is_kept_out_and_let_in_again() {
    let operator = Operator::owner();
    assert_eq!(operator.ask(&["user", "disable", "12345678", "name"]), "disabled user name\n");
    assert_eq!(operator.server.log_in("12345678", "name", "password").status, 401);
    assert_eq!(operator.ask(&["user", "enable", "12345678", "name"]), "enabled user name\n");
    assert_eq!(operator.server.log_in("12345678", "name", "password").status, 200);
}

#[test]
fn a_lock_is_lifted() {
    let operator = Operator::owner();
    operator.ask(&["account", "set", "12345678", "--field", "lockout_policy.failures=1"]);
    operator.server.log_in("12345678", "name", "wrong");
    assert_eq!(operator.server.log_in("12345678", "name", "password").status, 401);
    operator.ask(&["user", "unlock", "12345678", "name"]);
    assert_eq!(operator.server.log_in("12345678", "name", "password").status, 200);
}

#[test]
fn a_name_that_two_have_is_told_apart_by_id() {
    let operator = Operator::owner();
    operator.ask(&["user", "add", "12345678", "jane"]);
    let agent =
        operator.json(&["user", "add", "12345678", "jane", "--population", "agent"])["id"].to_string();
    let outcome = operator.run(&["user", "show", "12345678", "jane"]);
    assert!(outcome.code == Some(2) && outcome.err.contains(&agent), "{}", outcome.err);
    assert_eq!(operator.json(&["user", "show", "12345678", &agent])["population"], "agent");
}

#[test]
fn the_last_login_of_a_user_is_a_time_in_list_and_show() {
    let operator = Operator::owner();
    let shown = || {
        let shown = operator.ask(&["user", "show", "12345678", "name"]);
        let mut rows = shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        rows.find(|row| row[0] == "last_login").map(|row| row[1].to_owned())
    };
    assert_eq!(shown(), None);
    operator.server.log_in("12345678", "name", "password");
    let time = shown().unwrap();
    assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
    let listed = operator.ask(&["user", "list", "12345678", "--name", "name"]);
    assert!(listed.contains(&time) && listed.to_lowercase().contains("last login"), "{listed}");
}

#[test]
fn users_are_listed_by_what_is_looked_for() {
    let operator = Operator::owner();
    let names = |filter: &[&str]| {
        let listed = operator.json(&[&["user", "list", "12345678"][..], filter].concat());
        let names =
            listed.as_array().unwrap().iter().map(|user| user["login_name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&["--name", "must"]), ["mustchange"]);
    assert_eq!(names(&["--population", "agent"]), ["agent1"]);
    assert_eq!(names(&["--enabled", "no"]), ["disabled"]);
}

#[test]
fn a_user_is_changed_and_removed() {
    let operator = Operator::owner();
    operator.ask(&["user", "add", "12345678", "jane"]);
    let set = ["user", "set", "12345678", "jane", "--login-name", "janet", "--max-chats", "3"];
    assert_eq!(operator.ask(&set), "changed user jane\n");
    assert_eq!(operator.json(&["user", "show", "12345678", "janet"])["max_chats"], 3);
    assert_eq!(operator.ask(&["user", "remove", "12345678", "janet", "--yes"]), "removed user janet\n");
    assert_eq!(operator.run(&["user", "show", "12345678", "janet"]).code, Some(6));
}

#[test]
fn a_user_is_not_removed_unasked() {
    let operator = Operator::owner();
    let outcome = operator.give("y", &["user", "remove", "12345678", "agent"]);
    assert!(outcome.code == Some(2) && outcome.err.contains("--yes"), "{}", outcome.err);
    assert_eq!(operator.json(&["user", "show", "12345678", "agent"])["login_name"], "agent");
}
