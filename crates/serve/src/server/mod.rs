//! The server loop: listening sockets, worker threads, connections and their limits.
//!
//! Owns sockets and timeouts. What it has to answer before there is a request it writes in the shape that the routes gave
//! ([`crate::layers::RefusalShapes`]). The way of a connection:
//!
//! 1. Every worker thread (`worker`) waits on the same listening sockets, bound once and without `SO_REUSEPORT`:
//!    a port in use is an error at start, and no second process can quietly take half of the connections.
//! 2. The worker that accepted a connection keeps it, or hands it to the one that has fewest.
//! 3. `connection` shakes hands (TLS, ALPN) or peeks for the HTTP/2 preface, then drives hyper's HTTP/1 or
//!    HTTP/2 state machine with timeouts (`timeouts`) that end what is slow, idle or asked to stop. Over HTTP/1.1 the
//!    fast path (`fast_path`) comes before hyper.
//! 4. `connection_service` has each request answered; what is left of its body then, `unread_body` sees to.
//!
//! # Timeouts
//! hyper's own header timeout also closes idle keep-alive connections and costs a timer per request, so it is
//! off. `timeouts` keeps one timer per connection instead and distinguishes a slow head (`408`, then closed) from an idle
//! connection (closed silently, after [`Limits::idle_timeout`]; when more than three quarters of
//! [`Limits::connections`] are in use, after [`Limits::header_timeout`] already).
//!
//! # Answers without a request
//! hyper answers what it cannot parse with a bodiless 400, 414 or 431. `http1_stream` recognises these on their way out
//! over HTTP/1 and sends the same status with a body in that shape. Over HTTP/2 such an answer stays
//! without a body.

mod connection;
mod connection_service;
mod connections_by_address;
mod core_share;
mod date;
mod fast_path;
mod http1_stream;
mod limits;
mod stop;
mod timeouts;
mod unread_body;
mod worker;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::rustls::ServerConfig;

use core_share::IdleWork;
pub use limits::Limits;
use stop::Stop;
use worker::{Message, Sender, Shared};

use crate::layers::HttpService;
use crate::metrics::HttpMetrics;

/// Connections that the kernel may hold for us before they are accepted.
const BACKLOG: i32 = 1024;

/// One address to listen on, and what answers there.
#[derive(Debug)]
pub struct Listen {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Certificates and settings for TLS, or none for plain HTTP. ALPN is filled in when it is empty.
    pub tls: Option<Arc<ServerConfig>>,
    /// What answers the requests.
    pub service: HttpService,
}

/// Sockets that are bound and listening, and not served yet.
#[derive(Debug)]
pub struct Server {
    sockets: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    listens: Vec<Listen>,
    limits: Limits,
    metrics: HttpMetrics,
    idle_work: Option<IdleWork>,
}

impl Server {
    /// Binds every address. Fails when one of them is in use.
    pub fn bind(listens: Vec<Listen>, limits: Limits) -> io::Result<Self> {
        let sockets = listens.iter().map(|listen| bind(listen.address)).collect::<io::Result<Vec<_>>>()?;
        let addresses = sockets.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
        Ok(Self { sockets, addresses, listens, limits, metrics: HttpMetrics::default(), idle_work: None })
    }

    /// The addresses bound, in the order of the `Listen`s.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Counts connections in `metrics`.
    #[must_use]
    pub fn counting_in(self, metrics: HttpMetrics) -> Self {
        Self { metrics, ..self }
    }

    /// Leaves threads of idle priority a share of each worker's core while `has_work` says that they have something to do,
    /// however many requests there are. It is asked some hundred times a second at most, by every worker.
    #[must_use]
    pub fn leaving_share_to(self, has_work: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { idle_work: Some(IdleWork::told_by(has_work)), ..self }
    }

    /// Starts the worker threads and returns. Handlers run on these threads' runtimes: what they spawn there
    /// ends with the server.
    pub fn start(self) -> io::Result<Running> {
        let stop = Arc::new(Stop::default());
        let (shared, receivers) = Shared::new(self.listens, self.limits, Arc::clone(&stop), self.metrics);
        let shared = Arc::new(shared.leaving_share_to(self.idle_work));
        let mut running = Running { addresses: self.addresses, stop, workers: Vec::new() };
        for (index, (sender, receiver)) in shared.senders().into_iter().zip(receivers).enumerate() {
            let sockets = self.sockets.iter().map(TcpListener::try_clone).collect::<io::Result<Vec<_>>>()?;
            let (done, finished) = oneshot::channel();
            let thread = worker::start(index, Arc::clone(&shared), sockets, receiver, done)?;
            running.workers.push(Worker { thread, sender, finished });
        }
        Ok(running)
    }
}

#[derive(Debug)]
struct Worker {
    thread: JoinHandle<()>,
    sender: Sender,
    /// Tells how many connections were cut.
    finished: oneshot::Receiver<usize>,
}

/// A server at work. Dropping it ends the server at once, without waiting; [`Running::shutdown`] is the polite way.
#[derive(Debug)]
pub struct Running {
    addresses: Vec<SocketAddr>,
    stop: Arc<Stop>,
    workers: Vec<Worker>,
}

impl Running {
    /// The addresses served, in the order of the `Listen`s.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Whether every worker thread is responsive, that is, comes to its next task within `limit`. No connection is made
    /// for it, so that no flood of connections can make it say no.
    pub async fn is_responsive(&self, limit: Duration) -> bool {
        let ask = |worker: &Worker| {
            let (answer, answered) = oneshot::channel();
            worker.sender.send(Message::Probe(answer)).ok().map(|()| answered)
        };
        let Some(answers) = self.workers.iter().map(ask).collect::<Option<Vec<_>>>() else { return false };
        let all = async {
            for answered in answers {
                if answered.await.is_err() {
                    return false;
                }
            }
            true
        };
        timeout(limit, all).await.unwrap_or(false)
    }

    /// Stops accepting, lets running requests finish for at most `grace`, ends the threads. Returns how many
    /// connections had to be cut.
    pub async fn shutdown(mut self, grace: Duration) -> usize {
        self.stop.set(grace);
        let mut cut = 0;
        for worker in std::mem::take(&mut self.workers) {
            cut += worker.finished.await.unwrap_or(0);
            join(worker.thread);
        }
        cut
    }

    /// [`Running::shutdown`] for callers outside a runtime: blocks.
    pub fn shutdown_blocking(mut self, grace: Duration) -> usize {
        self.stop.set(grace);
        let mut cut = 0;
        for worker in std::mem::take(&mut self.workers) {
            join(worker.thread);
            cut += { worker.finished }.try_recv().unwrap_or(0);
        }
        cut
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.workers.is_empty() {
            self.stop.set(Duration::ZERO);
        }
    }
}

fn join(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("a server thread had panicked");
    }
}

/// Without `SO_REUSEPORT`, so that a port in use is noticed; with `SO_REUSEADDR`, so that a restart need not wait
/// for old connections to time out.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
