//! Backups from before a rotation.

use std::fs;
use std::path::Path;

use super::*;

#[test]
fn a_backup_from_before_a_rotation_is_restored_with_the_keys_of_both() {
    let (operator, secret) = operator();
    let backup = operator.folder.path("backup");
    let data = operator.folder.path("data");
    let taken = run(vestibule().arg("backup").arg(&backup).arg("--data-dir").arg(&data));
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    generate(&operator);
    operator.ask(&["master-key", "rotate"]);
    let Operator { folder, server } = operator;
    server.signal(Signal::TERM);
    server.end();
    let restore = |key: &Path| {
        run(vestibule()
            .arg("restore")
            .arg(&backup)
            .args(["--overwrite", "--data-dir"])
            .arg(&data)
            .arg("--key")
            .arg(key))
    };
    let both = fs::read_to_string(data.join("master.key")).unwrap();
    let second = folder.path("second");
    fs::write(&second, both.lines().find(|line| line.starts_with("2:")).unwrap()).unwrap();
    fs::set_permissions(&second, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let outcome = restore(&second);
    assert!(outcome.code != Some(0) && outcome.err.contains("generation 1"), "{}", outcome.err);
    let outcome = restore(&data.join("master.key"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let operator = Operator { server: Server::dev(&folder), folder };
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    assert_eq!(key(&operator, 1)["state"], "active");
    assert_eq!(key(&operator, 2)["state"], "distributed");
    turn(&addresses(&operator.server), &secret, 0);
    operator.ask(&["master-key", "rotate"]);
    turn(&addresses(&operator.server), &secret, 1);
}

/// A database in a folder, its backup from before a rotation, and the key file of that time.
fn backed_up_and_rotated() -> (Folder, String) {
    let operator = Operator::owner();
    let data = operator.folder.path("data");
    let backup = operator.folder.path("backup");
    let taken = run(vestibule().arg("backup").arg(&backup).arg("--data-dir").arg(&data));
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    let old = fs::read_to_string(data.join("master.key")).unwrap();
    generate(&operator);
    operator.ask(&["master-key", "rotate"]);
    let Operator { folder, server } = operator;
    server.signal(Signal::TERM);
    server.end();
    (folder, old)
}

fn restored_with(folder: &Folder, keys: &str) -> crate::support::Outcome {
    let given = folder.file("given.key", keys);
    fs::set_permissions(&given, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut restore = vestibule();
    restore.arg("restore").arg(folder.path("backup")).arg("--overwrite").arg("--key").arg(given);
    run(restore.arg("--data-dir").arg(folder.path("data")))
}

#[test]
fn a_restore_with_the_key_of_before_a_rotation_keeps_the_newer_one() {
    let (folder, old) = backed_up_and_rotated();
    let both = fs::read_to_string(folder.path("data/master.key")).unwrap();
    let outcome = restored_with(&folder, &old);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert_eq!(fs::read_to_string(folder.path("data/master.key")).unwrap(), both);
    let operator = Operator { server: Server::dev(&folder), folder };
    assert_eq!(operator.log_in("admin-password").code, Some(0));
    assert_eq!(
        (&key(&operator, 2)["state"], &key(&operator, 2)["at_hand"]),
        (&json!("distributed"), &json!(true))
    );
    operator.ask(&["master-key", "rotate"]);
    assert_eq!(key(&operator, 2)["state"], "active");
    let said = generate(&operator);
    assert!(said.contains("generation 3"), "{said}");
}

#[test]
fn where_the_old_line_was_taken_out_a_restore_puts_the_old_key_beside_the_newer_one() {
    let (folder, old) = backed_up_and_rotated();
    let file = folder.path("data/master.key");
    let both = fs::read_to_string(&file).unwrap();
    fs::write(&file, both.lines().find(|line| line.starts_with("2:")).unwrap()).unwrap();
    let outcome = restored_with(&folder, &old);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), both);
}

#[test]
fn a_restore_with_another_key_under_a_number_that_is_taken_is_refused() {
    let (folder, old) = backed_up_and_rotated();
    let file = folder.path("data/master.key");
    let both = fs::read_to_string(&file).unwrap();
    let outcome = restored_with(&folder, &format!("1:{}\n2:{}\n", old.trim(), "0f".repeat(32)));
    assert_eq!(outcome.code, Some(3), "{}", outcome.err);
    assert!(outcome.err.contains("generation 2 of the master key"), "{}", outcome.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), both);
}
