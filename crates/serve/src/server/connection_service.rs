//! The service that hyper calls for each request of one connection.

use std::cell::RefCell;
use std::convert::Infallible;
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

use super::timeouts::{ActiveRequest, ConnectionActivity};
use crate::layers::{HttpService, LayeredFuture, Peer, ResponseFuture};

/// What answers, as hyper sees it, for one connection.
#[derive(Clone, Debug)]
pub(super) struct ConnectionService {
    /// hyper gives a shared reference, a router needs an exclusive one, and cloning it for every request would have all
    /// threads change one reference count.
    pub(super) service: RefCell<HttpService>,
    pub(super) peer: Peer,
    pub(super) activity: Arc<ConnectionActivity>,
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response;
    type Error = Infallible;
    type Future = ServiceFuture;

    fn call(&self, mut request: Request<Incoming>) -> ServiceFuture {
        let active = ConnectionActivity::begin_request(&self.activity);
        let mut service = self.service.borrow_mut();
        let mut shortcut = service.shortcut(request.method(), request.uri().path());
        if let Some(response) = shortcut.as_ref().and_then(|it| it.answer_at_once(&request, self.peer)) {
            return ServiceFuture { handler: Handler::None { response: Some(response) }, active };
        }
        request.extensions_mut().insert(self.peer);
        let handler = if let Some(shortcut) = &mut shortcut {
            Handler::Shortcut { future: shortcut.call(request.map(Body::new)) }
        } else {
            Handler::Router { future: service.router().call(request) }
        };
        ServiceFuture { handler, active }
    }
}

pin_project! {
    /// A response that is being made; as long as it lives its connection is not idle.
    pub(super) struct ServiceFuture {
        #[pin]
        handler: Handler,
        active: ActiveRequest,
    }
}

pin_project! {
    #[project = HandlerProjection]
    enum Handler {
        None { response: Option<Response> },
        Shortcut { #[pin] future: LayeredFuture<ResponseFuture> },
        Router { #[pin] future: RouteFuture<Infallible> },
    }
}

impl Future for ServiceFuture {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().handler.project() {
            // Polled again after its end, which the contract of futures forbids.
            HandlerProjection::None { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            HandlerProjection::Shortcut { future } => future.poll(context),
            HandlerProjection::Router { future } => future.poll(context),
        }
    }
}
