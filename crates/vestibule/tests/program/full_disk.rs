//! The real program on a disk that is full: a small one of memory, mounted for the test. Where nothing can be mounted, because
//! the tests do not run as root, these tests say so and try nothing; the tests of `faults` in `vestibule-http` try the same over
//! a store that fails.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Folder, Server, ask};

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
