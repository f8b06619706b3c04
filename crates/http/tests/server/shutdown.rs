//! The end.

use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::support::{SHORT, Site, get_request};

const GRACE: Duration = Duration::from_secs(5);

#[test]
fn a_running_request_is_finished() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(get_request("/slow"));
    thread::sleep(SHORT / 3);
    let ended = thread::spawn(move || site.running.shutdown_blocking(GRACE));
    let answer = client.answer();
    assert_eq!(answer.body, "slow");
    assert!(client.is_closed());
    assert_eq!(ended.join().unwrap(), 0);
}

#[test]
fn new_connections_are_refused_while_the_last_request_runs() {
    let site = Site::start();
    let address = site.address;
    let mut client = site.connect();
    client.send(get_request("/slow"));
    thread::sleep(SHORT / 3);
    let ended = thread::spawn(move || site.running.shutdown_blocking(GRACE));
    thread::sleep(SHORT / 3);
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    assert_eq!(client.answer().body, "slow");
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
    let site = Site::start();
    let mut client = site.connect();
    client.send(get_request("/slow"));
    thread::sleep(SHORT / 3);
    assert_eq!(site.running.shutdown_blocking(Duration::from_millis(10)), 1);
    assert!(client.is_closed());
}

#[tokio::test]
async fn it_can_be_awaited_inside_a_runtime_that_has_one_thread() {
    let site = Site::start();
    let mut client = site.connect();
    client.send(get_request("/slow"));
    tokio::time::sleep(SHORT / 3).await;
    assert_eq!(site.running.shutdown(GRACE).await, 0);
    assert_eq!(client.answer().body, "slow");
}

#[test]
fn dropping_a_running_server_frees_its_port() {
    let site = Site::start();
    let address = site.address;
    drop(site);
    for _ in 0..100 {
        if TcpStream::connect(address).is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("still listening");
}
