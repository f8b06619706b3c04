//! Backups are sealed: what was changed after `vestibule backup` made it is not restored, unless somebody says so.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use vestibule_crypto::{BackupKey, KeyRing, MasterKey, OsRng};
use vestibule_model::Generation;

use super::{ACCOUNT, backed_up, backup, demo, done, refused, restore, serve_restored};
use crate::support::{Folder, Outcome, apply, run, vestibule};

/// How long a seal is.
const SEAL: usize = 160;

const CHANGED: &str = "it is not what was backed up";

/// What an attacker who can write the backup would do: "agent" gets the password of "name".
fn copy_hash(backup: &Path) {
    let copy = "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE login_name = 'name') \
                WHERE login_name = 'agent'";
    assert_eq!(Connection::open(backup).unwrap().execute(copy, []).unwrap(), 1);
}

/// Cuts the end of a file off, and gives it.
fn cut(file: &Path, length: usize) -> Vec<u8> {
    let mut bytes = fs::read(file).unwrap();
    let end = bytes.split_off(bytes.len() - length);
    fs::write(file, bytes).unwrap();
    end
}

fn nothing_was_made(folder: &Folder) {
    let made = fs::read_dir(folder.path("restored")).map_or(Vec::new(), |names| {
        names.map(|entry| entry.unwrap().file_name()).filter(|name| name != "vestibule.lock").collect()
    });
    assert!(made.is_empty(), "{made:?}");
}

fn verify(folder: &Folder, key: &Path) -> Outcome {
    let mut command = vestibule();
    run(command.args(["backup", "verify"]).arg(folder.path("backup")).arg("--key").arg(key))
}

fn details_of_restore(folder: &Folder) -> serde_json::Value {
    let mut export = vestibule();
    let exported = run(export.args(["audit", "export", "--data-dir"]).arg(folder.path("restored"))).out;
    let last: serde_json::Value = serde_json::from_str(exported.lines().last().unwrap()).unwrap();
    assert_eq!((&last["action"], &last["means"]), (&"restored".into(), &"command-line".into()));
    assert!(last["actor"].to_string().contains("uid "), "{last}");
    last["details"].clone()
}

#[test]
fn s11_a_password_hash_copied_inside_a_backup_is_noticed_and_nothing_is_replaced() {
    let folder = backed_up();
    copy_hash(&folder.path("backup"));
    refused(&restore(&folder, &[]), 2, CHANGED);
    nothing_was_made(&folder);
}

#[test]
fn s11_what_is_there_stays_when_a_changed_backup_is_refused() {
    let folder = backed_up();
    done(&restore(&folder, &[]));
    let database = fs::read(folder.path("restored/vestibule.db")).unwrap();
    copy_hash(&folder.path("backup"));
    refused(&restore(&folder, &["--overwrite"]), 2, CHANGED);
    assert_eq!(fs::read(folder.path("restored/vestibule.db")).unwrap(), database);
    let names: Vec<_> = fs::read_dir(folder.path("restored"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!names.iter().any(|name| name.contains("replaced") || name.starts_with('.')), "{names:?}");
}

#[test]
fn s11_the_seal_of_another_backup_does_not_fit() {
    let folder = backed_up();
    done(&backup(&folder, &folder.path("other")));
    copy_hash(&folder.path("backup"));
    cut(&folder.path("backup"), SEAL);
    let seal = cut(&folder.path("other"), SEAL);
    let forged = [fs::read(folder.path("backup")).unwrap(), seal].concat();
    fs::write(folder.path("backup"), forged).unwrap();
    refused(&restore(&folder, &[]), 2, CHANGED);
    nothing_was_made(&folder);
}

#[test]
fn s11_a_backup_without_its_seal_is_refused_with_what_can_be_done() {
    let folder = backed_up();
    cut(&folder.path("backup"), SEAL);
    let outcome = restore(&folder, &[]);
    refused(&outcome, 2, "it bears no seal: an earlier version or another program made it");
    refused(&outcome, 2, "--unauthenticated restores it");
    nothing_was_made(&folder);
}

/// As a backup of version 0.1 is.
/// What somebody does who has the first generation of the master key and a backup that was sealed under the second.
fn seal_under_first(backup: &Path, key: &MasterKey) {
    let _ = cut(backup, SEAL - LABEL);
    let mut label = cut(backup, LABEL);
    label[GENERATION] = 1;
    label[KEY_CHECK].copy_from_slice(&key.check_value());
    let mut forged = fs::read(backup).unwrap();
    forged.extend(label);
    let mut mac = BackupKey::derive(KeyRing::from(key)).begin(Generation::FIRST).unwrap();
    mac.add(&forged);
    forged.extend(mac.finish());
    fs::write(backup, forged).unwrap();
}

/// Where these stand in a label.
const LABEL: usize = 128;
const GENERATION: usize = 17;
const KEY_CHECK: std::ops::Range<usize> = 34..66;

#[test]
fn s11_a_generation_that_is_not_in_force_seals_no_backup() {
    let folder = Folder::new();
    let (first, second) = (MasterKey::generate(&OsRng), MasterKey::generate(&OsRng));
    fs::create_dir(folder.path("data")).unwrap();
    let keys = folder.file("data/master.key", &format!("1:{}\n2:{}\n", *first.to_hex(), *second.to_hex()));
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).unwrap();
    done(&run(&mut apply(&folder, &Path::new(env!("CARGO_MANIFEST_DIR")).join("demo.toml"))));
    done(&backup(&folder, &folder.path("backup")));
    done(&verify(&folder, &keys));
    copy_hash(&folder.path("backup"));
    seal_under_first(&folder.path("backup"), &first);
    refused(&verify(&folder, &keys), 2, "was not in force");
    refused(&restore(&folder, &[]), 2, "was not in force");
    nothing_was_made(&folder);
}

#[test]
fn s11_a_trigger_in_a_backup_is_refused_whatever_was_allowed() {
    let folder = backed_up();
    let trigger = "CREATE TRIGGER kept BEFORE DELETE ON sessions BEGIN SELECT RAISE(IGNORE); END;";
    Connection::open(folder.path("backup")).unwrap().execute_batch(trigger).unwrap();
    refused(&restore(&folder, &["--unauthenticated"]), 2, "trigger kept");
    nothing_was_made(&folder);
}

#[test]
fn a_backup_without_a_seal_is_restored_when_told_to_and_the_audit_says_so() {
    let folder = backed_up();
    cut(&folder.path("backup"), SEAL);
    let outcome = restore(&folder, &["--unauthenticated"]);
    done(&outcome);
    assert!(outcome.out.contains("NOT AUTHENTICATED: it bears no seal"), "{}", outcome.out);
    let details = details_of_restore(&folder);
    assert_eq!((&details["file"], &details["authenticated"]), (&"backup".into(), &false.into()));
    assert!(details["doubt"].as_str().unwrap().contains("no seal"), "{details}");
    assert_eq!(serve_restored(&folder).log_in(ACCOUNT, "name", "password").status, 200);
}

#[test]
fn a_changed_backup_is_restored_when_told_to_and_the_audit_says_so() {
    let folder = backed_up();
    copy_hash(&folder.path("backup"));
    let outcome = restore(&folder, &["--unauthenticated"]);
    done(&outcome);
    assert!(outcome.out.contains("NOT AUTHENTICATED: it is not what was backed up"), "{}", outcome.out);
    let details = details_of_restore(&folder);
    assert_eq!(details["authenticated"], false);
    assert!(details["doubt"].as_str().unwrap().contains("not what was backed up"), "{details}");
    assert_eq!(serve_restored(&folder).log_in(ACCOUNT, "agent", "password").status, 200);
}

#[test]
fn what_is_authenticated_is_said_to_be_whatever_was_allowed() {
    let folder = backed_up();
    let outcome = restore(&folder, &["--unauthenticated"]);
    done(&outcome);
    assert!(!outcome.out.contains("NOT AUTHENTICATED"), "{}", outcome.out);
    let details = details_of_restore(&folder);
    assert_eq!((&details["authenticated"], &details["doubt"]), (&true.into(), &serde_json::Value::Null));
}

#[test]
fn a_restored_database_has_no_seal_any_more() {
    let folder = backed_up();
    done(&restore(&folder, &["--keep-sessions"]));
    let bytes = fs::read(folder.path("restored/vestibule.db")).unwrap();
    assert!(!bytes.windows(16).any(|window| window == b"vestibule-backup"));
    assert_eq!(bytes.len() % 4096, 0);
}

#[test]
fn a_sealed_backup_is_a_database_to_other_programs() {
    let folder = backed_up();
    let backup =
        Connection::open_with_flags(folder.path("backup"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let ask = |sql| backup.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(ask("PRAGMA integrity_check"), "ok");
    assert_eq!(ask("SELECT id FROM accounts"), ACCOUNT);
}

#[test]
fn a_backup_is_verified_without_being_restored() {
    let folder = backed_up();
    let (key, before) = (folder.path("data/master.key"), fs::read(folder.path("backup")).unwrap());
    let outcome = verify(&folder, &key);
    done(&outcome);
    let version = concat!(" by version ", env!("CARGO_PKG_VERSION"));
    assert!(outcome.out.contains("is as it was made 20") && outcome.out.contains(version), "{}", outcome.out);
    assert_eq!(fs::read(folder.path("backup")).unwrap(), before);
    copy_hash(&folder.path("backup"));
    refused(&verify(&folder, &key), 2, CHANGED);
    cut(&folder.path("backup"), SEAL);
    refused(&verify(&folder, &key), 2, "it bears no seal");
}

#[test]
fn another_master_key_is_told_apart_from_a_change() {
    use std::os::unix::fs::PermissionsExt;

    let folder = backed_up();
    let key = folder.file("key", &"0123456789abcdef".repeat(4));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    refused(&verify(&folder, &key), 2, "the master key is not the one that this backup belongs to");
}

#[test]
fn without_the_master_key_of_the_database_there_is_no_backup() {
    let folder = demo();
    let key = folder.path("data/master.key");
    fs::write(&key, "0123456789abcdef".repeat(4)).unwrap();
    refused(&backup(&folder, &folder.path("backup")), 1, "the database belongs to another master key");
    fs::remove_file(&key).unwrap();
    refused(&backup(&folder, &folder.path("backup")), 2, "without the master key a backup cannot be sealed");
    let names: Vec<_> =
        fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["data"]);
    assert!(!key.exists());
}

#[test]
fn a_backup_may_have_the_name_of_the_command_that_verifies() {
    let folder = demo();
    let mut command = vestibule();
    command.current_dir(folder.path("")).args(["backup", "./verify", "--data-dir", "data"]);
    done(&run(&mut command));
    let mut command = vestibule();
    command.current_dir(folder.path("")).args(["backup", "verify", "verify", "--key", "data/master.key"]);
    done(&run(&mut command));
}

#[test]
fn without_a_file_nothing_is_backed_up() {
    refused(&run(vestibule().arg("backup")), 2, "<FILE>");
    refused(&run(vestibule().args(["backup", "--overwrite"])), 2, "<FILE>");
}
