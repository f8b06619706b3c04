//! Calls from pages of other origins.

use std::collections::BTreeSet;

use vestibule_serve::layers::AllowedOrigins;

use crate::support::{Answer, READ_BY, Site, both_ways, request};

const FRIEND: &str = "https://agents.example.com";

fn site() -> Site {
    Site::start_with(|settings| settings.layers.allowed_origins = AllowedOrigins::new([FRIEND]).unwrap())
}

fn get_from(site: &Site, origin: &str) -> Answer {
    site.ask(&request("GET", "/hello", &format!("Origin: {origin}\r\n")))
}

fn preflight_from(site: &Site, origin: &str) -> Answer {
    let asked = format!(
        "Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n"
    );
    site.ask(&request("OPTIONS", "/echo", &asked))
}

#[test]
fn without_configuration_no_origin_is_allowed() {
    let site = Site::start();
    assert_eq!(get_from(&site, FRIEND).header("access-control-allow-origin"), None);
    let preflight = preflight_from(&site, FRIEND);
    assert_eq!(preflight.header("access-control-allow-methods"), None);
}

#[test]
fn a_configured_origin_is_allowed_with_credentials() {
    let answer = get_from(&site(), FRIEND);
    assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(answer.header("vary"), Some("origin"));
}

#[test]
fn a_preflight_from_a_configured_origin_is_answered() {
    let answer = preflight_from(&site(), FRIEND);
    assert_eq!(answer.status(), 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND));
    assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type"));
}

#[test]
fn an_origin_that_resembles_a_configured_one_is_not_allowed() {
    let site = site();
    for stranger in [
        "https://agents.example.com.evil.example",
        "http://agents.example.com",
        "null",
        "https://AGENTS.example.com",
    ] {
        let answer = get_from(&site, stranger);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{stranger}");
        assert_eq!(answer.header("vary"), Some("origin"), "{stranger}");
        assert_eq!(
            preflight_from(&site, stranger).header("access-control-allow-methods"),
            None,
            "{stranger}"
        );
    }
}

#[test]
fn a_refusal_is_readable_for_a_configured_origin() {
    let answer = site().ask(&request("GET", "/nothing", &format!("Origin: {FRIEND}\r\n")));
    assert_eq!((answer.status(), answer.header("access-control-allow-origin")), (404, Some(FRIEND)));
}

/// The answer's fields without what is another each time; and who read the request.
fn comparable(answer: &Answer) -> (BTreeSet<&str>, Option<&str>) {
    let changing = ["date: ", "x-request-id: ", "x-read-by: "];
    let lines = answer.head.lines().filter(|line| !changing.iter().any(|name| line.starts_with(name)));
    (lines.collect(), answer.header(READ_BY.as_str()))
}

#[test]
fn the_fast_path_stays_on_and_says_what_hyper_would_have_said() {
    let site = site();
    let friend = format!("Origin: {FRIEND}\r\n");
    let two = format!("Origin: https://stranger.example\r\nOrigin: {FRIEND}\r\n");
    for origin in ["", &friend, "Origin: https://stranger.example\r\n", "Origin: null\r\n", &two] {
        let [fast, by_hyper] = both_ways(&site, &request("GET", "/plain", origin));
        let ((fast_lines, fast_reader), (lines, reader)) = (comparable(&fast), comparable(&by_hyper));
        assert_eq!((fast_reader, reader), (Some("fast path"), Some("hyper")), "{origin}");
        assert_eq!(fast_lines, lines, "{origin}");
        assert_eq!(fast.header("vary"), Some("origin"), "{origin}");
        let allowed = fast.header("access-control-allow-origin");
        assert_eq!(allowed, (origin == friend).then_some(FRIEND), "{origin}");
    }
}

#[test]
fn what_the_fast_path_answers_does_not_change_where_no_origin_is_configured() {
    let answer = Site::start().ask(&request("GET", "/plain", &format!("Origin: {FRIEND}\r\n")));
    assert_eq!(answer.header(READ_BY.as_str()), Some("fast path"));
    assert_eq!((answer.header("vary"), answer.header("access-control-allow-origin")), (None, None));
}

#[test]
fn a2_a_page_of_the_service_is_readable_for_nobody_whatever_is_configured() {
    let site = site();
    let asked = format!("Origin: {FRIEND}\r\nAccess-Control-Request-Method: POST\r\n");
    for method in ["GET", "OPTIONS"] {
        let answer = site.ask(&request(method, "/own/page", &asked));
        assert_eq!(answer.header("access-control-allow-origin"), None, "{method}");
        assert_eq!(answer.header("access-control-allow-methods"), None, "{method}");
        assert_eq!(answer.header("vary"), None, "{method}");
        assert_eq!((answer.status(), answer.header("x-of-the-shape")), (404, Some("yes")), "{method}");
    }
}

#[test]
fn a2_nor_is_what_a_shortcut_answers_there() {
    let asked = request("GET", "/own/plain", &format!("Origin: {FRIEND}\r\n"));
    let site = site();
    let mut client = site.connect();
    for reader in ["fast path", "hyper"] {
        client.send(&asked);
        let answer = client.answer_to(&asked);
        assert_eq!(answer.header(READ_BY.as_str()), Some(reader));
        assert_eq!((answer.header("vary"), answer.header("access-control-allow-origin")), (None, None));
        let other = request("GET", "/hello", "");
        client.send(&other);
        client.answer_to(&other);
    }
}
