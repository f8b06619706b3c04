//! `vestibule export`

use std::os::unix::fs::PermissionsExt;

use crate::support::{Folder, Outcome, Server, apply, run, vestibule};

const ACCOUNT: &str = r#"
[[account]]
id = "one"
[[account.oauth_client]]
name = "Web"
[[account.user]]
login_name = "alice"
password = "passw0rd"
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    let file = folder.file("accounts.toml", ACCOUNT);
    assert_eq!(run(&mut apply(&folder, &file)).code, Some(0));
    folder
}

fn export(folder: &Folder, more: &[&str]) -> Outcome {
    run(vestibule().arg("export").arg("--data-dir").arg(folder.path("data")).args(more))
}

fn with_secrets(folder: &Folder) -> (Outcome, std::path::PathBuf) {
    let file = folder.path("secret.toml");
    (export(folder, &["--with-secrets", file.to_str().unwrap()]), file)
}

#[test]
fn what_it_writes_changes_nothing_when_it_is_applied() {
    let folder = folder();
    let file = folder.file("export.toml", &export(&folder, &[]).out);
    assert_eq!(run(&mut apply(&folder, &file)).out, "= nothing to change\n");
}

#[test]
fn an_instance_that_was_started_once_takes_it() {
    let (there, here) = (folder(), Folder::new());
    drop(Server::serve(&there, &[]));
    let text = export(&there, &[]).out;
    drop(Server::serve(&here, &[]));
    let applied = run(&mut apply(&here, &here.file("export.toml", &text)));
    assert_eq!(applied.code, Some(0), "{}", applied.err);
    assert!(applied.out.starts_with("+ account one\n"), "{}", applied.out);
}

#[test]
fn a5_standard_output_has_no_secrets() {
    let folder = folder();
    let out = export(&folder, &[]).out;
    assert!(
        out.contains("login_name = \"alice\"") && !out.contains("argon2") && !out.contains("secret"),
        "{out}"
    );
}

#[test]
fn a5_secrets_go_into_a_file_of_their_owner_alone() {
    let folder = folder();
    let (outcome, file) = with_secrets(&folder);
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(0), ""), "{}", outcome.err);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("password_hash = \"$argon2id$") && text.contains("secret_digest = \"1:"), "{text}");
    assert_eq!(run(&mut apply(&folder, &file)).out, "= nothing to change\n");
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let folder = folder();
    let file = folder.file("secret.toml", "precious");
    let (outcome, _) = with_secrets(&folder);
    assert_eq!(outcome.code, Some(3), "{}", outcome.err);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "precious");
    assert!(!audit(&folder).contains("directory-exported"));
}

#[test]
fn that_secrets_were_written_is_in_the_audit() {
    let folder = folder();
    export(&folder, &[]);
    assert!(!audit(&folder).contains("directory-exported"));
    with_secrets(&folder);
    let audit = audit(&folder);
    let entries: Vec<&str> = audit.lines().filter(|line| line.contains("directory-exported")).collect();
    assert!(entries.len() == 1 && entries[0].contains("\"uid "), "{audit}");
}

fn audit(folder: &Folder) -> String {
    run(vestibule().args(["audit", "export", "--data-dir"]).arg(folder.path("data"))).out
}

#[test]
fn what_cannot_be_written_is_a_failure() {
    let folder = folder();
    for command in ["export", "doctor"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut asked = vestibule();
        asked.arg(command).arg("--data-dir").arg(folder.path("data"));
        let status = asked.stdout(full).stderr(std::process::Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(1), "{command}");
    }
}

#[test]
fn where_the_file_cannot_be_the_audit_tells_of_none() {
    let folder = folder();
    let file = folder.path("nowhere").join("secret.toml");
    let outcome = export(&folder, &["--with-secrets", file.to_str().unwrap()]);
    assert_eq!(outcome.code, Some(1), "{}", outcome.err);
    assert!(!audit(&folder).contains("directory-exported"));
}
