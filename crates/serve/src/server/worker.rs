//! The worker threads: each has a single-threaded runtime, accepts on the shared sockets and serves what it accepted,
//! unless another worker has clearly less to do.

use std::io;
use std::net::{TcpListener as StdListener, TcpStream as StdStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::select;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::Listen;
use super::connection::{self, ConnectionContext};
use super::connections_by_address::{AddressPermit, ConnectionsByAddress};
use super::core_share::{IdleWork, leave_share};
use super::limits::Limits;
use super::stop::Stop;
use crate::layers::HttpService;
use crate::metrics::HttpMetrics;

/// How much busier than the idlest a worker may be before it hands a connection over.
const UNFAIR: usize = 2;

/// How long to wait after an error of `accept` that will not go away by itself at once, such as no free descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all workers share.
pub(super) struct Shared {
    limits: Limits,
    stop: Arc<Stop>,
    listeners: Vec<ListenerService>,
    workers: Vec<WorkerHandle>,
    metrics: HttpMetrics,
    idle_work: Option<IdleWork>,
}

/// What answers on one listening address.
struct ListenerService {
    tls: Option<TlsAcceptor>,
    service: HttpService,
    connections_left: Arc<Semaphore>,
    addresses: Arc<ConnectionsByAddress>,
}

/// One of the connections that a listener may have, and one of those that the client's address may have.
struct ListenerPermit {
    _of_listener: OwnedSemaphorePermit,
    _of_address: AddressPermit,
}

/// A worker as the others see it.
struct WorkerHandle {
    messages: Sender,
    load: Arc<Load>,
}

/// Sends a worker something.
pub(super) type Sender = UnboundedSender<Message>;

/// What a worker is sent.
pub(super) enum Message {
    /// A connection to serve.
    Connection(Accepted),
    /// Whether it is responsive: answered between two tasks of its runtime, on which connections are served too.
    Probe(oneshot::Sender<()>),
}

/// How many connections a worker has.
#[derive(Default)]
struct Load {
    connections: AtomicUsize,
    changed: Notify,
}

/// An accepted connection on its way to the worker that serves it.
pub(super) struct Accepted {
    stream: StdStream,
    /// The index of the listener that accepted it.
    listener: usize,
    permit: ConnectionPermit,
}

/// What a connection holds as long as it is open: its permit of the listener, and its share of a worker's load.
struct ConnectionPermit {
    _listener: ListenerPermit,
    load: Arc<Load>,
    metrics: HttpMetrics,
}

impl ConnectionPermit {
    fn take(permit: ListenerPermit, worker: &WorkerHandle, metrics: &HttpMetrics) -> Self {
        worker.load.connections.fetch_add(1, Ordering::Relaxed);
        metrics.connections.inc();
        Self { _listener: permit, load: Arc::clone(&worker.load), metrics: metrics.clone() }
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.metrics.connections.dec();
        if self.load.connections.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.load.changed.notify_one();
        }
    }
}

impl Shared {
    /// Also returns where each worker receives its messages.
    pub(super) fn new(
        listens: Vec<Listen>,
        limits: Limits,
        stop: Arc<Stop>,
        metrics: HttpMetrics,
    ) -> (Self, Vec<UnboundedReceiver<Message>>) {
        let listener = |listen: Listen| ListenerService {
            tls: listen.tls.map(|config| TlsAcceptor::from(with_alpn(config))),
            service: listen.service,
            connections_left: Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS))),
            addresses: ConnectionsByAddress::new(limits.connections_per_address, limits.proxies.clone()),
        };
        let listeners = listens.into_iter().map(listener).collect();
        let (workers, receivers) = (0..limits.threads.get())
            .map(|_| {
                let (messages, receiver) = unbounded_channel();
                (WorkerHandle { messages, load: Arc::default() }, receiver)
            })
            .unzip();
        (Self { limits, stop, listeners, workers, metrics, idle_work: None }, receivers)
    }

    /// The same with work for threads of idle priority, if there can be any.
    pub(super) fn leaving_share_to(self, idle_work: Option<IdleWork>) -> Self {
        Self { idle_work, ..self }
    }

    /// Sends to each worker, in their order.
    pub(super) fn senders(&self) -> Vec<Sender> {
        self.workers.iter().map(|worker| worker.messages.clone()).collect()
    }

    /// The worker that should serve the next connection that `index` accepted.
    ///
    /// Other workers accept and finish connections meanwhile, so the counts may be old when they are compared. That only
    /// makes the spread less even: a connection is counted by whoever was chosen before it is handed over, and by nobody else.
    fn choose(&self, index: usize) -> usize {
        let load = |worker: usize| {
            self.workers
                .get(worker)
                .map_or(usize::MAX, |worker| worker.load.connections.load(Ordering::Relaxed))
        };
        let idlest = (0..self.workers.len()).min_by_key(|worker| load(*worker)).unwrap_or(index);
        if load(index) >= load(idlest).saturating_add(UNFAIR) { idlest } else { index }
    }
}

/// Offers both versions of HTTP unless the owner of the settings chose.
fn with_alpn(config: Arc<ServerConfig>) -> Arc<ServerConfig> {
    if !config.alpn_protocols.is_empty() {
        return config;
    }
    let mut config = Arc::unwrap_or_clone(config);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// Starts a worker's thread. `done` is sent how many connections were cut when it ends.
pub(super) fn start(
    index: usize,
    shared: Arc<Shared>,
    sockets: Vec<StdListener>,
    messages: UnboundedReceiver<Message>,
    done: oneshot::Sender<usize>,
) -> io::Result<JoinHandle<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listeners = {
        let _context = runtime.enter();
        sockets.into_iter().map(TcpListener::from_std).collect::<io::Result<Vec<_>>>()?
    };
    thread::Builder::new().name(format!("http-{index}")).spawn(move || {
        let cut = work(&runtime, index, &shared, listeners, messages);
        // Handlers may have left work on the blocking pool; nobody waits for that.
        runtime.shutdown_background();
        // Nobody may be waiting for us either.
        let _ = done.send(cut);
    })
}

fn work(
    runtime: &Runtime,
    index: usize,
    shared: &Arc<Shared>,
    listeners: Vec<TcpListener>,
    messages: UnboundedReceiver<Message>,
) -> usize {
    runtime.block_on(async {
        for (listener, socket) in listeners.into_iter().enumerate() {
            tokio::spawn(accept_all(index, listener, socket, Arc::clone(shared)));
        }
        tokio::spawn(receive_all(messages, Arc::clone(shared)));
        if let Some(work) = &shared.idle_work {
            tokio::spawn(leave_share(work.clone()));
        }
        shared.stop.wait().await;
        match shared.workers.get(index) {
            Some(worker) => drain(&worker.load, shared.stop.grace()).await,
            None => 0,
        }
    })
}

/// Waits for the last connection to end; returns how many were left when the time was up.
///
/// The last one may end at any moment. Before the count is read: it is zero, and nobody waits. Between that and waiting:
/// `notify_one` leaves a permit, and the wait is over at once. While it waits: it is woken. A permit of an earlier moment without
/// connections wakes it too early; then it reads the count again. A connection that another worker handed over before the stop
/// is counted since then, and `receive_all` still serves it: it ends when its running request is answered.
async fn drain(load: &Load, grace: Duration) -> usize {
    let ended = async {
        while load.connections.load(Ordering::Acquire) > 0 {
            load.changed.notified().await;
        }
    };
    match timeout(grace, ended).await {
        Ok(()) => 0,
        Err(_elapsed) => load.connections.load(Ordering::Acquire),
    }
}

/// Accepts until the server stops, then closes its share of the socket.
async fn accept_all(index: usize, listener: usize, socket: TcpListener, shared: Arc<Shared>) {
    let Some(ListenerService { connections_left, addresses, .. }) = shared.listeners.get(listener) else {
        return;
    };
    loop {
        let next = async {
            let of_listener = Arc::clone(connections_left).acquire_owned().await.ok()?;
            Some((of_listener, socket.accept().await))
        };
        let accepted = select! {
            biased;
            () = shared.stop.wait() => return,
            accepted = next => accepted,
        };
        match accepted {
            Some((of_listener, Ok((stream, peer)))) => match addresses.admit(peer.ip()) {
                Some(of_address) => {
                    let permit = ListenerPermit { _of_listener: of_listener, _of_address: of_address };
                    assign(index, listener, stream, permit, &shared);
                }
                // Closed by being dropped.
                None => drop(shared.metrics.refused_connections.inc()),
            },
            Some((_, Err(error))) => pause_after(&error).await,
            None => return,
        }
    }
}

/// Starts serving the connection here, or hands it over.
fn assign(index: usize, listener: usize, stream: TcpStream, permit: ListenerPermit, shared: &Arc<Shared>) {
    let chosen = shared.choose(index);
    let Some(worker) = shared.workers.get(chosen) else { return };
    let permit = ConnectionPermit::take(permit, worker, &shared.metrics);
    if chosen == index {
        tokio::spawn(serve(stream, listener, permit, Arc::clone(shared)));
    } else if let Ok(stream) = stream.into_std() {
        // The receiver is gone only when that worker has stopped, and then the connection is closed.
        let _ = worker.messages.send(Message::Connection(Accepted { stream, listener, permit }));
    }
}

async fn receive_all(mut messages: UnboundedReceiver<Message>, shared: Arc<Shared>) {
    while let Some(message) = messages.recv().await {
        let Accepted { stream, listener, permit } = match message {
            Message::Connection(accepted) => accepted,
            Message::Probe(answer) => {
                // Whoever asked may have stopped waiting.
                let _ = answer.send(());
                continue;
            }
        };
        match TcpStream::from_std(stream) {
            Ok(stream) => drop(tokio::spawn(serve(stream, listener, permit, Arc::clone(&shared)))),
            Err(error) => tracing::warn!(%error, "could not take over a connection"),
        }
    }
}

async fn serve(stream: TcpStream, listener: usize, permit: ConnectionPermit, shared: Arc<Shared>) {
    if let Some(listener) = shared.listeners.get(listener) {
        let most = shared.limits.connections;
        let crowded = || listener.connections_left.available_permits() < most.div_ceil(4);
        let context = ConnectionContext {
            limits: &shared.limits,
            stop: &shared.stop,
            tls: listener.tls.as_ref(),
            service: listener.service.clone(),
            crowded: &crowded,
        };
        connection::serve(stream, context).await;
    }
    drop(permit);
}

/// A client that left before it was accepted is nothing; a want of descriptors or memory needs a pause.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
        tracing::error!(%error, "could not accept a connection");
        sleep(ACCEPT_PAUSE).await;
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Shared").field("limits", &self.limits).finish_non_exhaustive()
    }
}
