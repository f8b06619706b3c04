//! A server on a loopback address, and who asks it.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::RootCertStore;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use vestibule_auth::OutgoingRequest;
use vestibule_outgoing::{BoundedOutgoing, by_the_system};

/// A request for some account.
pub(crate) fn get(url: impl Into<String>) -> OutgoingRequest {
    OutgoingRequest::get("12345678".parse().unwrap(), url)
}

/// Asks without TLS, of loopback addresses.
pub(crate) fn of_this_machine() -> BoundedOutgoing {
    let allowed = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    BoundedOutgoing::with(allowed, RootCertStore::empty(), Arc::new(by_the_system))
}

/// Reads a request, as far as it is there at once.
pub(crate) async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut buffer = vec![0; 16 * 1024];
    let length = stream.read(&mut buffer).await.unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

/// Answers each connection with these bytes, and tells what was asked.
pub(crate) async fn answering(bytes: Vec<u8>) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        answer(&mut stream, &bytes).await
    });
    (address, served)
}

/// Answers the ninth connection, and none before it.
pub(crate) async fn answering_the_ninth() -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let mut held = Vec::new();
        while held.len() < 8 {
            held.push(listener.accept().await.unwrap());
        }
        let (mut stream, _) = listener.accept().await.unwrap();
        answer(&mut stream, &ok("answer")).await
    });
    (address, served)
}

/// Reads a request and answers it, as long as somebody reads.
pub(crate) async fn answer(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &[u8]) -> String {
    let asked = request(stream).await;
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    asked
}

/// An answer with this body.
pub(crate) fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
