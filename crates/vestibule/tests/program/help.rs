//! The help, as golden files: a change of it is a change that somebody has looked at.
//!
//! After a change that is meant: `UPDATE_GOLDEN=1 cargo test -p vestibule --test program help`.

use std::fs;
use std::path::Path;

use crate::support::{run, vestibule};

fn is_golden(name: &str, arguments: &[&str]) {
    is_golden_text(name, &run(vestibule().args(arguments)).out);
}

fn is_golden_text(name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, printed).unwrap();
    }
    assert_eq!(printed, fs::read_to_string(&path).unwrap_or_default(), "{name}");
}

#[test]
fn of_the_program() {
    is_golden("help.txt", &["--help"]);
}

#[test]
fn of_dev() {
    is_golden("help-dev.txt", &["dev", "--help"]);
}

#[test]
fn of_serve() {
    is_golden("help-serve.txt", &["serve", "--help"]);
}

#[test]
fn of_healthcheck() {
    is_golden("help-healthcheck.txt", &["healthcheck", "--help"]);
}

#[test]
fn of_apply() {
    is_golden("help-apply.txt", &["apply", "--help"]);
}

#[test]
fn of_export() {
    is_golden("help-export.txt", &["export", "--help"]);
}

#[test]
fn of_doctor() {
    is_golden("help-doctor.txt", &["doctor", "--help"]);
}

#[test]
fn of_audit_verify() {
    is_golden("help-audit-verify.txt", &["audit", "verify", "--help"]);
}

#[test]
fn of_audit_list() {
    is_golden("help-audit-list.txt", &["audit", "list", "--help"]);
}

#[test]
fn of_audit_export() {
    is_golden("help-audit-export.txt", &["audit", "export", "--help"]);
}

#[test]
fn of_backup() {
    is_golden("help-backup.txt", &["backup", "--help"]);
}

#[test]
fn of_backup_verify() {
    is_golden("help-backup-verify.txt", &["backup", "verify", "--help"]);
}

#[test]
fn of_restore() {
    is_golden("help-restore.txt", &["restore", "--help"]);
}

#[test]
fn of_witness_renew() {
    is_golden("help-witness-renew.txt", &["witness", "renew", "--help"]);
}

#[test]
fn of_config() {
    is_golden("help-config.txt", &["config", "--help"]);
}

/// The help of a command and of everything below it, one after the other.
fn all_help(command: &[&str], text: &mut String) {
    let help = run(vestibule().args(command).arg("-h")).out;
    let listed =
        help.split("Commands:\n").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let below: Vec<&str> = names.filter(|name| !name.is_empty() && *name != "help").collect();
    let title = command.join(" ");
    for part in ["=== vestibule ", &title, " -h\n", &help, "\n"] {
        text.push_str(part);
    }
    for name in below {
        all_help(&[command, &[name]].concat(), text);
    }
}

#[test]
fn of_everything_that_asks_a_service() {
    let nouns = [
        "login",
        "logout",
        "server",
        "password",
        "account",
        "policy",
        "user",
        "profile",
        "group",
        "skill",
        "key",
        "client",
        "token",
        "gateway-rule",
        "session",
        "why",
        "traffic",
        "administrator",
        "administration-token",
        "audit",
    ];
    let mut text = String::new();
    for noun in nouns {
        all_help(&[noun], &mut text);
    }
    is_golden_text("help-service.txt", &text);
}

#[test]
fn of_a_command_with_all_options_of_the_service() {
    is_golden("help-user-list.txt", &["user", "list", "--help"]);
}

#[test]
fn of_login() {
    is_golden("help-login.txt", &["login", "--help"]);
}

#[test]
fn of_why() {
    is_golden("help-why.txt", &["why", "--help"]);
}

#[test]
fn the_example_in_the_help_of_apply_is_a_declaration() {
    let help = run(vestibule().args(["apply", "--help"])).out;
    let example = help.split("are required):\n").nth(1).unwrap().split("\nExamples:").next().unwrap();
    let folder = crate::support::Folder::new();
    let file = folder.file("example.toml", example);
    let outcome = run(crate::support::apply(&folder, &file).arg("--dry-run"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
}

#[test]
fn the_version_is_printed() {
    assert_eq!(run(vestibule().arg("--version")).out, concat!("vestibule ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let outcome = run(vestibule().args(["completions", shell]));
        assert!(outcome.code == Some(0) && outcome.out.contains("vestibule"), "{shell}");
    }
}
