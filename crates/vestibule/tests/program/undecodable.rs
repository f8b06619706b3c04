//! Rows of the database that this version cannot decode: which they are is told by whatever meets them.

use crate::support::{Folder, Outcome, apply, run, vestibule};

/// A data directory with two accounts, whose rows another program has changed.
fn folder(statements: &str) -> Folder {
    let folder = Folder::new();
    let file = folder.file(
        "accounts.toml",
        r#"
[[account]]
id = "one"
[[account.profile]]
name = "Agents"
[[account.user]]
id = 4711
login_name = "alice"
password = "passw0rd"
profiles = ["Agents"]
[[account.user]]
id = 4712
login_name = "bob"
password = "passw0rd"
[[account]]
id = "two"
"#,
    );
    let made = run(&mut apply(&folder, &file));
    assert_eq!(made.code, Some(0), "{}", made.err);
    let database = rusqlite::Connection::open(folder.path("data").join("vestibule.db")).unwrap();
    database.execute_batch(statements).unwrap();
    folder
}

fn on(folder: &Folder, command: &str) -> Outcome {
    run(vestibule().arg(command).arg("--data-dir").arg(folder.path("data")))
}

fn serve(folder: &Folder) -> std::process::Command {
    let mut command = vestibule();
    command.arg("serve").env("VESTIBULE_SERVER_DATA_DIR", folder.path("data"));
    command.env("VESTIBULE_SERVER_HTTP", "127.0.0.1:0").env("VESTIBULE_SERVER_ADMIN", "127.0.0.1:0");
    command
}

const USER_KIND: &str = "UPDATE users SET kind = 9 WHERE id = 4711;";

const NAMED: &str = "table users, row id = 4711, account_id = one: column kind: 9 stands for no user kind that this version knows";

fn assert_named(outcome: &Outcome) {
    assert_eq!(outcome.code, Some(1), "{}{}", outcome.out, outcome.err);
    assert!(outcome.err.contains(NAMED), "{}", outcome.err);
}

#[test]
fn a_start_names_the_row_that_it_cannot_decode() {
    assert_named(&run(&mut serve(&folder(USER_KIND))));
}

#[test]
fn an_export_names_the_row_that_it_cannot_decode() {
    assert_named(&on(&folder(USER_KIND), "export"));
}

#[test]
fn apply_names_the_row_that_it_cannot_decode() {
    let folder = folder(USER_KIND);
    let file = folder.file("more.toml", "[[account]]\nid = \"three\"\n");
    assert_named(&run(&mut apply(&folder, &file)));
}

#[test]
fn doctor_lists_every_row_that_cannot_be_decoded_and_judges_the_others() {
    let folder = folder(
        "UPDATE users SET kind = 9 WHERE id = 4711;
         UPDATE users SET max_chats = -1 WHERE id = 4712;
         UPDATE profiles SET permissions = '[';
         UPDATE accounts SET state = 7 WHERE id = 'two';
         INSERT INTO administrators (user_id, role, account_id) VALUES (4712, 2, NULL);",
    );
    let outcome = on(&folder, "doctor");
    assert_eq!(outcome.code, Some(8), "{}", outcome.err);
    let findings: Vec<&str> = outcome.out.lines().filter(|line| !line.starts_with(' ')).collect();
    let expected = [
        "table accounts, row id = two: column state: 7 stands for no account state that this version knows",
        "table profiles, row account_id = one, id = 1: column permissions: EOF while parsing a list at line 1 column 1",
        NAMED,
        "table administrators, row user_id = 4712: an administrator of no account",
        "user one/bob: max_chats: this has to be 0 or more",
    ];
    assert_eq!(findings, expected, "{}", outcome.out);
    assert!(outcome.err.contains("5 findings, see above"), "{}", outcome.err);
}

/// Alice has a profile whose row is there, but cannot be decoded.
#[test]
fn what_refers_to_a_row_that_cannot_be_decoded_is_no_finding() {
    let outcome = on(&folder("UPDATE profiles SET role = 77;"), "doctor");
    let findings: Vec<&str> = outcome.out.lines().filter(|line| !line.starts_with(' ')).collect();
    let expected = [
        "table profiles, row account_id = one, id = 1: column role: 77 stands for no role type that this version knows",
    ];
    assert_eq!(findings, expected);
}

#[test]
fn what_is_secret_in_such_a_row_is_not_shown() {
    let folder = folder("UPDATE users SET password_history = '\"$argon2id$v=19$hash\"' WHERE id = 4711;");
    let outcome = on(&folder, "doctor");
    let said = "table users, row id = 4711, account_id = one: column password_history: not what this version writes there";
    assert!(outcome.out.contains(said), "{}", outcome.out);
    assert!(!outcome.out.contains("argon2id"), "{}", outcome.out);
}

#[test]
fn an_owner_whose_row_cannot_be_decoded_is_not_said_to_be_missing() {
    let folder = Folder::new();
    drop(crate::support::Server::serve(&folder, &[]));
    let database = rusqlite::Connection::open(folder.path("data").join("vestibule.db")).unwrap();
    database.execute_batch("UPDATE administrators SET role = 77").unwrap();
    let outcome = on(&folder, "doctor");
    assert!(outcome.out.contains("table administrators, row user_id = "), "{}", outcome.out);
    assert!(!outcome.out.contains("there would be no owner left"), "{}", outcome.out);
}

/// Neither a session nor a skill is what the profile could be.
#[test]
fn what_refers_to_nothing_is_a_finding_beside_rows_of_other_tables_that_cannot_be_decoded() {
    let folder = folder("UPDATE users SET profiles = '[999]' WHERE id = 4712;");
    add_session(&folder);
    let outcome = on(&folder, "doctor");
    assert!(outcome.out.contains("table sessions, row number = 3: "), "{}", outcome.out);
    assert!(outcome.out.contains("user one/bob: profiles: "), "{}", outcome.out);
}

fn add_session(folder: &Folder) {
    let database = rusqlite::Connection::open(folder.path("data").join("vestibule.db")).unwrap();
    database
        .execute_batch(
            "INSERT INTO sessions (number, id, account_id, user_id, application_kind, application_id, opening, dialect, created,
                 last_used, idle_ms, credential_version, secret_version)
             VALUES (3, zeroblob(16), 'one', 4711, 0, NULL, 55, 1, 0, 0, 1000, 0, 0)",
        )
        .unwrap();
}

#[test]
fn doctor_lists_sessions_that_cannot_be_decoded() {
    let folder = folder("");
    add_session(&folder);
    let outcome = on(&folder, "doctor");
    let said =
        "table sessions, row number = 3: column opening: 55 stands for no opening that this version knows";
    assert!(outcome.out.contains(said), "{}{}", outcome.out, outcome.err);
}

fn findings(statements: &str) -> Vec<String> {
    let outcome = on(&folder(statements), "doctor");
    outcome.out.lines().filter(|line| !line.starts_with(' ')).map(str::to_owned).collect()
}

#[test]
fn doctor_finds_what_belongs_to_no_account() {
    let statements = "PRAGMA foreign_keys = OFF; UPDATE users SET account_id = 'three' WHERE id = 4711;";
    let expected = "table users, row id = 4711, account_id = three: its account is not there";
    assert_eq!(findings(statements), [expected]);
}

#[test]
fn doctor_finds_users_who_are_found_under_another_name() {
    let expected = "table users, row id = 4711, account_id = one: column name_key: not the form of the login name under which a user is \
                    found";
    assert_eq!(findings("UPDATE users SET name_key = 'other' WHERE id = 4711;"), [expected]);
}

#[test]
fn doctor_finds_an_administrators_account_without_an_owner() {
    let folder = Folder::new();
    drop(crate::support::Server::serve(&folder, &[]));
    assert_eq!(on(&folder, "doctor").code, Some(0));
    let database = rusqlite::Connection::open(folder.path("data").join("vestibule.db")).unwrap();
    database.execute_batch("DELETE FROM administrators").unwrap();
    let outcome = on(&folder, "doctor");
    assert_eq!(outcome.code, Some(8), "{}", outcome.out);
    assert!(outcome.out.contains("account administrators: there would be no owner left"), "{}", outcome.out);
}

#[test]
fn a_start_with_a_secret_that_cannot_be_opened_says_who_names_its_key() {
    let folder = folder("");
    let keys = "[[account]]\nid = \"one\"\n[[account.api_key]]\nname = \"Bots\"\n";
    assert_eq!(run(&mut apply(&folder, &folder.file("keys.toml", keys))).code, Some(0));
    let database = rusqlite::Connection::open(folder.path("data").join("vestibule.db")).unwrap();
    database.execute_batch("UPDATE api_keys SET sealed_secret = x'00'").unwrap();
    drop(database);
    let outcome = run(&mut serve(&folder));
    assert_eq!(outcome.code, Some(1), "{}", outcome.err);
    let said = "a sealed secret of account one cannot be opened (`vestibule doctor` says of which API key)";
    assert!(outcome.err.contains(said), "{}", outcome.err);
}

/// What is advised repairs it: with such a key no service starts over whose API it could be repaired.
#[test]
fn doctor_finds_credentials_that_are_good_for_nothing_and_what_it_advises_repairs() {
    let folder = folder("");
    let keys = "[[account]]\nid = \"one\"\n[[account.api_key]]\nid = 1001\nname = \"Bots\"\n";
    assert_eq!(run(&mut apply(&folder, &folder.file("keys.toml", keys))).code, Some(0));
    let database = rusqlite::Connection::open(folder.path("data").join("vestibule.db")).unwrap();
    database
        .execute_batch("UPDATE api_keys SET sealed_secret = x'00'; UPDATE users SET password_hash = 'xx' WHERE id = 4711;")
        .unwrap();
    drop(database);
    let outcome = on(&folder, "doctor");
    let lines: Vec<&str> = outcome.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", outcome.out);
    assert!(lines[0].starts_with("api key one/Bots: secret: "), "{}", outcome.out);
    assert!(lines[1].contains("`access_token_secret`") && lines[1].contains("id = 1001"), "{}", outcome.out);
    assert!(lines[2].starts_with("user one/alice: password: "), "{}", outcome.out);
    let exported = folder.file("exported.toml", &on(&folder, "export").out);
    assert_eq!(run(&mut apply(&folder, &exported)).out, "= nothing to change\n");
    let repair = "secret = \"new-0123456789abcdef\"\naccess_token_secret = \"new-too-0123456789\"\n[[account.user]]\nid = 4711\nlogin_name = \"alice\"\npassword = \"an0ther-one\"\n";
    let repaired = run(&mut apply(&folder, &folder.file("repair.toml", &format!("{keys}{repair}"))));
    assert_eq!(repaired.code, Some(0), "{}", repaired.err);
    assert_eq!(on(&folder, "doctor").code, Some(0));
}

#[test]
fn another_password_repairs_a_hash_that_is_good_for_nothing_where_a_history_is_kept() {
    let folder = folder(
        "UPDATE accounts SET password_policy = json_set(password_policy, '$.history', 4);
         UPDATE users SET password_hash = 'xx' WHERE id = 4711;
         UPDATE users SET password_history = '[\"xx\"]' WHERE id = 4712;",
    );
    let outcome = on(&folder, "doctor");
    assert!(outcome.err.contains("2 findings"), "{}{}", outcome.out, outcome.err);
    let user = |id: u32, name| {
        format!("[[account.user]]\nid = {id}\nlogin_name = \"{name}\"\npassword = \"an0ther-one\"\n")
    };
    let repair = ["[[account]]\nid = \"one\"\n".to_owned(), user(4711, "alice"), user(4712, "bob")].concat();
    let repaired = run(&mut apply(&folder, &folder.file("repair.toml", &repair)));
    assert_eq!(repaired.code, Some(0), "{}", repaired.err);
    let outcome = on(&folder, "doctor");
    assert_eq!(outcome.code, Some(0), "{}", outcome.out);
}
