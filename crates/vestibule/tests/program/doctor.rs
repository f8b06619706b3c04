//! `vestibule doctor`

use crate::support::{Folder, Outcome, apply, run, vestibule};

fn doctor(folder: &Folder) -> Outcome {
    run(vestibule().arg("doctor").arg("--data-dir").arg(folder.path("data")))
}

/// A data directory whose rows another program has changed.
fn folder(statements: &str) -> Folder {
    let folder = Folder::new();
    let file = folder.file(
        "accounts.toml",
        "[[account]]\nid = \"one\"\n[[account.user]]\nid = 4711\nlogin_name = \"alice\"\npassword = \"passw0rd\"\n",
    );
    assert_eq!(run(&mut apply(&folder, &file)).code, Some(0));
    let database = rusqlite::Connection::open(folder.path("data").join("vestibule.db")).unwrap();
    database.execute_batch(statements).unwrap();
    folder
}

#[test]
fn a_sound_directory_is_said_to_be_so() {
    let outcome = doctor(&folder(""));
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (Some(0), "sound    everything that is stored keeps the rules\n")
    );
}

#[test]
fn what_breaks_a_rule_is_listed_with_what_to_do() {
    let outcome = doctor(&folder("UPDATE accounts SET number = -4; UPDATE users SET max_chats = -1;"));
    assert_eq!(outcome.code, Some(8), "{}", outcome.err);
    let expected = "account one: number: this has to be 0 or more\n    \
        give it another `number`, over the API or in a file for `vestibule apply`: [[account]] id = \"one\"\n\
        user one/alice: max_chats: this has to be 0 or more\n    give it another `max_chats`, over the API or in a file for \
        `vestibule apply`: [[account]] id = \"one\", [[account.user]] id = 4711\n";
    assert_eq!(outcome.out, expected);
    assert!(outcome.err.contains("2 findings, see above"), "{}", outcome.err);
}

#[test]
fn it_changes_nothing_and_what_it_advises_repairs() {
    let folder = folder("UPDATE accounts SET number = -4;");
    assert_eq!([doctor(&folder).code, doctor(&folder).code], [Some(8), Some(8)]);
    let repair = folder.file("repair.toml", "[[account]]\nid = \"one\"\nnumber = 7\n");
    assert_eq!(run(&mut apply(&folder, &repair)).out, "~ account one: number -4 -> 7\n");
    assert_eq!(doctor(&folder).code, Some(0));
}

#[test]
fn a_data_directory_that_is_not_there_is_not_made() {
    let folder = Folder::new();
    assert_ne!(doctor(&folder).code, Some(0));
    assert!(!folder.path("data").exists());
}
