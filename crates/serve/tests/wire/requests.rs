//! What every request gets, whatever its route.

use vestibule_serve::layers::{AllowedHosts, TrustedProxies};

use crate::support::{Settings, Site, both_ways, get_request, request};

#[test]
fn http1_answers_carry_a_reason_phrase() {
    let site = Site::start();
    assert_eq!(site.ask(&get_request("/hello")).status_line, "HTTP/1.1 200 OK");
    assert_eq!(site.ask(&get_request("/nothing")).status_line, "HTTP/1.1 404 Not Found");
}

#[test]
fn an_unknown_path_is_404_in_json() {
    let answer = Site::start().ask(&get_request("/nothing"));
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.refusal(), "Not found");
}

#[test]
fn a_wrong_method_is_405_in_json_with_allow() {
    let answer = Site::start().ask(&request("POST", "/hello", "Content-Length: 0\r\n"));
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.refusal(), "Method not allowed");
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
}

#[test]
fn head_answers_as_get_without_the_body() {
    let site = Site::start();
    let mut client = site.connect();
    let head = request("HEAD", "/hello", "Connection: close\r\n");
    client.send(&head);
    let answer = client.answer_to(&head);
    assert_eq!((answer.status(), answer.header("content-length")), (200, Some("5")));
    assert!(client.is_closed());
}

#[test]
fn options_tells_the_methods_and_nothing_about_origins() {
    let answer = Site::start().ask(&request("OPTIONS", "/echo", "Origin: https://a.example\r\n"));
    assert_eq!(answer.status(), 204);
    assert_eq!(answer.header("allow"), Some("POST"));
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn every_answer_forbids_sniffing() {
    let answer = Site::start().ask(&get_request("/hello"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn a_request_id_is_made_and_told_to_the_client() {
    let answer = Site::start().ask(&get_request("/who"));
    let id = answer.header("x-request-id").unwrap();
    assert!(id.len() >= 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
}

#[test]
fn a_plain_request_id_of_the_caller_is_kept() {
    let answer = Site::start().ask(&request("GET", "/who", "X-Request-Id: trace-1\r\n"));
    assert_eq!(answer.header("x-request-id"), Some("trace-1"));
}

#[test]
fn a_request_id_that_could_forge_a_log_line_is_replaced() {
    let answer = Site::start().ask(&request("GET", "/who", "X-Request-Id: a status=200\r\n"));
    assert!(answer.header("x-request-id").unwrap().starts_with("0707"));
}

#[test]
fn a_refusal_carries_the_request_id_too() {
    let answer = Site::start().ask(&request("GET", "/nothing", "X-Request-Id: trace-2\r\n"));
    assert_eq!(answer.header("x-request-id"), Some("trace-2"));
}

/// ATTACKS L7.
#[test]
fn forwarded_for_from_a_stranger_is_ignored() {
    let forged = "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\n";
    let answer = Site::start().ask(&request("GET", "/who", forged));
    assert_eq!(answer.body, "127.0.0.1 false");
}

/// ATTACKS L7.
#[test]
fn forwarded_for_from_a_trusted_proxy_names_the_client_and_not_what_the_client_wrote() {
    let site = Site::start_with(trust_localhost);
    let forwarded = "X-Forwarded-For: 203.0.113.66, 198.51.100.1\r\nX-Forwarded-Proto: https\r\n";
    assert_eq!(site.ask(&request("GET", "/who", forwarded)).body, "198.51.100.1 true");
}

/// ATTACKS L7: the last line is the nearest proxy's, whatever the client wrote in one before it.
#[test]
fn of_two_forwarded_protocols_the_nearest_proxys_counts() {
    let site = Site::start_with(trust_localhost);
    let who = |first: &str, last: &str| {
        let lines = format!("X-Forwarded-Proto: {first}\r\nX-Forwarded-Proto: {last}\r\n");
        site.ask(&request("GET", "/who", &lines)).body
    };
    assert_eq!(who("https", "http"), "127.0.0.1 false");
    assert_eq!(who("http", "https"), "127.0.0.1 true");
}

fn trust_localhost(settings: &mut Settings) {
    settings.layers.trusted_proxies = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]);
}

#[test]
fn a_panic_is_500_and_the_connection_and_the_server_survive() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(get_request("/panic"));
    let answer = client.answer();
    assert_eq!((answer.status(), answer.refusal().as_str()), (500, "Internal server error"));
    assert!(!answer.body.contains("on purpose"));
    client.send(get_request("/hello"));
    assert_eq!(client.answer().body, "hello");
    assert_eq!(site.ask(&get_request("/hello")).body, "hello");
}

/// ATTACKS S2: answers go to the request they belong to.
#[test]
fn pipelined_requests_are_answered_in_order() {
    let site = Site::start();
    let mut client = site.connect();
    let both = get_request("/held") + &get_request("/who");
    client.send(both);
    site.gate.wait_for_one();
    site.gate.open();
    assert_eq!(client.answer().body, "held");
    assert_eq!(client.answer().body, "127.0.0.1 false");
}

/// RFC 9112 §3.2.
#[test]
fn http_1_1_without_host_is_400_on_every_path() {
    let site = Site::start();
    for path in ["/plain", "/hello", "/nothing", "/session/nothing"] {
        for answer in both_ways(&site, &format!("GET {path} HTTP/1.1\r\n\r\n")) {
            assert_eq!(answer.status(), 400, "{path}");
            assert!(
                answer.body.contains("The request has no Host, or more than one"),
                "{path}: {}",
                answer.body
            );
        }
    }
}

/// RFC 9112 §3.2.
#[test]
fn two_hosts_are_400_also_when_they_are_equal() {
    let site = Site::start();
    for path in ["/plain", "/hello"] {
        for version in ["1.1", "1.0"] {
            let request = format!("GET {path} HTTP/{version}\r\nHost: a\r\nhost: a\r\n\r\n");
            for answer in both_ways(&site, &request) {
                assert_eq!(answer.status(), 400, "{path} {version}");
            }
        }
    }
}

#[test]
fn http_1_0_needs_no_host() {
    let site = Site::start();
    let answer = site.ask("GET /hello HTTP/1.0\r\n\r\n");
    assert_eq!((answer.status(), answer.body.as_str()), (200, "hello"));
}

/// ATTACKS A2 (DNS rebinding): a shortcut is reached under no other name than a route.
#[test]
fn a2_a_listener_for_this_machine_alone_is_reached_under_no_other_name_on_the_fast_path_either() {
    let site = Site::start_with(|settings| settings.layers.allowed_hosts = AllowedHosts::Loopback);
    for path in ["/plain", "/hello"] {
        let foreign = format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        for answer in both_ways(&site, &foreign) {
            assert_eq!(answer.status(), 421, "{path}");
        }
        assert_eq!(site.ask(&get_request(path)).status(), 200, "{path}");
    }
}

#[test]
fn a_shortcut_is_told_the_target_as_it_was_sent_whoever_reads_it() {
    let site = Site::start();
    for (query, expected) in
        [("", ""), ("?", "?"), ("?a=//../%2f%2E;b", "?a=//../%2f%2E;b"), ("?a|b#c", "?a|b")]
    {
        for answer in both_ways(&site, &get_request(&format!("/plain{query}"))) {
            assert_eq!(answer.header("x-target"), Some(&*format!("/plain{expected}")), "{query}");
        }
    }
}

/// Otherwise its client would send the next request into a connection that is being closed.
#[test]
fn a_body_that_nobody_reads_is_read_over_and_the_connection_goes_on() {
    let site = Site::start();
    let mut client = site.connect();
    for path in ["/nothing", "/hello"] {
        client.send(request("POST", path, "Content-Length: 60000\r\n"));
        client.send(vec![b'x'; 60_000]);
        let answer = client.answer();
        assert!([404, 405].contains(&answer.status()) && answer.header("connection").is_none(), "{path}");
    }
    client.send(request("POST", "/echo", "Content-Length: 2\r\n"));
    client.send("ok");
    assert_eq!(client.answer().body, "ok");
}

#[test]
fn a_body_that_nobody_reads_and_that_does_not_end_ends_the_connection_with_notice() {
    let site = Site::start();
    for (length, sent) in [(10_000_000, 60_000), (60_000, 10)] {
        let mut client = site.connect();
        client.send(request("POST", "/nothing", &format!("Content-Length: {length}\r\n")));
        client.send(vec![b'x'; sent]);
        assert_eq!(client.answer().header("connection"), Some("close"), "{length}");
        assert!(client.is_closed(), "{length}");
    }
}

#[test]
fn a_body_that_nobody_reads_is_not_asked_for() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(request("POST", "/nothing", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
    let answer = client.answer();
    assert_eq!((answer.status(), answer.header("connection")), (404, Some("close")));
}
