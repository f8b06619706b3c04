//! The end.

use std::thread;
use std::time::Duration;

use tokio::join;

use crate::support::{Client, Site, get_request, wait_until_refused};

const GRACE: Duration = Duration::from_secs(5);

/// A site with a request under way, and its client.
fn at_work() -> (Site, Client) {
    let site = Site::start();
    let mut client = site.connect();
    client.send(get_request("/held"));
    site.gate.wait_for_one();
    (site, client)
}

#[test]
fn a_running_request_is_finished() {
    let (site, mut client) = at_work();
    let Site { address, gate, running, .. } = site;
    let ended = thread::spawn(move || running.shutdown_blocking(GRACE));
    wait_until_refused(address);
    gate.open();
    assert_eq!(client.answer().body, "held");
    assert!(client.is_closed());
    assert_eq!(ended.join().unwrap(), 0);
}

#[test]
fn new_connections_are_refused_while_the_last_request_runs() {
    let (site, mut client) = at_work();
    let Site { address, gate, running, .. } = site;
    let ended = thread::spawn(move || running.shutdown_blocking(GRACE));
    wait_until_refused(address);
    assert!(!ended.is_finished(), "it waits for the request");
    gate.open();
    assert_eq!(client.answer().body, "held");
    ended.join().unwrap();
}

#[test]
fn idle_connections_are_closed_at_once() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(get_request("/hello"));
    assert_eq!(client.answer().status(), 200);
    assert_eq!(site.running.shutdown_blocking(GRACE), 0);
    assert!(client.is_closed());
}

#[test]
fn what_does_not_end_within_the_grace_is_cut_and_counted() {
    let (site, mut client) = at_work();
    assert_eq!(site.running.shutdown_blocking(Duration::from_millis(10)), 1);
    assert!(client.is_closed());
}

#[tokio::test]
async fn it_can_be_awaited_inside_a_runtime_that_has_one_thread() {
    let (site, mut client) = at_work();
    let Site { gate, running, .. } = site;
    let (cut, ()) = join!(running.shutdown(GRACE), async { gate.open() });
    assert_eq!(cut, 0);
    assert_eq!(client.answer().body, "held");
}

#[test]
fn dropping_a_running_server_frees_its_port() {
    let site = Site::start();
    let address = site.address;
    drop(site);
    wait_until_refused(address);
}
