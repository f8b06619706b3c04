//! The service that hyper calls for each request of one connection.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper::service::Service;
use pin_project_lite::pin_project;
use tower::Service as _;

use super::timeouts::{ActiveRequest, ConnectionActivity};
use super::unread_body::{Rest, lend};
use crate::layers::{HttpService, LayeredFuture, Peer, ResponseFuture, Streamed};

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
            let (_, rest) = lend(request);
            return ServiceFuture { handler: Handler::None { response: Some(response) }, rest, active };
        }
        request.extensions_mut().insert(self.peer);
        let (request, rest) = lend(request);
        let handler = if let Some(shortcut) = &mut shortcut {
            Handler::Shortcut { future: shortcut.call(request) }
        } else {
            Handler::Router { future: service.router().call(request) }
        };
        ServiceFuture { handler, rest, active }
    }
}

pin_project! {
    /// A response that is being made; as long as it lives its connection is not idle.
    pub(super) struct ServiceFuture {
        #[pin]
        handler: Handler,
        rest: Option<Rest>,
        active: ActiveRequest,
    }
}

pin_project! {
    #[project = HandlerProjection]
    enum Handler {
        None { response: Option<Response> },
        Shortcut { #[pin] future: LayeredFuture<ResponseFuture> },
        Router { #[pin] future: RouteFuture<Infallible> },
        // There is an answer, and something of the request that nobody has read.
        Finishing { future: ResponseFuture },
    }
}

impl Future for ServiceFuture {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.as_mut().poll_answer(context).map_ok(|mut answer| {
            if let Some(observer) = answer.extensions_mut().remove::<Streamed>() {
                self.active.activity().begin_stream(observer);
            }
            answer
        })
    }
}

impl ServiceFuture {
    fn poll_answer(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Response, Infallible>> {
        let mut this = self.project();
        let answer = match this.handler.as_mut().project() {
            // Polled again after its end, which the contract of futures forbids.
            HandlerProjection::None { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            HandlerProjection::Shortcut { future } => future.poll(context),
            HandlerProjection::Router { future } => future.poll(context),
            HandlerProjection::Finishing { future } => return future.as_mut().poll(context),
        };
        let Some(rest) = this.rest.take() else { return answer };
        match answer {
            Poll::Pending => {
                *this.rest = Some(rest);
                Poll::Pending
            }
            Poll::Ready(Ok(answer)) => {
                let mut future: ResponseFuture = Box::pin(async move { Ok(rest.finish(answer).await) });
                let finished = future.as_mut().poll(context);
                this.handler.set(Handler::Finishing { future });
                finished
            }
        }
    }
}
