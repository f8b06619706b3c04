//! `vestibule restore`

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use super::{ACCOUNT, backed_up, backup, demo, done, mode, refused, restore, restored, serve_restored};
use crate::support::{Folder, Outcome, Server, apply, run, vestibule};

#[test]
fn that_sessions_end_can_be_said() {
    done(&restore(&backed_up(), &["--end-sessions"]));
    refused(&restore(&backed_up(), &["--end-sessions", "--keep-sessions"]), 2, "cannot be used with");
}

#[test]
fn only_its_owner_reads_a_backup_and_what_is_restored() {
    let folder = restored(&[]);
    for file in ["backup", "restored/vestibule.db", "restored/master.key"] {
        assert_eq!(mode(&folder.path(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&folder.path("restored")), 0o700);
}

#[test]
fn a_key_that_does_not_fit_is_refused() {
    let folder = backed_up();
    let key = folder.file("key", &"0123456789abcdef".repeat(4));
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let outcome = restore_with_key(&folder, &key);
    refused(&outcome, 2, "the master key is not the one that this backup belongs to");
    assert!(!folder.path("restored/vestibule.db").exists() && !folder.path("restored/master.key").exists());
}

fn restore_with_key(folder: &Folder, key: &Path) -> Outcome {
    let mut command = vestibule();
    command.arg("restore").arg(folder.path("backup")).arg("--data-dir").arg(folder.path("restored"));
    run(command.arg("--key").arg(key))
}

#[test]
fn a_key_file_that_is_none_is_refused_and_not_shown() {
    let folder = backed_up();
    refused(&restore_with_key(&folder, &folder.path("nowhere")), 2, "--key: cannot read");
    let key = folder.file("key", "hunter2");
    refused(&restore_with_key(&folder, &key), 2, "chmod 600");
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let outcome = restore_with_key(&folder, &key);
    refused(&outcome, 2, "holds no master key");
    assert!(!outcome.err.contains("hunter2"));
}

#[test]
fn a_backup_that_is_no_database_is_refused() {
    let folder = demo();
    folder.file("backup", "Dear reader, ");
    refused(&restore(&folder, &[]), 2, "it bears no seal");
    refused(&restore(&folder, &["--unauthenticated"]), 2, "this is no database");
    folder.file("backup", "");
    refused(&restore(&folder, &["--unauthenticated"]), 2, "none of this program");
    fs::remove_file(folder.path("backup")).unwrap();
    refused(&restore(&folder, &[]), 2, "No such file");
}

#[test]
fn a_backup_that_was_cut_short_is_refused() {
    let folder = backed_up();
    let file = File::options().write(true).open(folder.path("backup")).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    refused(&restore(&folder, &[]), 2, "it was cut short");
    refused(&restore(&folder, &["--unauthenticated"]), 2, "the database is damaged");
    assert!(!folder.path("restored/vestibule.db").exists());
}

#[test]
fn a_backup_of_a_newer_version_is_refused() {
    let folder = backed_up();
    let connection = rusqlite::Connection::open(folder.path("backup")).unwrap();
    connection.execute_batch("INSERT INTO migrations VALUES (900, 'from_the_future', x'00')").unwrap();
    drop(connection);
    refused(&restore(&folder, &["--unauthenticated"]), 2, "schema 900");
}

#[test]
fn a_database_with_its_log_is_no_backup() {
    let folder = backed_up();
    folder.file("backup-wal", "frames");
    refused(&restore(&folder, &[]), 2, "use `vestibule backup`");
}

#[test]
fn the_audit_of_what_is_restored_is_sound_and_tells_that_it_was() {
    let folder = restored(&[]);
    let audit =
        |command| run(vestibule().args(["audit", command]).arg("--data-dir").arg(folder.path("restored")));
    done(&audit("verify"));
    let exported = audit("export").out;
    let last: serde_json::Value = serde_json::from_str(exported.lines().last().unwrap()).unwrap();
    assert_eq!((&last["action"], &last["means"]), (&"restored".into(), &"command-line".into()));
    assert_eq!(last["details"]["sessions_ended"], 0);
    assert_eq!(
        (&last["details"]["file"], &last["details"]["authenticated"]),
        (&"backup".into(), &true.into())
    );
    assert!(last["details"]["backup_made"].is_i64());
}

#[test]
fn a_database_that_is_there_is_replaced_only_when_told_to_and_kept() {
    let folder = restored(&[]);
    let before = fs::read(folder.path("restored/vestibule.db")).unwrap();
    refused(&restore(&folder, &[]), 3, "there is a database already");
    let outcome = restore(&folder, &["--overwrite"]);
    done(&outcome);
    let kept = outcome.out.split("kept what was there: ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(fs::read(kept).unwrap(), before);
}

#[test]
fn every_database_that_was_replaced_is_kept_also_within_one_second() {
    let folder = restored(&[]);
    let kept: std::collections::BTreeSet<String> = (0..3)
        .map(|_| {
            let outcome = restore(&folder, &["--overwrite"]);
            done(&outcome);
            outcome.out.split("kept what was there: ").nth(1).unwrap().lines().next().unwrap().to_owned()
        })
        .collect();
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert!(kept.iter().all(|kept| Path::new(kept).exists()));
}

#[test]
fn another_key_that_is_there_is_replaced_only_when_told_to_and_kept() {
    let folder = backed_up();
    let other = "0123456789abcdef".repeat(4);
    fs::create_dir(folder.path("restored")).unwrap();
    let there = folder.file("restored/master.key", &other);
    fs::set_permissions(&there, Permissions::from_mode(0o600)).unwrap();
    refused(&restore(&folder, &[]), 3, "there is another master key already");
    assert!(!folder.path("restored/vestibule.db").exists());
    let outcome = restore(&folder, &["--overwrite"]);
    done(&outcome);
    assert_eq!(fs::read(&there).unwrap(), fs::read(folder.path("data/master.key")).unwrap());
    let kept = outcome.out.split("kept what was there: ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), other);
    assert_eq!(mode(Path::new(kept)), 0o600);
}

#[test]
fn without_a_key_the_one_in_place_is_taken() {
    let folder = restored(&[]);
    let mut command = vestibule();
    command.arg("restore").arg(folder.path("backup")).arg("--overwrite");
    done(&run(command.arg("--data-dir").arg(folder.path("restored"))));
    let mut command = vestibule();
    command.arg("restore").arg(folder.path("backup"));
    let outcome = run(command.arg("--data-dir").arg(folder.path("empty")));
    refused(&outcome, 2, "without --key the master key must be in its place");
    assert!(!folder.path("empty").exists());
}

#[test]
fn the_key_goes_where_the_configuration_says() {
    let folder = backed_up();
    let place = folder.path("elsewhere.key");
    let mut command = vestibule();
    command.arg("restore").arg(folder.path("backup")).arg("--data-dir").arg(folder.path("restored"));
    command.arg("--key").arg(folder.path("data/master.key")).env("VESTIBULE_MASTER_KEY_FILE", &place);
    done(&run(&mut command));
    assert_eq!(mode(&place), 0o600);
    assert!(!folder.path("restored/master.key").exists());
}

#[test]
fn a_key_in_a_variable_is_left_to_whoever_sets_it() {
    let folder = backed_up();
    let mut command = vestibule();
    command.arg("restore").arg(folder.path("backup")).arg("--data-dir").arg(folder.path("restored"));
    command
        .arg("--key")
        .arg(folder.path("data/master.key"))
        .env("VESTIBULE_MASTER_KEY_ENVIRONMENT", "MY_KEY");
    refused(&run(command.env("MY_KEY", "0".repeat(64))), 2, "MY_KEY: this variable holds another master key");
    let outcome = run(command.env_remove("MY_KEY"));
    assert!(outcome.out.contains("environment variable MY_KEY"), "{}", outcome.err);
    assert!(!folder.path("restored/master.key").exists());
}

#[test]
fn a_data_directory_in_use_is_not_restored_into() {
    let folder = backed_up();
    let data = folder.path("data");
    let _server = Server::serve(&folder, &[]);
    let mut command = vestibule();
    command.arg("restore").arg(folder.path("backup")).arg("--overwrite").arg("--data-dir").arg(&data);
    refused(&run(&mut command), 3, "another server (process ");
}

#[test]
fn a_data_directory_that_another_command_uses_is_not_restored_into() {
    let folder = restored(&[]);
    // What `apply` and `backup` hold as long as they are at work.
    let claim = File::open(folder.path("restored")).unwrap();
    claim.lock_shared().unwrap();
    refused(&restore(&folder, &["--overwrite"]), 3, "another vestibule command is using the data directory");
}

#[test]
fn nobody_uses_a_data_directory_while_it_is_restored_into() {
    let folder = backed_up();
    // What a restore holds as long as it is at work.
    let claim = File::open(folder.path("data")).unwrap();
    claim.lock().unwrap();
    let words = "`vestibule restore` is at work in the data directory";
    refused(&backup(&folder, &folder.path("other")), 3, words);
    refused(&run(&mut apply(&folder, &folder.file("a.toml", ""))), 3, words);
    let mut serve = vestibule();
    refused(&run(serve.arg("serve").env("VESTIBULE_SERVER_DATA_DIR", folder.path("data"))), 3, words);
}

#[test]
fn a_damaged_database_is_replaced_and_kept_with_its_log() {
    let folder = restored(&[]);
    folder.file("restored/vestibule.db", &"damaged ".repeat(1_000));
    folder.file("restored/vestibule.db-wal", "its log");
    folder.file("restored/vestibule.db-shm", "its index");
    let outcome = restore(&folder, &["--overwrite"]);
    done(&outcome);
    assert_eq!(outcome.out.matches("kept what was there: ").count(), 2, "{}", outcome.out);
    assert!(!folder.path("restored/vestibule.db-wal").exists());
    assert_eq!(serve_restored(&folder).log_in(ACCOUNT, "name", "password").status, 200);
}

#[test]
fn what_a_killed_restore_has_left_is_removed_by_the_next() {
    let folder = backed_up();
    fs::create_dir(folder.path("restored")).unwrap();
    let draft = folder.file("restored/.vestibule.db.0123456789abcdef", "half a database");
    done(&restore(&folder, &[]));
    assert!(!draft.exists());
}

#[test]
fn nothing_but_the_files_that_it_names_is_left_of_a_restore() {
    let folder = restored(&[]);
    let mut names: Vec<_> =
        fs::read_dir(folder.path("restored")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["master.key", "vestibule.db", "vestibule.lock", "vestibule.witness"]);
}

/// The service's user could not use what root owns.
#[expect(clippy::print_stderr, reason = "a test that is left out is told of")]
#[test]
fn what_root_restores_belongs_to_the_owner_of_the_data_directory() {
    const SERVICE: u32 = 4_321;

    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give files away");
        return;
    }
    let folder = backed_up();
    fs::create_dir(folder.path("restored")).unwrap();
    chown(folder.path("restored"), Some(SERVICE), Some(SERVICE + 1)).unwrap();
    done(&restore(&folder, &[]));
    for file in ["vestibule.db", "vestibule.witness", "master.key", "vestibule.lock"] {
        let found = fs::metadata(folder.path("restored").join(file)).unwrap();
        assert_eq!((found.uid(), found.gid(), found.mode() & 0o777), (SERVICE, SERVICE + 1, 0o600), "{file}");
    }
}
