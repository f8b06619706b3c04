//! ATTACKS A1: many requests at once, and clients that are slow to read.

use std::thread;
use std::time::Duration;

use crate::support::{Client, PLAIN_BYTES, SHORT, Settings, Site, get_request};

/// More answers than the kernel buffers, by far.
const REQUESTS: usize = 1_000;

/// How long a slow reader does something else between two answers.
const PAUSE: Duration = Duration::from_millis(1);

fn short_timeouts(settings: &mut Settings) {
    settings.limits.header_timeout = SHORT;
    settings.limits.idle_timeout = SHORT * 4;
}

/// Requests at once, with part of one more behind them.
fn many() -> String {
    get_request("/plain").repeat(REQUESTS) + "GET /pla"
}

/// Reads all answers, so slowly that every time-out passes several times meanwhile.
fn read_slowly(client: &mut Client) {
    for answer in 0..REQUESTS {
        thread::sleep(PAUSE);
        assert_eq!(client.answer().body.len(), PLAIN_BYTES, "{answer}");
    }
}

#[test]
fn a1_all_requests_of_one_write_are_answered_without_another_byte() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(get_request("/plain").repeat(REQUESTS));
    for _ in 0..REQUESTS {
        assert_eq!(client.answer().body.len(), PLAIN_BYTES);
    }
}

#[test]
fn a1_a_slow_reader_gets_every_answer_whole_and_then_a_408() {
    let site = Site::start_with(short_timeouts);
    let mut client = site.connect();
    client.send(many());
    read_slowly(&mut client);
    assert_eq!(client.answer().status(), 408);
    assert!(client.is_closed());
}

#[test]
fn a1_a_slow_reader_of_hypers_gets_every_answer_whole_and_then_a_408() {
    let site = Site::start_with(short_timeouts);
    let mut client = site.connect();
    client.send(get_request("/hello") + &many());
    assert_eq!(client.answer().body, "hello");
    read_slowly(&mut client);
    assert_eq!(client.answer().status(), 408);
    assert!(client.is_closed());
}

#[test]
fn a1_who_reads_nothing_for_too_long_is_closed_without_a_word() {
    let site = Site::start_with(short_timeouts);
    for first in ["", &get_request("/hello")] {
        let mut client = site.connect();
        client.send(first.to_owned() + &many());
        // Longer than the time-out, and not as long as a connection that ends still takes a last word.
        thread::sleep(SHORT * 6);
        let rest = client.rest();
        assert!(rest.starts_with(b"HTTP/1.1 200 OK"));
        assert!(
            !rest.windows(12).any(|window| window == b"HTTP/1.1 408"),
            "a 408 in the middle of an answer"
        );
    }
}
