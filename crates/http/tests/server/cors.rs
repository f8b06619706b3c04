//! Calls from pages of other origins.

use vestibule_http::layers::AllowedOrigins;

use crate::support::{Answer, Site, request};

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

#[test]
fn what_the_fast_path_would_answer_is_readable_for_a_configured_origin_and_no_other() {
    let ask = |origin: &str| site().ask(&request("GET", "/plain", &format!("Origin: {origin}\r\n")));
    let friend = ask(FRIEND);
    assert_eq!((friend.status(), friend.header("access-control-allow-origin")), (200, Some(FRIEND)));
    let stranger = ask("https://stranger.example");
    assert_eq!(
        (stranger.header("access-control-allow-origin"), stranger.header("vary")),
        (None, Some("origin"))
    );
}
