//! ATTACKS A8: memory and connections before anybody is known.

use std::io::Write;
use std::net::TcpStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{Folder, Server, answer};

/// Connections that each hold half a body; as many as the limit of open files allows on both sides.
const CONNECTIONS: usize = 9_900;

/// What they may take of the service's memory, in bytes: what it takes when it has started, some 100 MB of which half are pages of a
/// program that is not optimised, is not theirs.
const MOST_MEMORY: u64 = 250 * 1024 * 1024;

/// The head of a request with a body of `length` bytes.
fn head(path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

const LOGIN: &str = "/api/account/12345678/login?v=1.3";

/// A connection that has sent so much of a body.
fn half_sent(address: &str, path: &str, (sent, length): (usize, usize)) -> TcpStream {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all((head(path, length) + &"x".repeat(sent)).as_bytes()).unwrap();
    connection
}

/// Logins that were answered 503.
const TURNED_AWAY: &str =
    r#"vestibule_http_requests_total{method="POST",route="/api/account/{account}/login",status="503"}"#;

fn value(metrics: &str, name: &str) -> Option<u64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok())
}

fn metric(server: &Server, name: &str) -> u64 {
    let metrics = server.get("admin", "/metrics").body;
    value(&metrics, name).unwrap_or_else(|| panic!("no {name} in {metrics}"))
}

fn resident(server: &Server) -> u64 {
    metric(server, "process_resident_memory_bytes")
}

#[test]
fn a8_ten_thousand_half_bodies_take_less_than_250_mb() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let files = usize::try_from(limit.maximum.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let connections = CONNECTIONS.min(files.saturating_sub(400) / 2);
    let folder = Folder::new();
    let unlimited = [
        ("VESTIBULE_SERVER_MAX_CONNECTIONS_PER_ADDRESS", "0"),
        ("VESTIBULE_LIMITS_BODY_TIMEOUT_MS", "600000"),
    ];
    let server = Server::serve(&folder, &unlimited);
    let address = server.address("http");
    let (mut held, start) = (Vec::new(), resident(&server));
    let mut most = start;
    for number in 1..=connections {
        held.push(half_sent(&address, LOGIN, (4_096, 8_192)));
        if number % 500 == 0 {
            most = most.max(resident(&server));
        }
    }
    let all = u64::try_from(connections).unwrap();
    server.soon("requests", |server| {
        let metrics = server.get("admin", "/metrics").body;
        let turned_away = value(&metrics, TURNED_AWAY).unwrap_or(0);
        // The one that asks is under way too.
        value(&metrics, "vestibule_http_requests_in_flight").unwrap() - 1 + turned_away == all
    });
    most = most.max(resident(&server));
    assert!(most - start < MOST_MEMORY, "{most} bytes with {connections} connections, {start} before them");
    assert_eq!(server.log_in("12345678", "name", "password").status, 401, "others are answered");
    drop(held);
}

#[test]
fn a8_beyond_the_budget_of_unread_bodies_every_dialect_answers_503_and_administration_goes_on() {
    let folder = Folder::new();
    let settings = [("VESTIBULE_LIMITS_BODY_BYTES", "1000"), ("VESTIBULE_LIMITS_UNREAD_BODY_BYTES", "66536")];
    let server = Server::serve(&folder, &settings);
    let address = server.address("http");
    let half = (600, 1_000);
    let first = half_sent(&address, LOGIN, half);
    server.soon("a request", |server| metric(server, "vestibule_http_requests_in_flight") == 2);
    for (path, start) in [
        (LOGIN, r#"{"error":"The service is overloaded"#),
        ("/api/account/12345678/refresh?v=1.3", r#"{"error":{"time":"#),
        ("/api/account/12345678/logout?v=1.3", r#"{"error":{"time":"#),
        ("/session/login", r#"{"code":503,"message":"The service is overloaded"#),
        ("/session/password", r#"{"code":503,"message":"The service is overloaded"#),
    ] {
        let refused = answer(half_sent(&address, path, half));
        assert_eq!(refused.status, 503, "{path}");
        assert!(refused.head.contains("\r\nretry-after: 5"), "{path}: {}", refused.head);
        assert!(refused.body.starts_with(start), "{path}: {}", refused.body);
    }
    let operators = server.address("admin");
    let held = half_sent(&operators, "/admin/v1/login", half);
    server.soon("another", |server| metric(server, "vestibule_http_requests_in_flight") == 3);
    let refused = answer(half_sent(&operators, "/admin/v1/login", half));
    assert_eq!((refused.status, refused.head.contains("\r\nretry-after: 5")), (503, true));
    drop((first, held));
    server.soon("their end", |server| metric(server, "vestibule_http_requests_in_flight") == 1);
    assert_eq!(server.log_in("12345678", "name", "password").status, 401);
}

#[test]
fn a8_an_address_has_no_more_connections_than_it_may() {
    let folder = Folder::new();
    let server = Server::serve(&folder, &[("VESTIBULE_SERVER_MAX_CONNECTIONS_PER_ADDRESS", "2")]);
    let address = server.address("http");
    let _held = [(); 2].map(|()| half_sent(&address, LOGIN, (1, 2)));
    server.soon("two", |server| metric(server, "vestibule_http_requests_in_flight") == 3);
    let mut third = TcpStream::connect(&address).unwrap();
    assert_eq!(std::io::Read::read(&mut third, &mut [0; 8]).unwrap(), 0, "closed at once");
    assert_eq!(metric(&server, "vestibule_http_connections_refused_total"), 1);
}
