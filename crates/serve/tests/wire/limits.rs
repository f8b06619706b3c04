//! ATTACKS A1: what is too large, too slow or too much.

use std::net::Ipv4Addr;

use tokio::time::Instant;
use vestibule_serve::layers::{BodyBudget, TrustedProxies};
use vestibule_serve::server::{Limits, Listen, Server};

use crate::support::{Client, PATIENCE, SHORT, Settings, Site, get_request, request};

fn short_headers(settings: &mut Settings) {
    settings.limits.header_timeout = SHORT;
}

#[test]
fn an_announced_body_over_the_limit_is_413_before_it_is_sent() {
    let answer = Site::start().ask(&request("POST", "/echo", "Content-Length: 10485760\r\n"));
    assert_eq!((answer.status(), answer.refusal().as_str()), (413, "The request body is too large"));
    assert_eq!(answer.header("connection"), Some("close"));
}

#[test]
fn a_large_body_gets_its_413_although_the_client_is_still_sending() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(request("POST", "/echo", "Content-Length: 600000\r\n"));
    client.send(vec![b'x'; 600_000]);
    assert_eq!(client.answer().status(), 413);
    assert!(client.is_closed());
}

#[test]
fn a_chunked_body_over_the_limit_is_413() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(request("POST", "/echo", "Transfer-Encoding: chunked\r\n"));
    client.send(format!("10001\r\n{}\r\n0\r\n\r\n", "x".repeat(0x10001)));
    assert_eq!(client.answer().status(), 413);
}

#[test]
fn a_body_of_the_limit_passes() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(request("POST", "/echo", "Content-Length: 65536\r\n"));
    client.send(vec![b'x'; 65_536]);
    assert_eq!(client.answer().body.len(), 65_536);
}

#[test]
fn a_body_that_waits_for_continue_is_asked_for() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(request("POST", "/echo", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
    assert_eq!(client.answer().status(), 100);
    client.send("ok");
    assert_eq!(client.answer().body, "ok");
}

#[test]
fn a_slow_body_is_408_and_closes() {
    let site = Site::start_with(Settings::short_body_timeout);
    let mut client = site.connect();
    client.send(request("POST", "/echo", "Content-Length: 10\r\n") + "12345");
    let answer = client.answer();
    assert_eq!(
        (answer.status(), answer.refusal().as_str()),
        (408, "The request body did not arrive in time")
    );
    assert!(client.is_closed());
}

#[test]
fn a_body_that_breaks_off_does_not_hurt() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(request("POST", "/echo", "Transfer-Encoding: chunked\r\n") + "zz\r\n");
    assert_eq!(client.answer().status(), 400);
    assert_eq!(site.ask(&get_request("/hello")).status(), 200);
}

#[test]
fn slow_headers_are_408_and_close() {
    let site = Site::start_with(short_headers);
    let mut client = site.connect();
    client.send("GET /hello HTTP/1.1\r\nHost: loc");
    let answer = client.answer();
    assert_eq!(answer.status_line, "HTTP/1.1 408 Request Timeout");
    assert_eq!(answer.refusal(), "The request headers did not arrive in time");
    assert!(client.is_closed());
}

#[test]
fn headers_that_trickle_get_no_more_time() {
    let site = Site::start_with(short_headers);
    let mut client = site.connect();
    client.send(get_request("/hello"));
    assert_eq!(client.answer().status(), 200);
    let endless = b"GET /hello HTTP/1.1\r\nX-Endless: ".iter().copied().chain(std::iter::repeat(b'x'));
    assert_eq!(client.trickle(endless.take(2_000)).status(), 408);
    assert!(client.is_closed());
}

#[test]
fn a_connection_without_a_byte_is_closed_silently() {
    let site = Site::start_with(short_headers);
    assert!(site.connect().is_closed());
}

#[test]
fn an_idle_connection_outlives_the_header_timeout_and_is_closed_silently_after_its_own() {
    let site = Site::start_with(|settings| {
        settings.limits.header_timeout = SHORT / 3;
        settings.limits.idle_timeout = SHORT * 2;
    });
    let mut client = site.connect();
    client.send(get_request("/hello"));
    assert_eq!(client.answer().status(), 200);
    let begun = Instant::now();
    assert!(client.is_closed());
    // Time is counted from the request's head, which was sent a moment before its answer was here.
    assert!(begun.elapsed() > SHORT, "{:?}", begun.elapsed());
}

#[test]
fn a_handler_that_takes_longer_than_the_header_timeout_is_left_alone() {
    let site = Site::start_with(|settings| settings.limits.header_timeout = SHORT / 3);
    let mut client = site.connect();
    client.send(get_request("/held"));
    site.gate.wait_for_one();
    assert!(site.connect().is_closed(), "the time-out has passed for a connection that was opened later");
    site.gate.open();
    assert_eq!(client.answer().body, "held");
}

#[test]
fn headers_over_16_kib_are_431() {
    let answer = Site::start().ask(&request("GET", "/hello", &format!("Cookie: {}\r\n", "x".repeat(17_000))));
    assert_eq!((answer.status(), answer.refusal().as_str()), (431, "The request headers are too large"));
}

#[test]
fn the_limit_of_headers_holds_on_the_fast_path() {
    let site = Site::start_with(|settings| settings.layers.max_header_bytes = 200);
    let with = |bytes: usize| request("GET", "/plain", &format!("Cookie: {}\r\n", "x".repeat(bytes)));
    assert_eq!(site.ask(&with(100)).status(), 200);
    let answer = site.ask(&with(200));
    assert_eq!((answer.status(), answer.refusal().as_str()), (431, "The request headers are too large"));
}

#[test]
fn headers_of_16_kb_pass() {
    let answer = Site::start().ask(&request("GET", "/hello", &format!("Cookie: {}\r\n", "x".repeat(16_000))));
    assert_eq!(answer.status(), 200);
}

#[test]
fn a_head_that_hyper_refuses_by_itself_is_431_in_json_too() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(request("GET", "/hello", &format!("Cookie: {}\r\n", "x".repeat(200_000))));
    let answer = client.answer();
    assert_eq!((answer.status(), answer.refusal().as_str()), (431, "The request headers are too large"));
    assert!(client.is_closed());
    let answer = site.ask(&request("GET", "/hello", &"X-A: b\r\n".repeat(150)));
    assert_eq!((answer.status(), answer.refusal().as_str()), (431, "The request headers are too large"));
}

#[test]
fn what_is_not_http_is_400_in_json() {
    let site = Site::start();
    let mut client = site.connect();
    client.send("\x16\x03\x01 this is no HTTP\r\n\r\n");
    let answer = client.answer();
    assert_eq!(answer.status_line, "HTTP/1.1 400 Bad Request");
    assert_eq!(answer.refusal(), "The request is malformed");
    assert!(client.is_closed());
}

#[test]
fn a_malformed_request_behind_a_good_one_is_400_in_json() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(get_request("/hello") + "no HTTP\r\n\r\n");
    assert_eq!(client.answer().body, "hello");
    assert_eq!(client.answer().refusal(), "The request is malformed");
}

#[test]
fn a_connection_over_the_limit_is_served_when_another_ends() {
    let site = Site::start_with(|settings| settings.limits.connections = 2);
    let mut first = site.connect();
    let mut second = site.connect();
    first.send(get_request("/hello"));
    second.send(get_request("/hello"));
    assert_eq!((first.answer().status(), second.answer().status()), (200, 200));
    let mut third = site.connect();
    third.send(get_request("/hello"));
    for client in [&mut first, &mut second] {
        client.send(get_request("/hello"));
        assert_eq!(client.answer().status(), 200);
    }
    assert!(site.scrape().contains("http_connections 2\n"));
    drop(first);
    assert_eq!(third.answer().status(), 200);
}

#[test]
fn idle_connections_go_early_when_it_is_crowded() {
    let site = Site::start_with(|settings| {
        settings.limits.connections = 1;
        settings.limits.header_timeout = SHORT;
    });
    let mut client = site.connect();
    client.send(get_request("/hello"));
    assert_eq!(client.answer().status(), 200);
    let mut waiting = site.connect();
    waiting.send(get_request("/hello"));
    assert_eq!(waiting.answer().status(), 200);
    assert!(client.is_closed());
}

#[test]
fn a_flood_on_one_address_leaves_the_other_reachable() {
    let listen = || Listen {
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        tls: None,
        service: axum::Router::new().into(),
    };
    let limits = Limits { connections: 1, ..Limits::default() };
    let running = Server::bind(vec![listen(), listen()], limits).unwrap().start().unwrap();
    let _flood = [0; 5].map(|_| Client::connect(running.addresses()[0]));
    let mut client = Client::connect(running.addresses()[1]);
    client.send(get_request("/"));
    assert_eq!(client.answer().status(), 404);
}

#[test]
fn a_port_in_use_is_an_error_at_start() {
    let site = Site::start();
    let listen = Listen { address: site.address, tls: None, service: axum::Router::new().into() };
    let error = Server::bind(vec![listen], Limits::default()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

fn one_connection(settings: &mut Settings) {
    settings.limits.connections_per_address = 1;
}

#[test]
fn a_connection_over_the_limit_of_its_address_is_closed_at_once_and_counted() {
    let site = Site::start_with(one_connection);
    let mut first = site.connect();
    first.send(get_request("/hello"));
    assert_eq!(first.answer().status(), 200);
    assert!(site.connect().is_closed());
    assert!(site.scrape().contains("http_connections_refused_total 1\n"));
    first.send(get_request("/hello"));
    assert_eq!(first.answer().status(), 200);
    drop(first);
    site.wait_for_connections(0);
    assert_eq!(site.ask(&get_request("/hello")).status(), 200);
}

#[test]
fn a_trusted_proxy_has_any_number_of_connections() {
    let site = Site::start_with(|settings| {
        one_connection(settings);
        settings.limits.proxies = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]);
    });
    let mut clients = [(); 3].map(|()| site.connect());
    for client in &mut clients {
        client.send(get_request("/hello"));
        assert_eq!(client.answer().status(), 200);
    }
}

/// Half of a body of 1,000 bytes.
const HALF: usize = 500;

/// What it takes of the budget.
const WAITING: usize = HALF + BodyBudget::WAITING_BYTES;

fn half_a_body() -> String {
    request("POST", "/echo", &format!("Content-Length: {}\r\n", 2 * HALF)) + &"x".repeat(HALF)
}

#[test]
fn a1_bodies_that_are_waited_for_share_a_budget() {
    let budget = BodyBudget::new(2 * WAITING + HALF);
    let site = Site::start_with(|settings| settings.layers.unread = budget.clone());
    let wait_for = |bytes: usize| {
        let begun = Instant::now();
        while budget.held() != bytes {
            assert!(begun.elapsed() < PATIENCE, "{} bytes held", budget.held());
            std::thread::yield_now();
        }
    };
    let [mut first, mut second, mut third] = [(); 3].map(|()| site.connect());
    first.send(half_a_body());
    second.send(half_a_body());
    wait_for(2 * WAITING);
    third.send(half_a_body());
    let answer = third.answer();
    assert_eq!((answer.status(), answer.header("retry-after")), (503, Some("5")));
    assert_eq!(answer.refusal(), "The service is overloaded, try again later");
    // What comes in one piece waits for nothing.
    let whole = request("POST", "/echo", "Content-Length: 3000\r\n") + &"x".repeat(3_000);
    assert_eq!(site.ask(&whole).status(), 200);
    drop(first);
    wait_for(WAITING);
    second.send("x".repeat(HALF));
    assert_eq!(second.answer().body.len(), 2 * HALF);
    wait_for(0);
}

#[test]
fn a_body_that_breaks_off_gives_its_share_back() {
    let budget = BodyBudget::new(WAITING);
    let site = Site::start_with(|settings| {
        settings.layers.unread = budget.clone();
        settings.short_body_timeout();
    });
    for _ in 0..2 {
        let mut client = site.connect();
        client.send(half_a_body());
        assert_eq!(client.answer().status(), 408);
    }
    assert_eq!(budget.held(), 0);
}
