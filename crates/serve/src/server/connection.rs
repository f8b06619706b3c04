//! One connection, from its first byte to its last: TLS, which HTTP it speaks, and the speaking.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Duration, sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::connection_service::ConnectionService;
use super::fast_path::{FastPath, Outcome};
use super::http1_stream::{Closing, Http1Stream};
use super::limits::Limits;
use super::stop::Stop;
use super::timeouts::{ConnectionActivity, End, Protocol, Timeouts, Watched};
use crate::layers::{HttpService, Peer, Refusal};

/// How long an HTTP/2 client may take over its first bytes.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(1);

/// What an HTTP/2 client sends first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The most that hyper buffers of a head; well above what the layers allow, so that they answer.
const HEAD_BYTES: usize = 64 * 1024;

/// Streams that an HTTP/2 client may reset before we have seen them, and that we may reset for its errors, before the
/// connection is closed: the limits against rapid reset.
const RESETS_UNSEEN: usize = 32;
const RESETS_FOR_ERRORS: usize = 256;

/// Unread body bytes held per stream and per connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// What a connection needs to know.
pub(super) struct ConnectionContext<'a> {
    pub(super) limits: &'a Limits,
    pub(super) stop: &'a Stop,
    pub(super) tls: Option<&'a TlsAcceptor>,
    pub(super) service: HttpService,
    /// Whether so many connections are open that idle ones must go early.
    pub(super) crowded: &'a (dyn Fn() -> bool + Send + Sync),
}

impl ConnectionContext<'_> {
    fn timeouts(&self) -> Timeouts {
        let idle = if (self.crowded)() { self.limits.header_timeout } else { self.limits.idle_timeout };
        Timeouts { head: self.limits.header_timeout, idle }
    }

    fn service(&self, peer: Peer, activity: &Arc<ConnectionActivity>) -> ConnectionService {
        let service = RefCell::new(self.service.clone());
        ConnectionService { service, peer, activity: Arc::clone(activity) }
    }
}

/// Serves the connection until it ends. What only some connections come to is allocated when they do: there may be ten
/// thousand that have hardly begun.
pub(super) async fn serve(stream: TcpStream, context: ConnectionContext<'_>) {
    if let Err(error) = try_serve(stream, &context).await {
        tracing::debug!(%error, "a connection ended before its first request");
    }
}

async fn try_serve(stream: TcpStream, context: &ConnectionContext<'_>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let peer = Peer { address: stream.peer_addr()?, tls: context.tls.is_some() };
    let handshake = context.limits.header_timeout;
    let Some(acceptor) = context.tls else {
        // Who takes longer over it does not speak it; a slow head is then answered as such.
        let speaks = timeout(handshake.min(PREFACE_TIMEOUT), speaks_http2(&stream)).await;
        if speaks.unwrap_or(Ok(false))? {
            Box::pin(serve_http2(stream, peer, context)).await;
        } else {
            serve_http1(stream, peer, context).await;
        }
        return Ok(());
    };
    let stream = Box::pin(timeout(handshake, acceptor.accept(stream))).await??;
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        Box::pin(serve_http2(stream, peer, context)).await;
    } else {
        Box::pin(serve_http1(stream, peer, context)).await;
    }
    Ok(())
}

/// Whether the client begins with the HTTP/2 preface (prior knowledge). Takes nothing from the stream.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    let mut pause = Duration::from_millis(2);
    loop {
        let count = stream.peek(&mut first).await?;
        let (seen, preface) = (first.get(..count), PREFACE.get(..count));
        if seen != preface || count == 0 {
            return Ok(false);
        }
        if count == PREFACE.len() {
            return Ok(true);
        }
        // Part of a preface: the stream stays readable, so wait for the rest by the clock, ever longer.
        sleep(pause).await;
        pause *= 2;
    }
}

/// The fast path first, hyper for what is left.
async fn serve_http1<T>(stream: T, peer: Peer, context: &ConnectionContext<'_>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    let activity = ConnectionActivity::expecting_head();
    let mut fast_path = FastPath::new(stream, &context.service, peer, Arc::clone(&activity));
    let end = Watched::new(&mut fast_path, Arc::clone(&activity), || context.timeouts(), context.stop).await;
    let late = fast_path.may_be_refused();
    let (stream, arrived) = fast_path.into_parts();
    let shape = context.service.refusals().otherwise;
    let stream = Http1Stream::new(stream, Arc::clone(&activity), arrived, shape);
    match end {
        End::Finished(Ok(Outcome::ForHyper)) => {
            Box::pin(serve_by_hyper(stream, peer, context, activity)).await;
        }
        End::Finished(Err(error)) => tracing::debug!(%error, "a connection ended with an error"),
        End::Expired if late => stream.close(Closing::Refusal(Refusal::HeaderTimeout)).await,
        End::Expired | End::Finished(Ok(Outcome::Done)) => stream.close(Closing::Nothing).await,
    }
}

async fn serve_by_hyper<T>(
    stream: Http1Stream<T>,
    peer: Peer,
    context: &ConnectionContext<'_>,
    activity: Arc<ConnectionActivity>,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut connection = http1::Builder::new()
        .header_read_timeout(None)
        .half_close(true)
        // Answers are small: copying the body behind the head is cheaper than a vectored write.
        .writev(false)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), context.service(peer, &activity));
    let end = Watched::new(&mut connection, activity, || context.timeouts(), context.stop).await;
    let parts = connection.into_parts();
    let stream = parts.io.into_inner();
    let last = match end {
        End::Expired if parts.read_buf.is_empty() || stream.is_half_sent() => Closing::Nothing,
        End::Expired => Closing::Refusal(Refusal::HeaderTimeout),
        End::Finished(result) => {
            note(result);
            // Whoever stops does not wait for clients to close.
            if context.stop.is_set() { Closing::Nothing } else { Closing::Answered }
        }
    };
    stream.close(last).await;
}

async fn serve_http2<T>(stream: T, peer: Peer, context: &ConnectionContext<'_>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    let activity = ConnectionActivity::idle();
    let mut connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(context.limits.streams)
        .max_pending_accept_reset_streams(RESETS_UNSEEN)
        .max_local_error_reset_streams(RESETS_FOR_ERRORS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(context.limits.ping_interval)
        .keep_alive_timeout(context.limits.header_timeout)
        .serve_connection(TokioIo::new(stream), context.service(peer, &activity));
    if let End::Finished(result) =
        Watched::new(&mut connection, activity, || context.timeouts(), context.stop).await
    {
        note(result);
    }
}

/// Errors of clients are not ours, so they are logged at level `debug` only.
fn note(result: hyper::Result<()>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended with an error");
    }
}

impl<T> Protocol for http1::Connection<TokioIo<Http1Stream<T>>, ConnectionService>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    const ANNOUNCES_ITS_END: bool = false;

    fn finish(&mut self) {
        Pin::new(self).graceful_shutdown();
    }
}

impl<T> Protocol for http2::Connection<TokioIo<T>, ConnectionService, TokioExecutor>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    const ANNOUNCES_ITS_END: bool = true;

    fn finish(&mut self) {
        Pin::new(self).graceful_shutdown();
    }
}
