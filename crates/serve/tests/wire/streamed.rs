//! Answers without an end of their own.

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http_body::Frame;
use tokio::time::Instant;
use vestibule_serve::layers::{StreamObserver, Streamed};

use crate::support::{PATIENCE, SHORT, Settings, Site, get_request};

/// A source of pieces, which a test pushes.
#[derive(Default)]
struct Source {
    pieces: Mutex<(Vec<Bytes>, Option<Waker>)>,
    yielded: AtomicUsize,
    written: AtomicUsize,
    is_over: AtomicBool,
}

impl Source {
    fn router(source: &Arc<Self>) -> Router {
        let source = Arc::clone(source);
        Router::new().route("/stream", get(async move || answer(&source)))
    }

    fn push(&self, piece: impl Into<Bytes>) {
        let waker = {
            let mut pieces = self.pieces.lock().unwrap();
            pieces.0.push(piece.into());
            pieces.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    fn wait_until(&self, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < PATIENCE, "it does not come");
            thread::yield_now();
        }
    }

    fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }
}

fn answer(source: &Arc<Source>) -> Response {
    let mut answer = Body::new(Pieces(Arc::clone(source))).into_response();
    answer.extensions_mut().insert(Streamed(Arc::new(Observer(Arc::clone(source)))));
    answer
}

struct Pieces(Arc<Source>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.0.is_over.load(Ordering::SeqCst) {
            return Poll::Ready(None);
        }
        let mut pieces = self.0.pieces.lock().unwrap();
        if pieces.0.is_empty() {
            pieces.1 = Some(context.waker().clone());
            return Poll::Pending;
        }
        self.0.yielded.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(pieces.0.remove(0)))))
    }
}

struct Observer(Arc<Source>);

impl StreamObserver for Observer {
    fn written(&self) {
        self.0.written.store(self.0.yielded.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    fn stopping(&self) {
        self.0.is_over.store(true, Ordering::SeqCst);
        self.0.pieces.lock().unwrap().1.take().into_iter().for_each(Waker::wake);
    }
}

/// A server with a stream whose pieces a test pushes.
fn streaming(change: impl FnOnce(&mut Settings)) -> (Arc<Source>, Site) {
    let source = Arc::<Source>::default();
    let site = Site::serving(Source::router(&source), change);
    (source, site)
}

/// Somebody who reads the stream.
struct Listener {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Listener {
    /// Whether this comes.
    fn has_read(&mut self, expected: &str) -> bool {
        loop {
            let found = self.read.windows(expected.len()).position(|it| it == expected.as_bytes());
            if let Some(at) = found {
                self.read.drain(..at + expected.len());
                return true;
            }
            let mut bytes = [0; 4_096];
            match self.stream.read(&mut bytes) {
                Ok(count @ 1..) => self.read.extend_from_slice(&bytes[..count]),
                _ => return false,
            }
        }
    }
}

fn open(site: &Site) -> Listener {
    let mut stream = TcpStream::connect(site.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(get_request("/stream").as_bytes()).unwrap();
    let mut listener = Listener { stream, read: Vec::new() };
    assert!(listener.has_read("\r\n\r\n"));
    listener
}

#[test]
fn what_was_written_is_told_piece_by_piece() {
    let (source, site) = streaming(|_| {});
    let mut client = open(&site);
    for piece in 1..=3 {
        source.push("piece");
        source.wait_until(|source| source.written() == piece);
        assert!(client.has_read("piece"), "it is there when it is said to be");
    }
}

#[test]
fn what_a_client_does_not_take_is_not_told_to_be_written() {
    let (source, site) = streaming(|_| {});
    let client = open(&site);
    let pieces = 400;
    (0..pieces).for_each(|_| source.push(vec![b'x'; 64 * 1024]));
    // So many bytes fit into no socket's buffer.
    source.wait_until(|source| source.written() > 0);
    thread::sleep(SHORT);
    let (written, yielded) = (source.written(), source.yielded.load(Ordering::SeqCst));
    assert!(written < yielded && yielded < pieces, "{written} of {yielded}");
    drop(client);
}

#[test]
fn a_stream_that_flows_outlives_the_limit_on_idle_connections() {
    let (source, site) = streaming(|settings| settings.limits.idle_timeout = SHORT);
    let mut client = open(&site);
    for _ in 0..8 {
        thread::sleep(SHORT / 3);
        source.push("piece");
        assert!(client.has_read("piece"));
    }
}

#[test]
fn a_stop_ends_streams_at_once() {
    let (source, site) = streaming(|_| {});
    let mut client = open(&site);
    source.push("piece");
    assert!(client.has_read("piece"));
    let begun = Instant::now();
    assert_eq!(site.running.shutdown_blocking(PATIENCE), 0);
    assert!(begun.elapsed() < PATIENCE / 2);
    assert!(client.has_read("0\r\n\r\n"), "to its end");
}

#[test]
fn a_stop_waits_for_no_client_that_takes_nothing() {
    let (source, site) = streaming(|_| {});
    let client = open(&site);
    (0..400).for_each(|_| source.push(vec![b'x'; 64 * 1024]));
    source.wait_until(|source| source.written() > 0);
    let begun = Instant::now();
    site.running.shutdown_blocking(PATIENCE);
    assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
    drop(client);
}

#[test]
fn the_observer_goes_with_the_connection() {
    let (source, site) = streaming(|_| {});
    let client = open(&site);
    let watched: Weak<Source> = Arc::downgrade(&source);
    let held = watched.strong_count();
    drop(client);
    let begun = Instant::now();
    while watched.strong_count() >= held {
        // Until a write fails, nobody knows that a client has gone.
        source.push("piece");
        assert!(begun.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(5));
    }
}
