//! The log as a weapon: what strangers make the service write, and what happens when nobody takes what it writes.

use std::fs::File;
use std::io::{PipeReader, Read, Write, pipe};
use std::thread;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Folder, Server, connect, request};

/// Every request is logged.
const EVERYTHING: [(&str, &str); 1] = [("VESTIBULE_LOG_LEVEL", "debug")];

/// A request to the check that is refused, and leaves the connection open.
const REFUSED_CHECK: &str = "GET /gateway/check HTTP/1.1\r\nhost: localhost\r\n\
    cookie: session_id=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\r\n\r\n";

/// A server that logs everything to a pipe that nobody reads, after as many refused requests as fill it.
fn stuck(folder: &Folder, requests: usize) -> (Server, PipeReader) {
    let (reader, writer) = pipe().unwrap();
    let server = Server::dev_logging_to(folder, writer, &EVERYTHING);
    ask_often(&server, requests, REFUSED_CHECK);
    (server, reader)
}

/// Sends a request on one connection again and again, and reads all answers.
fn ask_often(server: &Server, times: usize, one: &str) {
    ask_all(server, (1..times).map(|_| one.to_owned()));
}

/// Sends requests that are refused on one connection, and one more, and reads all answers.
fn ask_all(server: &Server, requests: impl Iterator<Item = String>) {
    let mut connection = connect(&server.address("http"));
    let mut sending = connection.try_clone().unwrap();
    let mut all: Vec<String> = requests.collect();
    all.push(request("GET", "/gateway/check", "", ""));
    let count = all.len();
    let sender = thread::spawn(move || sending.write_all(all.concat().as_bytes()));
    let mut answers = String::new();
    connection.read_to_string(&mut answers).unwrap();
    sender.join().unwrap().unwrap();
    assert_eq!(answers.matches("HTTP/1.1 401 ").count(), count);
}

/// Lines that the server says it has dropped.
fn dropped(server: &Server) -> u64 {
    let metrics = server.get("admin", "/metrics").body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("vestibule_log_lines_dropped_total "));
    line.unwrap_or_else(|| panic!("{metrics}")).parse().unwrap()
}

fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

#[test]
fn a8_a_log_that_nobody_reads_stops_no_request() {
    let folder = Folder::new();
    let (server, _reader) = stuck(&folder, 1_000);
    assert_eq!(server.get("admin", "/healthz").status, 200);
    let login = server.log_in("12345678", "name", "password");
    assert_eq!(login.status, 200);
    assert_eq!(server.get("http", "/gateway/check").status, 401);
}

#[test]
fn a8_a_log_that_nobody_reads_does_not_keep_the_service_from_stopping() {
    let folder = Folder::new();
    let (server, _reader) = stuck(&folder, 1_000);
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
}

#[test]
fn a8_lines_that_are_dropped_are_counted_and_told_of_when_the_log_flows_again() {
    let folder = Folder::new();
    let (server, mut reader) = stuck(&folder, 20_000);
    let counted = dropped(&server);
    assert!(counted > 0);
    let reading = thread::spawn(move || {
        let mut log = String::new();
        reader.read_to_string(&mut log).unwrap();
        log
    });
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
    let log = lines(&reading.join().unwrap());
    let told: u64 = log.iter().filter_map(|line| line["dropped_lines"].as_u64()).sum();
    assert!(told >= counted, "{told} of {counted}");
}

#[test]
fn a_slow_reader_gets_the_last_lines_at_a_stop() {
    let folder = Folder::new();
    let (server, mut reader) = stuck(&folder, 1_000);
    server.signal(Signal::TERM);
    let mut log = String::new();
    reader.read_to_string(&mut log).unwrap();
    assert_eq!(server.end().code, Some(0));
    assert_eq!(lines(&log).last().unwrap()["message"], "stopped");
}

#[test]
fn a8_a_full_log_disk_stops_nothing_and_is_counted() {
    let folder = Folder::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let server = Server::dev_logging_to(&folder, full, &EVERYTHING);
    assert_eq!(server.log_in("12345678", "name", "password").status, 200);
    assert_eq!(server.get("http", "/gateway/check").status, 401);
    server.soon("dropped line", |server| dropped(server) > 0);
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
}

#[test]
fn a8_a_hundred_thousand_refused_requests_leave_a_few_lines() {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    let before = server.err().len();
    ask_often(&server, 100_000, REFUSED_CHECK);
    server.signal(Signal::TERM);
    let log = server.end().err;
    let written = log.len() - before;
    assert!(written < 16 * 1024, "{written} bytes");
    let counted: u64 = lines(&log).iter().filter_map(|line| line["requests"].as_u64()).sum();
    let written_out = log.matches("refused a request").count();
    assert_eq!(counted + u64::try_from(written_out).unwrap(), 100_000 - 1, "{log}");
}

#[test]
fn a8_refused_requests_from_very_many_addresses_leave_a_bounded_log() {
    let folder = Folder::new();
    let err = File::create(folder.path("err")).unwrap();
    let proxies = [("VESTIBULE_SERVER_TRUSTED_PROXIES", "127.0.0.0/8")];
    let server = Server::dev_logging_to(&folder, err, &proxies);
    let head = REFUSED_CHECK.trim_end();
    let from = |number| format!("{head}\r\nx-forwarded-for: 10.7.{}.{}\r\n\r\n", number / 256, number % 256);
    ask_all(&server, (0..20_000).map(from));
    server.signal(Signal::TERM);
    let written = server.end().err.len();
    assert!(written < 256 * 1024, "{written} bytes");
}
