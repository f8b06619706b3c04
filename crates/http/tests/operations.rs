//! What operators look at.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus_client::metrics::counter::Counter;
use reqwest::Client;
use vestibule_auth::Purpose;
use vestibule_http::operations::{self, Metrics, Readiness};
use vestibule_serve::server::{Limits, Listen, Running, Server};

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

/// An answer, read to its end.
struct Answer {
    status: u16,
    kind: String,
    body: String,
}

async fn get(running: &Running, path: &str) -> Answer {
    get_as(running, path, "*/*").await
}

async fn get_as(running: &Running, path: &str, accept: &str) -> Answer {
    let client = Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}{path}", running.addresses()[0]);
    let answer = client.get(url).header("accept", accept).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    Answer { status: answer.status().as_u16(), kind, body: answer.text().await.unwrap() }
}

#[tokio::test]
async fn health_is_200_as_long_as_the_process_runs() {
    let running = operations(&Metrics::new(), &Arc::default());
    let answer = get(&running, "/healthz").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ok"}"#));
}

#[tokio::test]
async fn readiness_follows_the_flag_and_tells_why_not() {
    let ready = Arc::new(AtomicBool::new(false));
    let running = operations(&Metrics::new(), &ready);
    let answer = get(&running, "/readyz").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.body, r#"{"reason":"loading \"sessions\"","status":"not ready"}"#);
    ready.store(true, Ordering::Relaxed);
    assert_eq!(get(&running, "/readyz").await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_and_stops_nothing_is_a_warning() {
    let running = operations_with(&Metrics::new(), |_| Readiness::Impaired("no witness".into()));
    let answer = get(&running, "/readyz").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ready","warning":"no witness"}"#));
}

#[tokio::test]
async fn readiness_is_asked_for_checks_alone() {
    let running = operations(&Metrics::new(), &Arc::default());
    assert_eq!(get(&running, "/readyz?for=checks").await.status, 200);
    assert_eq!(get(&running, "/readyz?for=everything").await.status, 503);
    assert_eq!(get(&running, "/readyz?for=nothing").await.status, 400);
    assert_eq!(get(&running, "/readyz?checks").await.status, 400);
}

#[tokio::test]
async fn a_scrape_tells_of_connections_the_build_and_the_process() {
    let metrics = Metrics::new();
    let running = operations(&metrics, &Arc::default());
    let answer = get(&running, "/metrics").await;
    assert_eq!(answer.kind, "text/plain; version=0.0.4; charset=utf-8");
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

#[tokio::test]
async fn who_asks_for_open_metrics_gets_it() {
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
        let answer = get_as(&running, "/metrics", accept).await;
        let kind = answer.kind;
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
