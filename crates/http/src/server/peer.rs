//! Who is at the other end, and the service that tells each request.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper::service::Service;
use pin_project_lite::pin_project;
use tower::Service as _;

use super::watch::{Pulse, Serving};
use crate::layers::{Answering, Front, Passage};

/// The other end of the connection that a request came in on: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The address that the connection came from: the client's, or its last proxy's.
    pub address: SocketAddr,
    /// Whether the connection is encrypted by us.
    pub tls: bool,
}

/// What answers, as hyper sees it, for one connection.
#[derive(Clone, Debug)]
pub(super) struct PeerService {
    /// hyper lends the service shared, a router wants to be called mutable, and copying its pointer for every request
    /// would have all threads count on one word of memory.
    pub(super) front: RefCell<Front>,
    pub(super) peer: Peer,
    pub(super) pulse: Arc<Pulse>,
}

impl Service<Request<Incoming>> for PeerService {
    type Response = Response;
    type Error = Infallible;
    type Future = Served;

    fn call(&self, mut request: Request<Incoming>) -> Served {
        let serving = Pulse::begin_request(&self.pulse);
        let mut front = self.front.borrow_mut();
        let mut shortcut = front.shortcut(request.method(), request.uri().path());
        if let Some(given) = shortcut.as_ref().and_then(|it| it.answer_at_once(&request, self.peer)) {
            return Served { answer: Answer::Given { answer: Some(given) }, serving };
        }
        request.extensions_mut().insert(self.peer);
        let answer = if let Some(shortcut) = &mut shortcut {
            Answer::Short { answer: shortcut.call(request.map(Body::new)) }
        } else {
            Answer::Routed { answer: front.router().call(request) }
        };
        Served { answer, serving }
    }
}

pin_project! {
    /// An answer under way; as long as it lives its connection is not idle.
    pub(super) struct Served {
        #[pin]
        answer: Answer,
        serving: Serving,
    }
}

pin_project! {
    #[project = AnswerProjection]
    enum Answer {
        Given { answer: Option<Response> },
        Short { #[pin] answer: Passage<Answering> },
        Routed { #[pin] answer: RouteFuture<Infallible> },
    }
}

impl Future for Served {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().answer.project() {
            // Polled again after its end, which the contract of futures forbids.
            AnswerProjection::Given { answer } => {
                answer.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)))
            }
            AnswerProjection::Short { answer } => answer.poll(context),
            AnswerProjection::Routed { answer } => answer.poll(context),
        }
    }
}
