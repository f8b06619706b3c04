//! `vestibule backup`

use std::fs;

use super::{backed_up, backup, demo, done, refused, restore};
use crate::support::{Folder, run, vestibule};

#[test]
fn a_backup_says_what_is_in_it_and_what_is_not() {
    let folder = demo();
    let out = backup(&folder, &folder.path("backup")).out;
    assert!(out.contains("1 account, 7 users, 0 sessions\n"), "{out}");
    assert!(out.contains("The master key is not in it"), "{out}");
}

#[test]
fn s10_a_backup_does_not_hold_the_master_key() {
    let folder = backed_up();
    let key = fs::read_to_string(folder.path("data/master.key")).unwrap();
    let raw: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap()).collect();
    let bytes = fs::read(folder.path("backup")).unwrap();
    assert!(!bytes.windows(32).any(|window| window == raw));
    assert!(!bytes.windows(64).any(|window| window.eq_ignore_ascii_case(key.trim().as_bytes())));
}

#[test]
fn nothing_is_shown_of_progress_on_a_pipe() {
    let folder = demo();
    assert_eq!(backup(&folder, &folder.path("backup")).err, "");
    assert_eq!(restore(&folder, &[]).err, "");
}

#[test]
fn a_backup_does_not_replace_a_file_unless_it_is_told_to() {
    let folder = demo();
    let file = folder.file("backup", "precious");
    refused(&backup(&folder, &file), 3, "is there already: choose another name, or say --overwrite");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    let mut command = vestibule();
    command.arg("backup").arg(&file).arg("--overwrite").arg("--data-dir").arg(folder.path("data"));
    done(&run(&mut command));
    done(&restore(&folder, &[]));
}

#[test]
fn a_backup_into_a_folder_that_is_not_there_is_refused() {
    let folder = demo();
    refused(&backup(&folder, &folder.path("nowhere/backup")), 2, "cannot use its folder: No such file");
}

#[test]
fn a_backup_into_the_data_directory_is_refused() {
    let folder = demo();
    for name in ["data/backup", "data/vestibule.db"] {
        refused(&backup(&folder, &folder.path(name)), 2, "this is in the data directory");
    }
}

#[test]
fn a_backup_over_something_that_is_no_file_is_refused() {
    let folder = demo();
    fs::create_dir(folder.path("backup")).unwrap();
    refused(&backup(&folder, &folder.path("backup")), 2, "this is no plain file");
}

#[test]
fn a_backup_of_nothing_is_refused() {
    let folder = Folder::new();
    refused(&backup(&folder, &folder.path("backup")), 1, "cannot open the data directory");
    fs::create_dir(folder.path("data")).unwrap();
    refused(&backup(&folder, &folder.path("backup")), 1, "there is no database in");
}

#[test]
fn a_backup_of_a_damaged_database_is_refused_and_leaves_nothing() {
    let folder = demo();
    let database = folder.path("data/vestibule.db");
    let mut bytes = fs::read(&database).unwrap();
    let last = bytes.len() - 4096;
    bytes[last..].fill(0x5a);
    fs::write(&database, bytes).unwrap();
    refused(&backup(&folder, &folder.path("backups")), 1, "not sound");
    let names: Vec<_> =
        fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["data"]);
}
