//! What Prometheus scrapes, and the files of deploy/ that are about it, as Prometheus' own tool sees them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::{Folder, Server, run, vestibule};

/// `./test` installs it.
fn promtool(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool, of the Debian package prometheus");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The value of the sample that begins so.
fn value(server: &Server, sample: &str) -> Option<f64> {
    let scrape = server.get("admin", "/metrics").body;
    let line =
        scrape.lines().find(|line| line.strip_prefix(sample).is_some_and(|rest| rest.starts_with(' ')));
    line.and_then(|line| line.rsplit_once(' ')?.1.parse().ok())
}

#[test]
fn promtool_finds_nothing_wrong_with_a_scrape() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    server.log_in("12345678", "name", "password");
    server.log_in("12345678", "name", "wrong");
    let checked = promtool(&["check", "metrics"], &server.get("admin", "/metrics").body);
    let said = String::from_utf8_lossy(&[checked.stdout, checked.stderr].concat()).into_owned();
    assert!(checked.status.success() && said.trim().is_empty(), "{said}");
}

#[test]
fn promtool_finds_nothing_wrong_with_the_alerts() {
    let path = root().join("deploy/prometheus/alerts.yml");
    let checked = promtool(&["check", "rules", path.to_str().unwrap()], "");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn refusals_are_counted_by_what_they_were_and_why() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    for (name, password) in
        [("name", "wrong"), ("nobody", "wrong"), ("nobody2", "wrong"), ("disabled", "password")]
    {
        assert_eq!(server.log_in("12345678", name, password).status, 401, "{name}");
    }
    let refused = |reason: &str| {
        let sample = format!(r#"vestibule_refusals_total{{action="log-in-refused",reason="{reason}"}}"#);
        value(&server, &sample)
    };
    assert_eq!(
        ["wrong-password", "unknown-user", "disabled", "wrong-key"].map(refused),
        [Some(1.0), Some(2.0), Some(1.0), None]
    );
}

#[test]
fn a_lock_out_is_counted_once() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    assert_eq!(value(&server, "vestibule_lockouts_total"), Some(0.0));
    for _ in 0..7 {
        server.log_in("12345678", "name", "wrong");
    }
    assert_eq!(value(&server, "vestibule_lockouts_total"), Some(1.0));
}

#[test]
fn the_database_is_measured() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let size = value(&server, "vestibule_database_size_bytes").unwrap();
    let log = value(&server, "vestibule_database_log_size_bytes").unwrap();
    assert!(size + log > 50_000.0, "{size} {log}");
}

#[test]
fn a_backup_tells_when_it_was_made() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[]);
    assert_eq!(value(&server, "vestibule_last_backup_timestamp_seconds"), Some(0.0));
    let copy = folder.path("copy.db");
    let data = folder.path("data");
    let made = run(vestibule().arg("backup").arg(&copy).arg("--data-dir").arg(&data));
    assert_eq!(made.code, Some(0), "{}", made.err);
    let at = value(&server, "vestibule_last_backup_timestamp_seconds").unwrap();
    let copied = copy.metadata().unwrap().modified().unwrap();
    let copied = copied.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((at - copied).abs() < 60.0, "{at} {copied}");
}
