//! The worker threads: each has a single-threaded runtime, accepts on the shared sockets and serves what it accepted,
//! unless another worker has clearly less to do.

use std::io;
use std::net::{TcpListener as StdListener, TcpStream as StdStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::select;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::addresses::{Admission, ConnectionsByAddress};
use super::connection::{self, Terms};
use super::limits::Limits;
use super::stop::Stop;
use super::{Counts, Listen};
use crate::layers::Front;

/// How much busier than the idlest a worker may be before it hands a connection over.
const UNFAIR: usize = 2;

/// How long to wait after an error of `accept` that will not go away by itself at once, such as no free descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all workers share.
pub(super) struct Shared {
    limits: Limits,
    stop: Arc<Stop>,
    faces: Vec<Face>,
    desks: Vec<Desk>,
    counts: Counts,
}

/// What answers on one listening address.
struct Face {
    tls: Option<TlsAcceptor>,
    front: Front,
    slots: Arc<Semaphore>,
    addresses: Arc<ConnectionsByAddress>,
}

/// What a connection may be open by.
struct Ticket {
    _slot: OwnedSemaphorePermit,
    _admission: Admission,
}

/// A worker as the others see it.
struct Desk {
    inbox: Inbox,
    load: Arc<Load>,
}

/// Where a worker is sent something.
pub(super) type Inbox = UnboundedSender<Sent>;

/// What a worker is sent.
pub(super) enum Sent {
    /// A connection to serve.
    Connection(Accepted),
    /// Whether it still turns: answered between two tasks of its runtime, on which connections are served too.
    Question(oneshot::Sender<()>),
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
    face: usize,
    seat: Seat,
}

/// A connection's place: its slots at the listening address and its share of a worker's load.
struct Seat {
    _ticket: Ticket,
    load: Arc<Load>,
    connections: Gauge,
}

impl Seat {
    fn take(ticket: Ticket, desk: &Desk, connections: &Gauge) -> Self {
        desk.load.connections.fetch_add(1, Ordering::Relaxed);
        connections.inc();
        Self { _ticket: ticket, load: Arc::clone(&desk.load), connections: connections.clone() }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.dec();
        if self.load.connections.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.load.changed.notify_one();
        }
    }
}

impl Shared {
    /// Also returns what is received from the inboxes, one per worker.
    pub(super) fn new(
        listens: Vec<Listen>,
        limits: Limits,
        stop: Arc<Stop>,
        counts: Counts,
    ) -> (Self, Vec<UnboundedReceiver<Sent>>) {
        let face = |listen: Listen| Face {
            tls: listen.tls.map(|config| TlsAcceptor::from(with_alpn(config))),
            front: listen.service,
            slots: Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS))),
            addresses: ConnectionsByAddress::new(limits.connections_per_address, limits.proxies.clone()),
        };
        let faces = listens.into_iter().map(face).collect();
        let (desks, inboxes) = (0..limits.threads.get())
            .map(|_| {
                let (inbox, receiver) = unbounded_channel();
                (Desk { inbox, load: Arc::default() }, receiver)
            })
            .unzip();
        (Self { limits, stop, faces, desks, counts }, inboxes)
    }

    /// The inboxes, one per worker.
    pub(super) fn inboxes(&self) -> Vec<Inbox> {
        self.desks.iter().map(|desk| desk.inbox.clone()).collect()
    }

    /// The worker that should serve the next connection that `index` accepted.
    fn choose(&self, index: usize) -> usize {
        let load = |desk: usize| {
            self.desks.get(desk).map_or(usize::MAX, |desk| desk.load.connections.load(Ordering::Relaxed))
        };
        let idlest = (0..self.desks.len()).min_by_key(|desk| load(*desk)).unwrap_or(index);
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

/// Starts a worker's thread. `done` is told how many connections were cut when it ends.
pub(super) fn start(
    index: usize,
    shared: Arc<Shared>,
    sockets: Vec<StdListener>,
    inbox: UnboundedReceiver<Sent>,
    done: oneshot::Sender<usize>,
) -> io::Result<JoinHandle<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listeners = {
        let _context = runtime.enter();
        sockets.into_iter().map(TcpListener::from_std).collect::<io::Result<Vec<_>>>()?
    };
    thread::Builder::new().name(format!("http-{index}")).spawn(move || {
        let cut = work(&runtime, index, &shared, listeners, inbox);
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
    inbox: UnboundedReceiver<Sent>,
) -> usize {
    runtime.block_on(async {
        for (face, listener) in listeners.into_iter().enumerate() {
            tokio::spawn(accept_all(index, face, listener, Arc::clone(shared)));
        }
        tokio::spawn(receive_all(inbox, Arc::clone(shared)));
        shared.stop.wait().await;
        match shared.desks.get(index) {
            Some(desk) => drain(&desk.load, shared.stop.grace()).await,
            None => 0,
        }
    })
}

/// Waits for the last connection to end; returns how many were left when the time was up.
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
async fn accept_all(index: usize, face: usize, listener: TcpListener, shared: Arc<Shared>) {
    let Some(Face { slots, addresses, .. }) = shared.faces.get(face) else { return };
    loop {
        let next = async {
            let slot = Arc::clone(slots).acquire_owned().await.ok()?;
            Some((slot, listener.accept().await))
        };
        let accepted = select! {
            biased;
            () = shared.stop.wait() => return,
            accepted = next => accepted,
        };
        match accepted {
            Some((slot, Ok((stream, peer)))) => match addresses.admit(peer.ip()) {
                Some(admission) => {
                    seat(index, face, stream, Ticket { _slot: slot, _admission: admission }, &shared);
                }
                // Closed by being dropped.
                None => drop(shared.counts.refused.inc()),
            },
            Some((_, Err(error))) => pause_after(&error).await,
            None => return,
        }
    }
}

/// Starts serving the connection here, or hands it over.
fn seat(index: usize, face: usize, stream: TcpStream, ticket: Ticket, shared: &Arc<Shared>) {
    let chosen = shared.choose(index);
    let Some(desk) = shared.desks.get(chosen) else { return };
    let seat = Seat::take(ticket, desk, &shared.counts.open);
    if chosen == index {
        tokio::spawn(serve(stream, face, seat, Arc::clone(shared)));
    } else if let Ok(stream) = stream.into_std() {
        // The receiver is gone only when that worker has stopped, and then the connection is closed.
        let _ = desk.inbox.send(Sent::Connection(Accepted { stream, face, seat }));
    }
}

async fn receive_all(mut inbox: UnboundedReceiver<Sent>, shared: Arc<Shared>) {
    while let Some(sent) = inbox.recv().await {
        let Accepted { stream, face, seat } = match sent {
            Sent::Connection(accepted) => accepted,
            Sent::Question(answer) => {
                // Whoever asked may have lost patience.
                let _ = answer.send(());
                continue;
            }
        };
        match TcpStream::from_std(stream) {
            Ok(stream) => drop(tokio::spawn(serve(stream, face, seat, Arc::clone(&shared)))),
            Err(error) => tracing::warn!(%error, "could not take over a connection"),
        }
    }
}

async fn serve(stream: TcpStream, face: usize, seat: Seat, shared: Arc<Shared>) {
    if let Some(face) = shared.faces.get(face) {
        let most = shared.limits.connections;
        let crowded = || face.slots.available_permits() < most.div_ceil(4);
        let terms = Terms {
            limits: &shared.limits,
            stop: &shared.stop,
            tls: face.tls.as_ref(),
            front: face.front.clone(),
            crowded: &crowded,
        };
        connection::serve(stream, terms).await;
    }
    drop(seat);
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
