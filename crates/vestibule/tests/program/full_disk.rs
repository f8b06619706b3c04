//! The real program on a disk that is full: a small one of memory, mounted for the test. Where nothing can be mounted, because
//! the tests do not run as root, these tests say so and try nothing; the tests of `faults` in `vestibule-http` try the same over
//! the tests do not run as root, these tests say so and try nothing; the tests of `faults` and `unstored_ends` in `vestibule-http` try
//! the same over a store that fails.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Folder, Server, apply, ask, dev, run, vestibule};

/// A disk of 32 MiB in the place of the folder's data directory. Unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    /// None: nothing can be mounted here.
    #[expect(clippy::print_stderr, reason = "whoever runs the tests has to see what was not tried")]
    fn mount(folder: &Folder) -> Option<Self> {
        let path = folder.path("data");
        fs::create_dir(&path).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=32m,mode=0700", "tmpfs"])
            .arg(&path)
            .output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self(path));
        }
        eprintln!(
            "SKIPPED: no file system can be mounted here; run the tests as root to try a disk that is really full"
        );
        None
    }

    /// Takes all the space there is.
    fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        let mut size = 1 << 20;
        while size > 0 {
            match file.write(&vec![1; size]) {
                Err(error) if error.kind() == ErrorKind::StorageFull => size /= 2,
                written => assert!(written.unwrap() > 0),
            }
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn f2_on_a_full_disk_readiness_says_why_logins_are_to_be_tried_again_and_both_recover_by_themselves() {
    let folder = Folder::new();
    let Some(disk) = Disk::mount(&folder) else { return };
    let server = Server::dev(&folder);
    let login = server.log_in("12345678", "name", "password");
    let shown = format!("authorization: Bearer {}\r\n", login.json()["bearer"].as_str().unwrap());
    disk.fill();
    for _ in 0..20 {
        let login = server.log_in("12345678", "name", "password");
        assert_eq!(login.status, 503, "{}", login.body);
        assert!(login.head.contains("\r\nretry-after: 5"), "{}", login.head);
    }
    let readiness = server.get("admin", "/readyz");
    assert_eq!(readiness.status, 503);
    assert!(readiness.body.contains("full"), "{}", readiness.body);
    assert_eq!(server.get("admin", "/readyz?for=checks").status, 200);
    assert_eq!(ask(&server.address("http"), "GET", "/gateway/check", &shown, "").status, 200);
    let metrics = server.get("admin", "/metrics").body;
    assert!(metrics.contains("\nvestibule_ready 0\n"), "{metrics}");
    assert!(metrics.contains("\nvestibule_ready_for_checks 1\n"), "{metrics}");
    disk.free();
    server.soon("readiness", |server| server.get("admin", "/readyz").status == 200);
    assert_eq!(server.log_in("12345678", "name", "password").status, 200);
}

/// What shows a session: the cookie's header and the body.
struct Session(String, String);

fn session(server: &Server) -> Session {
    let login = server.log_in("12345678", "name", "password");
    assert_eq!(login.status, 200);
    let body: Value = login.json();
    let cookie = format!("cookie: session_id={}\r\n", body["sessionId"].as_str().unwrap());
    Session(cookie, json!({ "csrf": body["csrf"] }).to_string())
}

fn with(server: &Server, operation: &str, session: &Session) -> u16 {
    let path = format!("/api/account/12345678/{operation}?v=1.3");
    ask(&server.address("http"), "POST", &path, &session.0, &session.1).status
}

#[test]
fn s3_f2_a_logout_on_a_full_disk_holds_over_kills_before_and_after_there_is_space_again() {
    let folder = Folder::new();
    let Some(disk) = Disk::mount(&folder) else { return };
    let server = Server::dev(&folder);
    let session = session(&server);
    assert_eq!(with(&server, "refresh", &session), 200);
    disk.fill();
    assert_eq!(server.log_in("12345678", "name", "password").status / 100, 5, "the disk is not full");
    assert_eq!(with(&server, "logout", &session), 200);
    let words = ["\"of\":\"session ", "\"reason\":\"logged-out\""];
    server.soon("word of it", |server| words.iter().all(|words| server.err().contains(words)));
    drop(server);

    let server = Server::dev(&folder);
    assert_eq!(with(&server, "refresh", &session), 401, "it lives again while the disk is full");
    disk.free();
    drop(server);

    let server = Server::dev(&folder);
    assert_eq!(with(&server, "refresh", &session), 401);
    // The store has taken it: the journal holds nothing any more.
    let journal = folder.path("data/ends.journal");
    server.soon("an empty journal", |_| fs::read(&journal).unwrap().iter().all(|byte| *byte == 0));
    drop(server);
    assert_eq!(with(&Server::dev(&folder), "refresh", &session), 401);
}

#[test]
fn a_journal_that_there_is_no_space_for_leaves_the_space_to_logins() {
    let folder = Folder::new();
    let Some(disk) = Disk::mount(&folder) else { return };
    drop(Server::dev(&folder));
    let journal = folder.path("data/ends.journal");
    fs::remove_file(&journal).unwrap();
    disk.fill();
    let filler = File::options().write(true).open(disk.filler()).unwrap();
    filler.set_len(filler.metadata().unwrap().len() - (3 << 20)).unwrap();
    let server = Server::dev(&folder);
    assert!(!journal.exists(), "a piece of it takes space");
    assert_eq!(server.log_in("12345678", "name", "password").status, 200);
}

#[test]
fn s3_f2_a_logout_on_a_full_disk_is_missing_from_no_backup() {
    let folder = Folder::new();
    let Some(disk) = Disk::mount(&folder) else { return };
    let server = Server::dev(&folder);
    let session = session(&server);
    disk.fill();
    assert_eq!(with(&server, "logout", &session), 200);
    drop(server);
    let back_up = || {
        let mut command = vestibule();
        command.arg("backup").arg(folder.path("backup")).arg("--data-dir").arg(folder.path("data"));
        crate::support::run(&mut command)
    };
    let refused = back_up();
    assert!(refused.code == Some(3) && refused.err.contains("holds 1 end of sessions"), "{}", refused.err);
    assert!(!folder.path("backup").exists());

    disk.free();
    let server = Server::dev(&folder);
    let journal = folder.path("data/ends.journal");
    server.soon("an empty journal", |_| fs::read(&journal).unwrap().iter().all(|byte| *byte == 0));
    drop(server);
    let taken = back_up();
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    let mut restore = vestibule();
    restore.args(["restore", "--keep-sessions", "--overwrite", "--data-dir"]).arg(folder.path("data"));
    let restored = crate::support::run(restore.arg(folder.path("backup")));
    assert_eq!(restored.code, Some(0), "{}", restored.err);
    assert_eq!(with(&Server::dev(&folder), "refresh", &session), 401);
}

#[test]
fn without_a_journal_a_logout_on_a_full_disk_is_told_as_failed_and_readiness_says_why() {
    let folder = Folder::new();
    let Some(disk) = Disk::mount(&folder) else { return };
    let mut command = dev(&folder);
    command.env("VESTIBULE_DURABILITY_END_JOURNAL", "/dev/full");
    let server = Server::of(command, &folder, "Ctrl-C stops");
    let session = session(&server);
    disk.fill();
    assert_eq!(with(&server, "logout", &session) / 100, 5);
    assert_eq!(with(&server, "refresh", &session), 401);
    let ready = server.get("admin", "/readyz");
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("ends of sessions"), "{}", ready.body);
    server
        .soon("a line in the log", |server| server.err().contains("neither in the store nor in the journal"));
    disk.free();
    server.soon("readiness", |server| server.get("admin", "/readyz").status == 200);
}

#[test]
fn a_journal_that_cannot_be_read_keeps_the_service_from_starting() {
    let folder = Folder::new();
    let mut command = vestibule();
    command.arg("serve").env("VESTIBULE_SERVER_DATA_DIR", folder.path("data"));
    command.env("VESTIBULE_DURABILITY_END_JOURNAL", folder.path(""));
    let outcome = crate::support::run(&mut command);
    assert_ne!(outcome.code, Some(0));
    assert!(outcome.err.contains("journal of ends"), "{}", outcome.err);
}

#[test]
fn f2_on_a_disk_that_is_read_only_each_command_says_so() {
    let folder = Folder::new();
    let Some(disk) = Disk::mount(&folder) else { return };
    let file = folder.file("accounts.toml", "[[account]]\nid = \"one\"\n");
    assert_eq!(run(&mut apply(&folder, &file)).code, Some(0));
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk.0).status();
    assert!(remounted.unwrap().success());
    let (file, backup) = (file.to_str().unwrap().to_owned(), folder.path("backup"));
    for command in [
        &["doctor"][..],
        &["export"],
        &["apply", "--dry-run", &file],
        &["apply", &file],
        &["backup", backup.to_str().unwrap()],
        &["audit", "verify"],
        &["audit", "export"],
    ] {
        let outcome = run(vestibule().args(command).arg("--data-dir").arg(&disk.0));
        assert_eq!(outcome.code, Some(1), "{command:?} {}", outcome.err);
        assert!(outcome.err.contains("its disk is read-only"), "{command:?} {}", outcome.err);
    }
}
