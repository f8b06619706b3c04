//! Refusals have the shape that the routes gave for the path.

use crate::support::{Answer, Site, get_request, request};

fn assert_is_xml(answer: &Answer, status: u16) {
    assert_eq!((answer.status(), answer.header("content-type")), (status, Some("application/xml")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.body.starts_with(&format!("<refusal status=\"{status}\">")), "{}", answer.body);
}

#[test]
fn a_path_of_a_group_is_refused_in_its_shape() {
    let site = Site::start();
    assert_is_xml(&site.ask(&get_request("/xml/nothing")), 404);
    assert_is_xml(&site.ask("GET /xml/nothing HTTP/1.1\r\n\r\n"), 400);
    let long = format!("X-Long: {}\r\n", "a".repeat(20_000));
    assert_is_xml(&site.ask(&request("GET", "/xml/nothing", &long)), 431);
}

#[test]
fn a_method_that_a_path_of_a_group_does_not_have_and_a_panic_are_refused_in_its_shape() {
    let site = Site::start();
    let answer = site.ask(&request("POST", "/xml/panic", ""));
    assert_is_xml(&answer, 405);
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
    assert_is_xml(&site.ask(&get_request("/xml/panic")), 500);
}

#[test]
fn a_path_of_no_group_is_refused_in_the_shape_of_the_rest() {
    let site = Site::start();
    assert_eq!(site.ask(&get_request("/xml")).refusal(), "Not found");
    assert_eq!(site.ask(&request("POST", "/hello", "")).refusal(), "Method not allowed");
}
