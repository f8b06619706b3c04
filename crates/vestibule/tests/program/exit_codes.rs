//! The exit codes of the help, each as it comes about. 4: `audit.rs`, 5 to 7: `client/`, 8: `doctor.rs`,
//! 130: `stop.rs`.

use crate::support::{Folder, run, vestibule};

#[test]
fn zero_is_done() {
    assert_eq!(run(vestibule().args(["config", "default"])).code, Some(0));
}

#[test]
fn one_is_a_failure() {
    let folder = Folder::new();
    let mut command = vestibule();
    command.arg("backup").arg(folder.path("backup")).arg("--data-dir").arg(folder.path("nowhere"));
    assert_eq!(run(&mut command).code, Some(1));
}

#[test]
fn two_is_a_wrong_argument_or_a_wrong_file() {
    assert_eq!(run(vestibule().arg("--no-such-argument")).code, Some(2));
    let folder = Folder::new();
    let file = folder.file("vestibule.toml", "[nonsense]\n");
    assert_eq!(run(vestibule().args(["config", "check", "--config"]).arg(file)).code, Some(2));
}

#[test]
fn three_is_a_refusal_for_the_sake_of_something_that_is_there() {
    let folder = Folder::new();
    let accounts = folder.file("accounts.toml", "[[account]]\nid = \"one\"\n");
    assert_eq!(run(&mut crate::support::apply(&folder, &accounts)).code, Some(0));
    let file = folder.file("backup", "precious");
    let mut command = vestibule();
    command.arg("backup").arg(file).arg("--data-dir").arg(folder.path("data"));
    assert_eq!(run(&mut command).code, Some(3));
}

#[test]
fn the_help_lists_them() {
    let help = run(vestibule().arg("--help")).out;
    let listed = help.split("Exit codes:\n").nth(1).unwrap();
    let codes: Vec<&str> =
        listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    assert_eq!(codes, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "130"]);
}
