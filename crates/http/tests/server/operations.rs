//! What operators look at.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus_client::metrics::counter::Counter;
use vestibule_auth::Purpose;
use vestibule_http::operations::{self, Metrics, Readiness};
use vestibule_http::server::{Limits, Listen, Running, Server};

use crate::support::{Answer, Client, Site, get_request, request};

fn operations(metrics: &Arc<Metrics>, ready: &Arc<AtomicBool>) -> Running {
    let ready = Arc::clone(ready);
    operations_with(metrics, move |purpose| {
        if purpose == Purpose::Checks || ready.load(Ordering::Relaxed) {
            Readiness::Ready
        } else {
            Readiness::NotReady("loading \"sessions\"".into())
        }
    })
}

fn operations_with(
    metrics: &Arc<Metrics>,
    readiness: impl Fn(Purpose) -> Readiness + Send + Sync + 'static,
) -> Running {
    let service = operations::router(Arc::clone(metrics), readiness);
    let listen = Listen { address: (Ipv4Addr::LOCALHOST, 0).into(), tls: None, service: service.into() };
    Server::bind(vec![listen], Limits::default()).unwrap().start().unwrap()
}

fn get(running: &Running, path: &str) -> Answer {
    let mut client = Client::connect(running.addresses()[0]);
    client.send(get_request(path));
    client.answer()
}

#[test]
fn health_is_200_as_long_as_the_process_runs() {
    let running = operations(&Metrics::new(), &Arc::default());
    let answer = get(&running, "/healthz");
    assert_eq!((answer.status(), answer.body.as_str()), (200, r#"{"status":"ok"}"#));
}

#[test]
fn readiness_follows_the_flag_and_tells_why_not() {
    let ready = Arc::new(AtomicBool::new(false));
    let running = operations(&Metrics::new(), &ready);
    let answer = get(&running, "/readyz");
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.body, r#"{"reason":"loading \"sessions\"","status":"not ready"}"#);
    ready.store(true, Ordering::Relaxed);
    assert_eq!(get(&running, "/readyz").status(), 200);
}

#[test]
fn what_is_wrong_and_stops_nothing_is_a_warning() {
    let running = operations_with(&Metrics::new(), |_| Readiness::Impaired("no witness".into()));
    let answer = get(&running, "/readyz");
    assert_eq!(
        (answer.status(), answer.body.as_str()),
        (200, r#"{"status":"ready","warning":"no witness"}"#)
    );
}

#[test]
fn readiness_is_asked_for_checks_alone() {
    let running = operations(&Metrics::new(), &Arc::default());
    assert_eq!(get(&running, "/readyz?for=checks").status(), 200);
    assert_eq!(get(&running, "/readyz?for=everything").status(), 503);
    assert_eq!(get(&running, "/readyz?for=nothing").status(), 400);
    assert_eq!(get(&running, "/readyz?checks").status(), 400);
}

#[test]
fn requests_are_counted_by_method_route_and_status() {
    let site = Site::start();
    site.ask(&get_request("/hello"));
    site.ask(&get_request("/hello"));
    site.ask(&request("HEAD", "/hello", ""));
    site.ask(&get_request("/panic"));
    let text = site.metrics.encode();
    for line in [
        r#"vestibule_http_requests_total{method="GET",route="/hello",status="200"} 2"#,
        r#"vestibule_http_requests_total{method="HEAD",route="/hello",status="200"} 1"#,
        r#"vestibule_http_requests_total{method="GET",route="/panic",status="500"} 1"#,
        r#"vestibule_http_request_duration_seconds_count{route="/hello"} 3"#,
        r#"vestibule_http_request_duration_seconds_bucket{le="+Inf",route="/hello"} 3"#,
        "vestibule_http_requests_in_flight 0",
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
    let text = site.metrics.encode();
    assert!(!text.to_lowercase().contains("s3cret"), "{text}");
    assert!(text.contains(r#"{method="GET",route="/sessions/{id}",status="200"} 1"#), "{text}");
    assert!(text.contains(r#"{method="GET",route="none",status="404"} 1"#), "{text}");
    assert!(text.contains(r#"{method="other",route="/hello",status="405"} 1"#), "{text}");
}

#[test]
fn a_scrape_tells_of_connections_the_build_and_the_process() {
    let metrics = Metrics::new();
    let running = operations(&metrics, &Arc::default());
    let answer = get(&running, "/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(!answer.body.contains("# EOF") && !answer.body.contains("# UNIT"), "{}", answer.body);
    for name in [
        "vestibule_http_connections ",
        "vestibule_build_info{version=",
        "process_resident_memory_bytes ",
        "process_open_fds ",
        "process_max_fds ",
        "process_threads ",
        "process_start_time_seconds ",
        "process_cpu_seconds_total ",
    ] {
        assert!(answer.body.contains(&format!("\n{name}")), "{name} is not in\n{}", answer.body);
    }
}

#[test]
fn who_asks_for_open_metrics_gets_it() {
    let running = operations(&Metrics::new(), &Arc::default());
    // What Prometheus sends.
    let all = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    for (accept, is_open) in [
        (all, true),
        ("application/OpenMetrics-Text; version=1.0.0", true),
        ("application/openmetrics-text;q=0, text/plain", false),
        ("text/plain", false),
        ("*/*", false),
    ] {
        let mut client = Client::connect(running.addresses()[0]);
        client.send(request("GET", "/metrics", &format!("accept: {accept}\r\n")));
        let answer = client.answer();
        let kind = answer.header("content-type").unwrap();
        assert_eq!(kind.starts_with("application/openmetrics-text"), is_open, "{accept}: {kind}");
        assert_eq!(answer.body.ends_with("# EOF\n"), is_open, "{accept}");
    }
}

#[test]
fn others_register_their_metrics_under_the_same_prefix() {
    let metrics = Metrics::new();
    let logins: Counter = Counter::default();
    metrics.register(|registry| registry.register("logins", "Logins", logins.clone()));
    logins.inc();
    assert!(metrics.encode().contains("vestibule_logins_total 1"));
}
