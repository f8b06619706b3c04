//! HTTP/2 and TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Version};
use http_body_util::BodyExt;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::support::{SHORT, Site, get_request};

async fn http2_client<T>(stream: T) -> http2::SendRequest<Body>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    http2_connection(stream).await.0
}

/// The same, and what ends with the connection.
async fn http2_connection<T>(stream: T) -> (http2::SendRequest<Body>, JoinHandle<hyper::Result<()>>)
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    (client, tokio::spawn(connection))
}

async fn get(client: &mut http2::SendRequest<Body>, path: &str) -> (http::response::Parts, String) {
    let request = Request::get(format!("http://localhost{path}")).body(Body::empty()).unwrap();
    let (head, body) = client.send_request(request).await.unwrap().into_parts();
    (head, String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap())
}

#[tokio::test]
async fn http2_with_prior_knowledge_is_served_on_the_plain_port() {
    let site = Site::start();
    let mut client = http2_client(TcpStream::connect(site.address).await.unwrap()).await;
    let (head, body) = get(&mut client, "/hello").await;
    assert_eq!((head.version, head.status.as_u16(), body.as_str()), (Version::HTTP_2, 200, "hello"));
    let (head, body) = get(&mut client, "/nothing").await;
    assert_eq!((head.status.as_u16(), body.as_str()), (404, r#"{"error":"Not found"}"#));
}

#[tokio::test]
async fn a_preface_in_two_pieces_is_still_http2() {
    let site = Site::start_with(|settings| settings.limits.threads = NonZeroUsize::MIN);
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(b"PRI * HT").await.unwrap();
    // There is one thread: when it has answered this, it has looked at the first piece.
    assert_eq!(site.ask(&get_request("/hello")).body, "hello");
    stream.write_all(b"TP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut settings = [0; 9];
    stream.read_exact(&mut settings).await.unwrap();
    assert_eq!(settings[3], 4, "the server's first frame is SETTINGS");
}

#[tokio::test]
async fn http2_requests_over_one_connection_run_side_by_side() {
    let site = Site::start();
    let client = http2_client(TcpStream::connect(site.address).await.unwrap()).await;
    let (mut one, mut other, gate) = (client.clone(), client, Arc::clone(&site.gate));
    let both_are_held = tokio::task::spawn_blocking(move || {
        gate.wait_for_one();
        gate.wait_for_one();
        gate.open();
    });
    let ((_, one), (_, other)) = tokio::join!(get(&mut one, "/held"), get(&mut other, "/held"));
    assert_eq!((one.as_str(), other.as_str()), ("held", "held"));
    both_are_held.await.unwrap();
}

#[tokio::test]
async fn http2_header_lists_over_16_kib_are_431_in_json() {
    let site = Site::start();
    let mut client = http2_client(TcpStream::connect(site.address).await.unwrap()).await;
    let request = Request::get("http://localhost/hello").header("cookie", "x".repeat(17_000));
    let answer = client.send_request(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 431);
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, r#"{"error":"The request headers are too large"}"#);
}

#[tokio::test]
async fn an_idle_http2_connection_is_told_to_go_and_closed() {
    let site = Site::start_with(|settings| {
        settings.limits.header_timeout = SHORT / 3;
        settings.limits.idle_timeout = SHORT / 3;
    });
    let stream = TcpStream::connect(site.address).await.unwrap();
    let (mut client, connection) = http2_connection(stream).await;
    get(&mut client, "/hello").await;
    // A GOAWAY, and then the end of the stream, is no error.
    tokio::time::timeout(SHORT * 20, connection).await.unwrap().unwrap().unwrap();
}

/// ATTACKS A1: streams opened and reset as fast as the wire allows.
#[test]
fn http2_rapid_reset_ends_the_connection_and_spares_the_others() {
    let site = Site::start();
    let mut attacker = StdStream::connect(site.address).unwrap();
    attacker.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(4, 0, 0, &[]));
    for number in 0..2_000_u32 {
        let stream = 2 * number + 1;
        // GET / over http from the static table, and an authority.
        bytes.extend(frame(1, 0x5, stream, b"\x82\x84\x86\x41\x09localhost"));
        bytes.extend(frame(3, 0, stream, &8_u32.to_be_bytes()));
    }
    // The server hangs up in the middle of it.
    let _ = attacker.write_all(&bytes);
    let mut answer = Vec::new();
    let _ = attacker.read_to_end(&mut answer);
    assert!(has_goaway(&answer), "no GOAWAY in {} bytes", answer.len());
    assert_eq!(site.ask(&get_request("/hello")).body, "hello");
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

fn has_goaway(mut bytes: &[u8]) -> bool {
    while let [high, middle, low, kind, rest @ ..] = bytes {
        if *kind == 7 {
            return true;
        }
        let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
        bytes = rest.get(5 + length..).unwrap_or_default();
    }
    false
}

/// A certificate for localhost: the server's settings, and a client's that trust it.
fn certificate() -> (Arc<ServerConfig>, ClientConfig) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([String::from("localhost")]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    (Arc::new(server), ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

async fn tls_connect(address: SocketAddr, mut config: ClientConfig, alpn: &[&str]) -> TlsStream<TcpStream> {
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

#[tokio::test]
async fn alpn_chooses_http2_over_tls() {
    let (server, client) = certificate();
    let site = Site::start_with(|settings| settings.tls = Some(server));
    let stream = tls_connect(site.address, client, &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (head, body) = get(&mut http2_client(stream).await, "/who").await;
    assert_eq!(head.version, Version::HTTP_2);
    assert!(body.starts_with("127.0.0.1 ") && body.ends_with(" true"), "{body}");
}

#[tokio::test]
async fn without_h2_in_alpn_http1_is_spoken_over_tls() {
    let (server, client) = certificate();
    let site = Site::start_with(|settings| settings.tls = Some(server));
    for alpn in [&["http/1.1"][..], &[]] {
        let mut stream = tls_connect(site.address, client.clone(), alpn).await;
        stream
            .write_all(b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhello"), "{answer}");
    }
}

/// ATTACKS A1.
#[test]
fn a_tls_handshake_that_does_not_come_is_closed() {
    let (server, _) = certificate();
    let site = Site::start_with(|settings| {
        settings.tls = Some(server);
        settings.limits.header_timeout = SHORT;
    });
    assert!(site.connect().is_closed());
}
