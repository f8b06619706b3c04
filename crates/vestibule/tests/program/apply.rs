//! `vestibule apply`

use std::fs;

use crate::support::{Folder, Outcome, Server, apply, run, vestibule};

const ACCOUNT: &str = r#"
[[account]]
id = "one"
[[account.api_key]]
name = "Bots"
[[account.user]]
login_name = "alice"
password = "passw0rd"
"#;

fn applied(folder: &Folder, text: &str) -> Outcome {
    run(&mut apply(folder, &folder.file("accounts.toml", text)))
}

fn refused(text: &str, expected: &str) {
    let outcome = applied(&Folder::new(), text);
    assert!(outcome.code == Some(2) && outcome.err.contains(expected), "{}", outcome.err);
}

#[test]
fn says_what_it_changed() {
    let outcome = applied(&Folder::new(), ACCOUNT);
    assert!(
        outcome.out.starts_with("+ account one\n+ api key one/Bots\n+ user one/alice\n"),
        "{}",
        outcome.out
    );
}

#[test]
fn changes_nothing_the_second_time() {
    let folder = Folder::new();
    applied(&folder, ACCOUNT);
    assert_eq!(applied(&folder, ACCOUNT).out, "= nothing to change\n");
}

#[test]
fn says_that_an_account_keeps_its_policies_whatever_policy_is_named() {
    let folder = Folder::new();
    applied(&folder, "[[account]]\nid = \"one\"\n");
    let file = folder.file("accounts.toml", "[[account]]\nid = \"one\"\npolicy = \"livevox\"\n");
    for outcome in [run(&mut apply(&folder, &file)), run(apply(&folder, &file).arg("--dry-run"))] {
        assert_eq!((outcome.code, outcome.out.as_str()), (Some(0), "= nothing to change\n"));
        assert!(outcome.err.contains("account one: policy: the account is there already"), "{}", outcome.err);
    }
}

#[test]
fn reads_standard_input_where_the_file_is_a_dash() {
    let folder = Folder::new();
    let mut command = apply(&folder, std::path::Path::new("-"));
    let outcome = crate::client::give(&mut command, "[[account]]\nid = \"one\"\n");
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(0), "+ account one\n"), "{}", outcome.err);
    let outcome = crate::client::give(&mut command, "nonsense = 1\n");
    assert!(outcome.err.contains("standard input:1:1: "), "{}", outcome.err);
}

#[test]
fn shows_generated_secrets() {
    let outcome = applied(&Folder::new(), ACCOUNT);
    assert!(outcome.out.contains("api key one/Bots: access_token_secret = \""), "{}", outcome.out);
}

#[test]
fn never_shows_a_declared_secret() {
    let outcome = applied(&Folder::new(), ACCOUNT);
    assert!(!outcome.out.contains("passw0rd") && !outcome.err.contains("passw0rd"));
}

#[test]
fn a_dry_run_says_what_it_would_change() {
    let folder = Folder::new();
    let file = folder.file("accounts.toml", ACCOUNT);
    let outcome = run(apply(&folder, &file).arg("--dry-run"));
    assert!(outcome.out.starts_with("would change:\n+ account one\n"), "{}", outcome.out);
}

#[test]
fn a_dry_run_shows_no_secrets() {
    let folder = Folder::new();
    let file = folder.file("accounts.toml", ACCOUNT);
    let outcome = run(apply(&folder, &file).arg("--dry-run"));
    assert!(outcome.out.contains("api key one/Bots: secret would be generated"), "{}", outcome.out);
}

#[test]
fn a_dry_run_makes_no_data_directory() {
    let folder = Folder::new();
    let file = folder.file("accounts.toml", ACCOUNT);
    run(apply(&folder, &file).arg("--dry-run"));
    assert!(!folder.path("data").exists());
}

#[test]
fn a_dry_run_changes_nothing() {
    let folder = Folder::new();
    applied(&folder, "[[account]]\nid = \"one\"\n");
    let file = folder.file("accounts.toml", ACCOUNT);
    let dry_run = || run(apply(&folder, &file).arg("--dry-run")).out;
    assert_eq!(dry_run(), dry_run());
}

#[test]
fn an_unknown_key_is_refused_with_its_place() {
    refused("[[account]]\nid = \"one\"\ncolour = \"red\"\n", "accounts.toml:3:1: account[0]");
}

#[test]
fn a_missing_reference_is_refused_with_its_element() {
    refused(
        "[[account]]\nid = \"one\"\n[[account.user]]\nlogin_name = \"a\"\nprofiles = [\"Boss\"]\n",
        "accounts.toml: user one/a: profiles: there is none with the name \"Boss\"",
    );
}

#[test]
fn what_something_stands_against_is_refused_with_its_element_and_the_code_that_the_command_line_has_for_it() {
    let folder = Folder::new();
    let account = "[[account]]\nid = \"one\"\nnumber = 1\n[[account.skill]]\nname = \"sales\"\n";
    applied(&folder, &format!("{account}[[account.user]]\nlogin_name = \"a\"\nskills = [\"sales\"]\n"));
    for (text, expected) in [
        ("[[account]]\nid = \"two\"\nnumber = 1\n", "account two: number: this is taken"),
        (&format!("{account}removed = true\n"), "skill one/sales: 1 user refers to it"),
    ] {
        let outcome = applied(&folder, text);
        assert_eq!(outcome.code, Some(3), "{}", outcome.err);
        assert!(outcome.err.contains(&format!("accounts.toml: {expected}")), "{}", outcome.err);
    }
}

#[test]
fn a_wrong_value_beside_what_something_stands_against_is_a_wrong_file() {
    refused(
        "[[account]]\nid = \"one\"\nnumber = 1\n[[account]]\nid = \"two\"\nnumber = 1\ncode = \"\"\n",
        "accounts.toml: account two: code: ",
    );
}

#[test]
fn a_violation_of_the_policy_is_refused_without_the_password() {
    let text = "[[account]]\nid = \"one\"\n[[account.user]]\nlogin_name = \"a\"\npassword = \"hunter2\"\n";
    let outcome = applied(&Folder::new(), text);
    let expected = "user one/a: password: the password must have at least 8 characters";
    assert!(outcome.err.contains(expected) && !outcome.err.contains("hunter2"), "{}", outcome.err);
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let folder = Folder::new();
    let outcome = run(&mut apply(&folder, &folder.path("nowhere.toml")));
    assert!(outcome.code == Some(2) && outcome.err.contains("nowhere.toml: No such file"), "{}", outcome.err);
}

#[test]
fn a_running_server_follows() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    applied(&folder, ACCOUNT);
    server.soon("login", |server| server.log_in("one", "alice", "passw0rd").status == 200);
}

#[test]
fn a_generated_password_is_right() {
    let folder = Folder::new();
    let text =
        "[[account]]\nid = \"one\"\n[[account.user]]\nlogin_name = \"a\"\nmust_change_password = false\n";
    let out = applied(&folder, text).out;
    let password = out.split("password = \"").nth(1).unwrap().split('"').next().unwrap();
    let server = Server::serve(&folder, &[]);
    assert_eq!(server.log_in("one", "a", password).status, 200);
}

#[test]
fn disabling_a_user_ends_the_users_sessions() {
    let folder = Folder::new();
    applied(&folder, ACCOUNT);
    let server = Server::serve(&folder, &[]);
    let login = server.log_in("one", "alice", "passw0rd").json();
    let disabled = ACCOUNT.replace("login_name = \"alice\"", "login_name = \"alice\"\nenabled = false");
    assert_eq!(applied(&folder, &disabled).out, "~ user one/alice: enabled true -> false\n");
    let cookie = format!("cookie: session_id={}\r\n", login["sessionId"].as_str().unwrap());
    let body = serde_json::json!({ "csrf": login["csrf"] }).to_string();
    let refresh = |server: &Server| {
        crate::support::ask(&server.address("http"), "POST", "/api/account/one/refresh", &cookie, &body)
            .status
    };
    server.soon("refusal", |server| refresh(server) == 401);
}

/// Ids of what is deleted are not given again, whichever the command.
#[test]
fn a_dry_run_refuses_what_the_run_refuses_for_an_id_that_was_somebody_elses() {
    let folder = Folder::new();
    let user = |more: &str| {
        format!("[[account]]\nid = \"one\"\n[[account.user]]\nid = 4711\nlogin_name = \"alice\"\n{more}")
    };
    for more in ["", "removed = true\n"] {
        let file = folder.file("accounts.toml", &user(more));
        assert_eq!(run(&mut apply(&folder, &file)).code, Some(0));
    }
    let file = folder.file("accounts.toml", &user(""));
    let dry = run(apply(&folder, &file).arg("--dry-run"));
    let real = run(&mut apply(&folder, &file));
    assert_eq!((dry.code, dry.err.as_str()), (Some(3), real.err.as_str()));
    assert_eq!(real.code, Some(3));
    let said = "user one/alice: id: a deleted user had this, and ids are not given again";
    assert!(real.err.contains(said), "{}", real.err);
}

/// By a rule, by the policy of passwords, by what the file cannot say.
#[test]
fn a_file_that_is_refused_makes_no_data_directory() {
    for refused in
        ["number = -4", "[[account.user]]\nlogin_name = \"a\"\npassword = \"short\"", "nonsense = 1"]
    {
        let folder = Folder::new();
        let file = folder.file("accounts.toml", &format!("[[account]]\nid = \"one\"\n{refused}\n"));
        let outcome = run(&mut apply(&folder, &file));
        assert_eq!(outcome.code, Some(2), "{}", outcome.err);
        assert!(!folder.path("data").exists(), "{refused}");
    }
}

#[test]
fn a_file_that_is_refused_leaves_a_folder_to_which_the_right_key_may_still_be_brought() {
    let (folder, from) = (Folder::new(), Folder::new());
    let right = folder.file("right.toml", "[[account]]\nid = \"one\"\n");
    assert_eq!(run(&mut apply(&from, &right)).code, Some(0));
    let wrong = folder.file("wrong.toml", "[[account]]\nid = \"one\"\nnumber = -4\n");
    fs::create_dir(folder.path("data")).unwrap();
    assert_eq!(run(&mut apply(&folder, &wrong)).code, Some(2));
    fs::copy(from.path("data").join("master.key"), folder.path("data").join("master.key")).unwrap();
    assert_eq!(run(&mut apply(&folder, &right)).code, Some(0));
}

/// A digest is good under the key that lies in the new folder.
#[test]
fn a_dry_run_judges_by_the_key_that_is_there() {
    let (folder, from) = (Folder::new(), Folder::new());
    let file =
        folder.file("made.toml", "[[account]]\nid = \"one\"\n[[account.oauth_client]]\nname = \"Web\"\n");
    assert_eq!(run(&mut apply(&from, &file)).code, Some(0));
    let moving = folder.path("moving.toml");
    let mut export = vestibule();
    export.arg("export").arg("--data-dir").arg(from.path("data")).arg("--with-secrets").arg(&moving);
    assert_eq!(run(&mut export).code, Some(0));
    fs::create_dir(folder.path("data")).unwrap();
    fs::copy(from.path("data").join("master.key"), folder.path("data").join("master.key")).unwrap();
    let dry = run(apply(&folder, &moving).arg("--dry-run"));
    assert_eq!(dry.code, Some(0), "{}", dry.err);
    assert_eq!(run(&mut apply(&folder, &moving)).code, Some(0));
}
