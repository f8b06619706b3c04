//! What operators ask for.

use crate::support::{Folder, Server};

#[test]
fn health_is_answered() {
    let folder = Folder::new();
    assert_eq!(Server::dev(&folder).get("admin", "/healthz").status, 200);
}

#[test]
fn readiness_is_answered() {
    let folder = Folder::new();
    assert_eq!(Server::dev(&folder).get("admin", "/readyz").status, 200);
}

#[test]
fn the_engines_metrics_are_there() {
    let folder = Folder::new();
    let metrics = Server::dev(&folder).get("admin", "/metrics").body;
    // One hash: that of the first owner.
    for (name, expected) in [("sessions", 0.0), ("hash_queue_length", 0.0), ("hashes_total", 1.0)] {
        assert_eq!(value(&metrics, name).to_bits(), f64::to_bits(expected), "{name}\n{metrics}");
    }
    let waited = value(&metrics, "hash_queue_wait_seconds_total");
    assert!((0.0..60.0).contains(&waited), "{metrics}");
}

/// The value of a metric that stands there once, without labels.
fn value(metrics: &str, name: &str) -> f64 {
    let start = format!("vestibule_{name} ");
    let values: Vec<&str> = metrics.lines().filter_map(|line| line.strip_prefix(&start)).collect();
    let [value] = values.as_slice() else { panic!("{name} once: {values:?}\n{metrics}") };
    value.parse().unwrap()
}

#[test]
fn a_login_is_counted() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    server.log_in("12345678", "name", "password");
    assert!(server.get("admin", "/metrics").body.contains("\nvestibule_sessions 1\n"));
}

#[test]
fn operators_routes_are_not_there_for_clients() {
    let folder = Folder::new();
    assert_eq!(Server::dev(&folder).get("http", "/metrics").status, 404);
}

#[test]
fn every_answer_has_a_request_id() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    for listener in ["http", "admin"] {
        assert!(server.get(listener, "/").head.contains("\r\nx-request-id: "), "{listener}");
    }
}

#[test]
fn a_journal_of_ends_that_cannot_be_made_is_told_and_stops_nothing() {
    let folder = Folder::new();
    let place = folder.path("unmounted/ends.journal");
    let server = Server::serve(&folder, &[("VESTIBULE_DURABILITY_END_JOURNAL", place.to_str().unwrap())]);
    server.soon("readiness", |server| server.get("admin", "/readyz").status == 200);
    let readiness = server.get("admin", "/readyz").body;
    assert!(readiness.contains("the journal of ends cannot be made: No such file"), "{readiness}");
    assert!(server.get("admin", "/metrics").body.contains("\nvestibule_end_journal_failing 1\n"));
}
