//! Who is at the other end, and the service that tells each request.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper::service::Service;
use pin_project_lite::pin_project;
use tower::Service as _;

use super::watch::{Pulse, Serving};

/// The other end of the connection that a request came in on: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The address that the connection came from: the client's, or its last proxy's.
    pub address: SocketAddr,
    /// Whether the connection is encrypted by us.
    pub tls: bool,
}

/// The router as hyper sees it, for one connection.
#[derive(Clone, Debug)]
pub(super) struct PeerService {
    /// hyper lends the service shared, a router wants to be called mutable, and copying its pointer for every request
    /// would have all threads count on one word of memory.
    pub(super) router: RefCell<Router>,
    pub(super) peer: Peer,
    pub(super) pulse: Arc<Pulse>,
}

impl Service<Request<Incoming>> for PeerService {
    type Response = Response;
    type Error = Infallible;
    type Future = Served;

    fn call(&self, mut request: Request<Incoming>) -> Served {
        let serving = Pulse::begin_request(&self.pulse);
        request.extensions_mut().insert(self.peer);
        Served { answer: self.router.borrow_mut().call(request), serving }
    }
}

pin_project! {
    /// An answer under way; as long as it lives its connection is not idle.
    pub(super) struct Served {
        #[pin]
        answer: RouteFuture<Infallible>,
        serving: Serving,
    }
}

impl Future for Served {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().answer.poll(context)
    }
}
