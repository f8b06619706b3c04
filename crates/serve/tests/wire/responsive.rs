//! Whether the worker threads are responsive, as a watchdog asks.

use crate::support::{PATIENCE, SHORT, Site, get_request};

#[tokio::test]
async fn a_server_without_requests_is_responsive() {
    assert!(Site::start().running.is_responsive(PATIENCE).await);
}

#[tokio::test]
async fn a_request_that_waits_stops_no_worker() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(get_request("/held"));
    site.gate.wait_for_one();
    assert!(site.running.is_responsive(PATIENCE).await);
}

#[tokio::test]
async fn a_worker_that_is_stuck_is_noticed() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(get_request("/stuck"));
    site.gate.wait_for_one();
    assert!(!site.running.is_responsive(SHORT).await);
    site.gate.free();
    assert_eq!(client.answer().body, "freed");
    assert!(site.running.is_responsive(PATIENCE).await);
}
