//! What is counted, and what is not told with it.

use crate::support::{Site, get_request, request};

#[test]
fn requests_are_counted_by_method_route_and_status() {
    let site = Site::start();
    site.ask(&get_request("/hello"));
    site.ask(&get_request("/hello"));
    site.ask(&request("HEAD", "/hello", ""));
    site.ask(&get_request("/panic"));
    let text = site.scrape();
    for line in [
        r#"http_requests_total{method="GET",route="/hello",status="200"} 2"#,
        r#"http_requests_total{method="HEAD",route="/hello",status="200"} 1"#,
        r#"http_requests_total{method="GET",route="/panic",status="500"} 1"#,
        r#"http_request_duration_seconds_count{route="/hello"} 3"#,
        r#"http_request_duration_seconds_bucket{le="+Inf",route="/hello"} 3"#,
        "http_requests_in_flight 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

/// ATTACKS A5: paths hold secrets, and what clients invent must not fill the memory.
#[test]
fn metrics_hold_neither_paths_nor_invented_methods() {
    let site = Site::start();
    site.ask(&get_request("/sessions/s3cret?token=s3cret"));
    site.ask(&get_request("/s3cret"));
    site.ask(&request("S3CRET", "/hello", ""));
    let text = site.scrape();
    assert!(!text.to_lowercase().contains("s3cret"), "{text}");
    assert!(text.contains(r#"{method="GET",route="/sessions/{id}",status="200"} 1"#), "{text}");
    assert!(text.contains(r#"{method="GET",route="none",status="404"} 1"#), "{text}");
    assert!(text.contains(r#"{method="other",route="/hello",status="405"} 1"#), "{text}");
}
