//! ATTACKS A6: an address that only this machine reaches.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::RootCertStore;
use tokio::net::TcpListener;
use vestibule_auth::{Outgoing as _, OutgoingError};
use vestibule_outgoing::{BoundedOutgoing, Resolver, by_the_system};

use crate::server::{answering, get, of_this_machine, ok};

fn with(allowed: &[&str], resolver: Resolver) -> BoundedOutgoing {
    let allowed = allowed.iter().map(|network| network.parse().unwrap()).collect();
    BoundedOutgoing::with(allowed, RootCertStore::empty(), resolver)
}

/// Resolves every name to the first of these, and at the next time to the one behind it.
fn one_after_the_other(addresses: Vec<SocketAddr>) -> (Resolver, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let resolver: Resolver = Arc::new(move |_, _| {
        let address = addresses[count.fetch_add(1, Ordering::SeqCst).min(addresses.len() - 1)];
        Box::pin(std::future::ready(Ok(vec![address])))
    });
    (resolver, asked)
}

async fn is_refused(outgoing: &BoundedOutgoing, url: &str) -> bool {
    let sent = outgoing.send(get(url)).await;
    matches!(sent, Err(OutgoingError::NotAllowed(..)))
}

#[tokio::test]
async fn a6_addresses_of_private_networks_are_not_connected_to() {
    let outgoing = with(&[], Arc::new(by_the_system));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in [
        "127.0.0.1",
        "127.1.2.3",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",
        "[::]",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "localhost",
    ] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/");
            assert!(is_refused(&outgoing, &url).await, "{url}");
        }
    }
    // Other spellings of 127.0.0.1, if the system knows them: whatever they are, they are not reached.
    for host in ["2130706433", "0x7f000001", "017700000001", "127.1"] {
        let sent = outgoing.send(get(format!("https://{host}:{port}/"))).await;
        assert!(sent.is_err(), "{host}");
    }
    assert!(listener.accept().now_or_never().is_none());
}

trait NowOrNever: Future + Sized {
    /// What is there already.
    fn now_or_never(self) -> Option<Self::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::pin!(self).poll(&mut context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }
}

impl<F: Future> NowOrNever for F {}

#[tokio::test]
async fn a6_a_name_that_resolves_to_a_private_address_is_refused() {
    let (resolver, _) = one_after_the_other(vec!["10.0.0.1:443".parse().unwrap()]);
    assert!(is_refused(&with(&[], resolver), "https://idp.example/").await);
}

/// DNS rebinding: the second resolution would be another one, so there is none.
#[tokio::test]
async fn a6_the_address_that_was_looked_at_is_the_one_that_is_connected_to() {
    let (allowed, served) = answering(ok("the first")).await;
    let (other, not_reached) = answering(ok("the second")).await;
    let (resolver, asked) = one_after_the_other(vec![allowed, other]);
    let outgoing = with(&["127.0.0.0/8"], resolver);
    let answer = outgoing.send(get("http://idp.example/")).await.unwrap();
    assert_eq!((answer.body.as_str(), asked.load(Ordering::SeqCst)), ("the first", 1));
    assert!(served.await.unwrap().to_lowercase().contains("host: idp.example\r\n"));
    assert!(!not_reached.is_finished());
}

#[tokio::test]
async fn a6_of_several_addresses_those_of_private_networks_are_not_tried() {
    let (private, not_reached) = answering(ok("")).await;
    let resolver: Resolver = Arc::new(move |_, _| {
        let public = "[2606:4700::1]:1".parse().unwrap();
        Box::pin(std::future::ready(Ok(vec![private, public])))
    });
    let sent = with(&[], resolver).send(get("https://idp.example/")).await;
    assert!(sent.is_err());
    assert!(!not_reached.is_finished());
}

#[tokio::test]
async fn an_allowed_network_is_reached_and_no_other() {
    let (address, _served) = answering(ok("here")).await;
    let url = format!("http://{address}/");
    assert!(of_this_machine().send(get(&*url)).await.is_ok());
    let outgoing = with(&["10.0.0.0/8", "127.0.0.2/32", "::/0"], Arc::new(by_the_system));
    assert!(is_refused(&outgoing, &url).await);
    // An allowed IPv6 network does not allow what is embedded in its addresses.
    assert!(is_refused(&outgoing, &format!("http://[::ffff:127.0.0.1]:{}/", address.port())).await);
}

#[tokio::test]
async fn a6_without_tls_only_this_machine_is_reached_even_where_networks_are_allowed() {
    let outgoing = with(&["10.0.0.0/8"], Arc::new(by_the_system));
    assert!(is_refused(&outgoing, "http://10.0.0.1/").await);
    let (resolver, _) = one_after_the_other(vec!["1.1.1.1:80".parse().unwrap()]);
    assert!(is_refused(&with(&[], resolver), "http://idp.example/").await);
}

#[tokio::test]
async fn a6_nothing_but_http_is_spoken() {
    for url in ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "/etc/passwd"] {
        assert!(is_refused(&of_this_machine(), url).await, "{url}");
    }
}
