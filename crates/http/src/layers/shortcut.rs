//! Routes that are recognised before the router, because they must cost little more than HTTP itself.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use http::{Method, StatusCode};
use tower::Service;

use super::edge::Edge;
use super::headers::Headers;
use super::not_found;
use super::plain::PlainAnswer;
use crate::server::Peer;

/// An answer under way.
pub type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// A route that is recognised before the router. What it does not recognise the router gets: the same route there
/// answers other methods and odd spellings of the path.
pub trait Shortcut: Send + Sync + 'static {
    /// The route's pattern, for metrics and logs.
    fn route(&self) -> &'static str;

    /// Whether this route answers the request; looks at nothing but its method and path.
    fn recognises(&self, method: &Method, path: &str) -> bool;

    /// Whether what is logged while it answers bears the request's id, as it does on the router's routes. What the layers
    /// log afterwards always does. It costs a microsecond, so a shortcut that has nothing to log goes without.
    fn is_traced(&self) -> bool {
        false
    }

    /// Answers a request that it recognises by its head alone, and at once, if it can: nothing is allocated to wait
    /// for it, and its body is not read.
    fn answer_at_once(&self, _head: Head<'_>) -> Option<PlainAnswer> {
        None
    }

    /// Answers a request that it recognises.
    fn answer(&self, request: Request) -> Answering;
}

/// What a request says before its body, and who says it.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Its headers.
    pub headers: Headers<'a>,
    /// The client's address.
    pub address: Option<IpAddr>,
}

/// Everything that a listener serves, before the layers are put around it.
pub struct Routes {
    /// The router, with what it answers where there is nothing.
    pub router: Router,
    /// What is looked at before it.
    pub shortcuts: Vec<Arc<dyn Shortcut>>,
}

impl From<Router> for Routes {
    fn from(router: Router) -> Self {
        Self { router: router.fallback(not_found), shortcuts: Vec::new() }
    }
}

/// What answers on a listener: shortcuts first, then the router; the layers are around both.
#[derive(Clone, Debug)]
pub struct Front {
    pub(super) shortcuts: Vec<Edge<Endpoint>>,
    pub(super) router: Router,
}

impl From<Router> for Front {
    fn from(router: Router) -> Self {
        Self { shortcuts: Vec::new(), router }
    }
}

impl Front {
    /// The shortcut that recognises the request.
    pub(crate) fn shortcut(&mut self, method: &Method, path: &str) -> Option<&mut Edge<Endpoint>> {
        self.shortcuts.iter_mut().find(|edge| edge.inner().0.recognises(method, path))
    }

    /// As [`Edge::answer_parsed`], by the shortcut that recognises a `GET` of this target.
    pub(crate) fn answer_parsed(
        &self,
        target: &str,
        headers: &[httparse::Header<'_>],
        peer: Peer,
        out: &mut Vec<u8>,
    ) -> Option<StatusCode> {
        let recognises = |edge: &&Edge<Endpoint>| edge.inner().0.recognises(&Method::GET, target);
        self.shortcuts.iter().find(recognises)?.answer_parsed(headers, peer, out)
    }

    /// The router.
    pub(crate) fn router(&mut self) -> &mut Router {
        &mut self.router
    }
}

/// A shortcut as a service.
#[derive(Clone)]
pub(crate) struct Endpoint(pub(super) Arc<dyn Shortcut>);

impl fmt::Debug for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.route())
    }
}

impl Service<Request> for Endpoint {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answering {
        self.0.answer(request)
    }
}
