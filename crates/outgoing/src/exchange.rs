//! One request and its answer over a connection of its own.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, USER_AGENT,
};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use vestibule_auth::{OutgoingAnswer, OutgoingError, OutgoingRequest};
use zeroize::Zeroizing;

use crate::LONGEST;
use crate::target::Target;

/// The most bytes of an answer's head.
const LONGEST_HEAD: usize = 64 * 1024;

/// How many addresses of a host are tried.
const TRIED: usize = 4;

/// Sends a request to one of these addresses and reads its answer.
pub(crate) async fn exchange(
    tls: &TlsConnector,
    target: &Target,
    addresses: &[SocketAddr],
    request: OutgoingRequest,
) -> Result<OutgoingAnswer, OutgoingError> {
    let stream = connected(addresses).await.map_err(|error| target.no_answer(&error))?;
    let request = written(target, request)?;
    if !target.is_tls {
        return answered(target, TokioIo::new(stream), request).await;
    }
    let name = ServerName::try_from(target.host.clone());
    let name = name.map_err(|_| target.not_allowed("its host is no name that a certificate can have"))?;
    let encrypted = tls.connect(name, stream).await.map_err(|error| target.no_answer(&error))?;
    answered(target, TokioIo::new(encrypted), request).await
}

async fn connected(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses.iter().take(TRIED) {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn written(target: &Target, request: OutgoingRequest) -> Result<Request<Full<Bytes>>, OutgoingError> {
    let OutgoingRequest { authorization, form, .. } = request;
    let mut built = Request::builder()
        .method(if form.is_some() { Method::POST } else { Method::GET })
        .uri(&target.path_and_query)
        .header(HOST, &target.authority)
        .header(USER_AGENT, concat!("vestibule/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "*/*")
        // What is packed would be unpacked to more than is read.
        .header(ACCEPT_ENCODING, "identity");
    if let Some(authorization) = authorization {
        let value = HeaderValue::from_str(&authorization);
        let mut value =
            value.map_err(|_| target.not_allowed("the header Authorization is no such header"))?;
        value.set_sensitive(true);
        built = built.header(AUTHORIZATION, value);
    }
    if form.is_some() {
        built = built.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let body = form.map_or_else(Bytes::new, |form| Bytes::copy_from_slice(form.as_bytes()));
    built.body(Full::new(body)).map_err(|_| target.not_allowed("this is no address"))
}

async fn answered(
    target: &Target,
    stream: impl Read + Write + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<OutgoingAnswer, OutgoingError> {
    let no_answer = |error: hyper::Error| target.no_answer(&error);
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(LONGEST_HEAD).handshake(stream).await.map_err(no_answer)?;
    let answer = async { read(target, sender.send_request(request).await.map_err(no_answer)?).await };
    tokio::pin!(answer, connection);
    // The connection is this request's: it ends with it, whichever comes first.
    tokio::select! {
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    }
}

async fn read(target: &Target, answer: http::Response<Incoming>) -> Result<OutgoingAnswer, OutgoingError> {
    let status = answer.status();
    if status.is_redirection() {
        return Err(
            target.unreadable("it redirects to another address, which is not followed: give that one")
        );
    }
    let encoding = answer.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding.as_bytes() != b"identity") {
        return Err(target.unreadable("it is packed, which was not asked for"));
    }
    let body = Limited::new(answer.into_body(), LONGEST).collect().await;
    let body = body.map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(error) => target.no_answer(&error),
        Err(_) => target.unreadable("it is longer than a megabyte"),
    })?;
    let text = String::from_utf8(body.to_bytes().to_vec());
    let body = text.map_err(|_| target.unreadable("it is no text in UTF-8"))?;
    Ok(OutgoingAnswer { status: status.as_u16(), body: Zeroizing::new(body) })
}
