//! A server with a few routes, and a client that speaks bytes.

use std::borrow::Cow;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::{HeaderName, Method, StatusCode};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use vestibule_model::Rng;
use vestibule_serve::HttpMetrics;
use vestibule_serve::layers::{
    self, BodyLimits, ClientAddress, Fields, Headers, LayerState, LimitedBody, PlainResponse, Readers,
    RefusalShape, RefusalShapes, RequestHead, ResponseFuture, Routes, Shortcut, is_encrypted,
};
use vestibule_serve::server::{Limits, Listen, Running, Server};

/// The time-out that tests wait for.
pub(crate) const SHORT: Duration = Duration::from_millis(150);

/// Longer than anything that is expected to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

struct Sevens;

impl Rng for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// A server on a free port, ended with the test.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: HttpMetrics,
    pub(crate) running: Running,
    pub(crate) gate: Arc<Gate>,
}

/// Holds the requests for `/held` until a test opens it, and the thread of a request for `/stuck`.
pub(crate) struct Gate {
    entering: mpsc::Sender<()>,
    entered: Mutex<mpsc::Receiver<()>>,
    open: Semaphore,
    stuck: Barrier,
}

impl Gate {
    fn closed() -> Arc<Self> {
        let (entering, entered) = mpsc::channel();
        Arc::new(Self {
            entering,
            entered: Mutex::new(entered),
            open: Semaphore::new(0),
            stuck: Barrier::new(2),
        })
    }

    /// Waits until one more request is held.
    pub(crate) fn wait_for_one(&self) {
        self.entered.lock().unwrap().recv_timeout(PATIENCE).unwrap();
    }

    pub(crate) fn open(&self) {
        self.open.add_permits(1_000);
    }

    /// Lets go of the thread that is stuck.
    pub(crate) fn free(&self) {
        self.stuck.wait();
    }

    fn stick(&self) -> &'static str {
        self.entering.send(()).unwrap();
        self.stuck.wait();
        "freed"
    }

    async fn pass(&self) -> &'static str {
        self.entering.send(()).unwrap();
        self.open.acquire().await.unwrap().forget();
        "held"
    }
}

/// Waits until nobody listens at `address` any more.
pub(crate) fn wait_until_refused(address: SocketAddr) {
    let begun = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(begun.elapsed() < PATIENCE, "still listening");
        thread::yield_now();
    }
}

/// A shortcut, which the fast path answers: `GET` of this path, with a body of [`PLAIN_BYTES`].
struct Plain(&'static str);

pub(crate) const PLAIN_BYTES: usize = 60_000;

/// Who read the request that a shortcut answers.
pub(crate) const READ_BY: HeaderName = HeaderName::from_static("x-read-by");

/// Which target that was.
pub(crate) const TARGET: HeaderName = HeaderName::from_static("x-target");

static PLAIN: [u8; PLAIN_BYTES] = [b'p'; PLAIN_BYTES];

impl Shortcut for Plain {
    fn route(&self) -> &'static str {
        self.0
    }

    fn recognises(&self, method: &Method, path: &str) -> bool {
        method == Method::GET && path == self.0
    }

    fn answer_at_once(&self, head: RequestHead<'_>) -> Option<PlainResponse> {
        let body = Cow::Borrowed(&PLAIN[..]);
        let mut fields = Fields::default();
        fields.set(TARGET, head.target);
        fields.set(
            READ_BY,
            match head.headers {
                Headers::Parsed(_) => "fast path",
                Headers::Map(_) => "hyper",
            },
        );
        Some(PlainResponse { status: StatusCode::OK, fields, body, cause: None })
    }

    fn answer(&self, _request: Request) -> ResponseFuture {
        Box::pin(async { Ok(Response::new("the long way".into())) })
    }
}

/// How refusals are written: below `/xml/` in a way of its own.
const REFUSALS: RefusalShapes =
    RefusalShapes { by_path: &[&[("/xml/", XML), ("/own/", OWN)]], otherwise: RefusalShape::ERROR_OBJECT };

/// What nobody else's pages may read.
const OWN: RefusalShape = RefusalShape {
    readers: Readers::OwnPages,
    headers: &[("x-of-the-shape", "yes")],
    ..RefusalShape::ERROR_OBJECT
};

const XML: RefusalShape = RefusalShape {
    content_type: "application/xml",
    body: |status, message| format!("<refusal status=\"{}\">{message}</refusal>", status.as_u16()),
    ..RefusalShape::ERROR_OBJECT
};

/// What a test may change.
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) layers: LayerState,
    pub(crate) tls: Option<Arc<tokio_rustls::rustls::ServerConfig>>,
    /// Says whether threads of idle priority have work.
    pub(crate) has_idle_work: Option<Box<dyn Fn() -> bool + Send + Sync>>,
}

impl Site {
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub(crate) fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::serving(Router::new(), change)
    }

    /// With more routes.
    pub(crate) fn serving(more: Router, change: impl FnOnce(&mut Settings)) -> Self {
        let metrics = HttpMetrics::default();
        let limits = Limits { threads: NonZeroUsize::new(2).unwrap(), ..Limits::default() };
        let layers = LayerState::new(metrics.clone(), &Sevens);
        let mut settings = Settings { limits, layers, tls: None, has_idle_work: None };
        change(&mut settings);
        let gate = Gate::closed();
        let shortcuts: Vec<Arc<dyn Shortcut>> =
            vec![Arc::new(Plain("/plain")), Arc::new(Plain("/own/plain"))];
        let routes = Routes { shortcuts, ..Routes::new(routes(&gate).merge(more), REFUSALS) };
        let service = layers::apply(routes, settings.layers);
        let listen = Listen { address: (Ipv4Addr::LOCALHOST, 0).into(), tls: settings.tls, service };
        let mut server = Server::bind(vec![listen], settings.limits).unwrap();
        if let Some(has_work) = settings.has_idle_work {
            server = server.leaving_share_to(has_work);
        }
        let running = server.counting_in(metrics.clone()).start().unwrap();
        Self { address: running.addresses()[0], metrics, running, gate }
    }

    /// The metrics as text.
    pub(crate) fn scrape(&self) -> String {
        let (mut registry, mut text) = (Registry::default(), String::new());
        self.metrics.register(&mut registry);
        encode(&mut text, &registry).unwrap();
        text
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Waits until this many connections are open.
    pub(crate) fn wait_for_connections(&self, count: usize) {
        let (begun, line) = (Instant::now(), format!("http_connections {count}\n"));
        while !self.scrape().contains(&line) {
            assert!(begun.elapsed() < PATIENCE, "other than {count} connections");
            thread::yield_now();
        }
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, request: &str) -> Answer {
        let mut client = self.connect();
        client.send(request);
        client.answer_to(request)
    }
}

impl Settings {
    pub(crate) fn short_body_timeout(&mut self) {
        self.layers.body = BodyLimits { timeout: SHORT, ..BodyLimits::DEFAULT };
    }
}

fn routes(gate: &Arc<Gate>) -> Router {
    let (gate, stuck) = (Arc::clone(gate), Arc::clone(gate));
    Router::new()
        .route("/hello", get(async || "hello"))
        .route("/echo", post(echo))
        .route("/who", get(who))
        .route("/sessions/{id}", get(async || "session"))
        .route("/xml/panic", get(async || -> &'static str { panic!("on purpose") }))
        .route("/panic", get(async || -> &'static str { panic!("on purpose") }))
        .route("/held", get(async move || gate.pass().await))
        .route("/stuck", get(async move || stuck.stick()))
}

async fn echo(LimitedBody(body): LimitedBody) -> Response {
    match body {
        Ok(bytes) => Response::new(bytes.into()),
        Err(refusal) => REFUSALS.answer("/echo", refusal),
    }
}

async fn who(Extension(ClientAddress(address)): Extension<ClientAddress>, request: Request) -> String {
    format!("{address} {}", is_encrypted(request.extensions()))
}

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status_line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// The next answer, to a request that was no HEAD.
    pub(crate) fn answer(&mut self) -> Answer {
        self.answer_to("")
    }

    /// The answer to `request`, which was sent.
    pub(crate) fn answer_to(&mut self, request: &str) -> Answer {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.read_more(), "closed within a head: {:?}", String::from_utf8_lossy(&self.read));
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let (status_line, _) = head.split_once("\r\n").unwrap();
        let mut answer =
            Answer { status_line: status_line.to_owned(), head: head.clone(), body: String::new() };
        if !request.starts_with("HEAD") {
            let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
            while self.read.len() < length {
                assert!(self.read_more(), "closed within a body");
            }
            answer.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        }
        answer
    }

    /// All that comes until the connection ends.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while self.read_more() {}
        std::mem::take(&mut self.read)
    }

    /// Sends byte after byte, with pauses, until something is answered.
    pub(crate) fn trickle(&mut self, bytes: impl Iterator<Item = u8>) -> Answer {
        self.stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        for byte in bytes {
            self.send([byte]);
            let mut buffer = [0; 4096];
            if let Ok(count) = self.stream.read(&mut buffer) {
                self.read.extend_from_slice(&buffer[..count]);
                break;
            }
        }
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        self.answer()
    }

    /// Whether the server closes the connection without another byte.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.read.is_empty() && !self.read_more()
    }

    fn read_more(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(count) => {
                self.read.extend_from_slice(&buffer[..count]);
                count > 0
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("no answer: {error}"),
        }
    }
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.status_line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// The text of the error, checked to be JSON in the flat shape that nothing may store.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{self:?}");
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        body["error"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn request(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
}

pub(crate) fn get_request(path: &str) -> String {
    request("GET", path, "")
}

/// The answers to a request on the fast path and by hyper: a connection stays with hyper once it has been there.
pub(crate) fn both_ways(site: &Site, request: &str) -> [Answer; 2] {
    let mut by_hyper = site.connect();
    by_hyper.send(get_request("/hello"));
    assert_eq!(by_hyper.answer().status(), 200);
    by_hyper.send(request);
    [site.ask(request), by_hyper.answer()]
}
