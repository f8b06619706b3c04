//! What an answer may cost, and which are none.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use vestibule_auth::{Outgoing as _, OutgoingAnswer, OutgoingError, OutgoingRequest};
use vestibule_outgoing::{BoundedOutgoing, LONGEST, TIMEOUT};
use zeroize::Zeroizing;

use crate::server::{answering, answering_the_ninth, get, of_this_machine, ok, request};

async fn refusal(bytes: Vec<u8>) -> String {
    let (address, _served) = answering(bytes).await;
    let sent = of_this_machine().send(get(format!("http://{address}/x"))).await;
    sent.unwrap_err().to_string()
}

#[tokio::test]
async fn an_answer_is_read_whole() {
    let (address, served) = answering(ok("{\"keys\":[]}")).await;
    let sent = of_this_machine().send(get(format!("http://{address}/keys?a=b"))).await;
    let answer = sent.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "{\"keys\":[]}"));
    let asked = served.await.unwrap();
    assert!(asked.starts_with("GET /keys?a=b HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains(&format!("host: {address}\r\n")), "{asked}");
}

#[tokio::test]
async fn a_form_is_posted_with_what_proves_the_client() {
    let (address, served) = answering(ok("")).await;
    let secret = |text: &str| Some(Zeroizing::new(text.to_owned()));
    let url = format!("http://{address}/token");
    let request =
        OutgoingRequest { authorization: secret("Basic eDp5"), form: secret("grant_type=x"), ..get(url) };
    of_this_machine().send(request).await.unwrap();
    let asked = served.await.unwrap().to_lowercase();
    for part in [
        "post /token ",
        "authorization: basic edp5\r\n",
        "application/x-www-form-urlencoded\r\n",
        "\r\n\r\ngrant_type=x",
    ] {
        assert!(asked.contains(part), "{asked}");
    }
}

#[tokio::test]
async fn another_status_is_told_with_its_body() {
    let (address, _served) =
        answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nerror".to_vec()).await;
    let answer = of_this_machine().send(get(format!("http://{address}/"))).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (400, "error"));
}

#[tokio::test]
async fn a6_no_redirect_is_followed() {
    let (elsewhere, reached) = answering(ok("secret")).await;
    let redirect =
        format!("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
    let why = refusal(redirect.into_bytes()).await;
    assert!(why.contains("redirects to another address"), "{why}");
    assert!(!reached.is_finished());
}

#[tokio::test]
async fn a6_an_answer_that_is_too_long_is_not_read() {
    let long = "a".repeat(LONGEST + 1);
    for head in [format!("Content-Length: {}", long.len()), "Connection: close".to_owned()] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{long}").into_bytes();
        let why = refusal(bytes).await;
        assert!(why.contains("longer than a megabyte"), "{why}");
    }
    let (address, _served) = answering(ok(&long[..LONGEST])).await;
    let answer = of_this_machine().send(get(format!("http://{address}/"))).await.unwrap();
    assert_eq!(answer.body.len(), LONGEST);
}

#[tokio::test]
async fn a6_a_head_without_end_is_not_read() {
    let bytes = format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(1_000_000)).into_bytes();
    assert!(refusal(bytes).await.contains("does not answer"));
}

#[tokio::test]
async fn what_is_packed_or_no_text_is_not_read() {
    let packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\na".to_vec();
    assert!(refusal(packed).await.contains("packed"));
    let binary = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xff".to_vec();
    assert!(refusal(binary).await.contains("no text"));
}

/// The clock is turned for it: nothing else goes on.
#[tokio::test(start_paused = true)]
async fn a6_a_server_that_never_answers_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let held = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        std::future::pending::<()>().await;
    });
    let begun = Instant::now();
    let sent = of_this_machine().send(get(format!("http://{address}/"))).await;
    assert!(matches!(sent, Err(OutgoingError::NoAnswer(_, why)) if why == "not within 10 s"));
    assert!(begun.elapsed() < TIMEOUT + Duration::from_secs(1));
    held.abort();
}

/// Takes connections and answers none, until it is dropped.
async fn silent() -> (std::net::SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let held = tokio::spawn(async move {
        let mut taken = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            taken.push(stream);
        }
    });
    (address, held)
}

/// Requests to a host, of an account, that are under way until the answer is dropped.
struct Waiting(Vec<JoinHandle<Result<OutgoingAnswer, OutgoingError>>>);

impl Waiting {
    async fn of(outgoing: &BoundedOutgoing, account: &str, hosts: &[SocketAddr], each: usize) -> Self {
        let requests = hosts.iter().cycle().take(hosts.len() * each);
        let sent = requests.map(|host| tokio::spawn(outgoing.send(for_account(*host, account)))).collect();
        // So many tasks do not have their first turn in one.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        Self(sent)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

fn for_account(host: SocketAddr, account: &str) -> OutgoingRequest {
    OutgoingRequest::get(account.parse().unwrap(), format!("http://{host}/"))
}

#[tokio::test]
async fn a6_hosts_that_answer_nobody_keep_no_other_account_waiting() {
    let outgoing = of_this_machine();
    let mut silent_hosts = Vec::new();
    for _ in 0..12 {
        silent_hosts.push(silent().await);
    }
    let addresses: Vec<_> = silent_hosts.iter().map(|(address, _)| *address).collect();
    let waiting = Waiting::of(&outgoing, "one", &addresses, 8).await;
    let (other, _served) = answering(ok("answer")).await;
    let answer = tokio::time::timeout(TIMEOUT / 2, outgoing.send(for_account(other, "other"))).await;
    assert_eq!(answer.expect("it has a turn").unwrap().body.as_str(), "answer");
    assert!(waiting.0.iter().all(|waits| !waits.is_finished()));
    for (_, held) in &silent_hosts {
        held.abort();
    }
}

#[tokio::test]
async fn a6_what_one_account_asks_of_a_host_keeps_no_other_account_from_that_host() {
    let outgoing = of_this_machine();
    let (host, _served) = answering_the_ninth().await;
    let _waiting = Waiting::of(&outgoing, "one", &[host], 8).await;
    let answer = tokio::time::timeout(TIMEOUT / 2, outgoing.send(for_account(host, "other"))).await;
    assert_eq!(answer.expect("it has a turn").unwrap().body.as_str(), "answer");
}

#[tokio::test]
async fn whoever_has_no_turn_at_a_host_has_the_next_one() {
    let outgoing = of_this_machine();
    let (host, _served) = answering_the_ninth().await;
    let mut waiting = Waiting::of(&outgoing, "one", &[host], 8).await;
    let ninth = tokio::spawn(outgoing.send(for_account(host, "one")));
    tokio::task::yield_now().await;
    waiting.0.pop().unwrap().abort();
    assert_eq!(ninth.await.unwrap().unwrap().body.as_str(), "answer");
}

#[tokio::test]
async fn a6_so_many_wait_for_a_host_and_the_next_is_turned_away_at_once() {
    let outgoing = of_this_machine();
    let (host, held) = silent().await;
    let _waiting = Waiting::of(&outgoing, "one", &[host], 32).await;
    let sent = tokio::time::timeout(TIMEOUT / 2, outgoing.send(for_account(host, "one"))).await;
    assert_eq!(sent.expect("at once").unwrap_err(), OutgoingError::Busy(format!("http://{host}/")));
    held.abort();
}

#[tokio::test]
async fn nobody_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let sent = of_this_machine().send(get(format!("http://{address}/"))).await;
    assert!(matches!(sent, Err(OutgoingError::NoAnswer(..))));
}
