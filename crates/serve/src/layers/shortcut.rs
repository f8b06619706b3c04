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
use http::request::Parts;
use http::uri::{Authority, PathAndQuery};
use http::{Method, StatusCode, Uri};
use tower::Service;

use super::client::{ClientAddress, Peer};
use super::headers::Headers;
use super::layered::Layered;
use super::plain_response::PlainResponse;
use super::refusal::{Refusal, RefusalShapes};

/// A response that is being made.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// A route that is recognised before the router. What it does not recognise the router gets: the same route there
/// answers other methods and odd spellings of the path.
pub trait Shortcut: Send + Sync + 'static {
    /// The route's pattern, for metrics and logs.
    fn route(&self) -> &'static str;

    /// Whether this route answers the request; looks at nothing but its method and path, which is as it was sent.
    fn recognises(&self, method: &Method, path: &str) -> bool;

    /// Whether what is logged while it answers bears the request's id, as it does on the router's routes. What the layers
    /// log afterwards always does. It costs a microsecond, so a shortcut that has nothing to log goes without.
    fn is_traced(&self) -> bool {
        false
    }

    /// Answers a request that it recognises by its head alone, and at once, if it can: nothing is allocated to wait
    /// for it, and its body is not read. Over HTTP/1.1 such a `GET` is answered on the fast path
    /// (`server/fast_path.rs`).
    fn answer_at_once(&self, _head: RequestHead<'_>) -> Option<PlainResponse> {
        None
    }

    /// Answers a request that it recognises.
    fn answer(&self, request: Request) -> ResponseFuture;
}

/// What a request says before its body, and who says it.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its path and query, as they were sent. A fragment, which no target has (RFC 9112 §3.2), is cut off.
    pub target: &'a str,
    /// The host that it is for and its port, where the target says so: in HTTP/2, and in the absolute form, where it takes the place
    /// of Host (RFC 9112 §3.2.2).
    pub authority: Option<&'a str>,
    /// Its headers.
    pub headers: Headers<'a>,
    /// The other end of the connection, whatever that says of others. An IPv4-mapped IPv6 address is the IPv4 address.
    pub peer: Option<IpAddr>,
    /// The client's address: that of the peer, or what a trusted proxy says.
    pub address: Option<IpAddr>,
}

impl<'a> RequestHead<'a> {
    /// That of a request behind the layers.
    pub fn of(parts: &'a Parts) -> Self {
        let Parts { method, uri, headers, extensions, .. } = parts;
        Self {
            method,
            target: target(uri),
            authority: authority(uri),
            headers: Headers::Map(headers),
            peer: extensions.get::<Peer>().map(|peer| peer.address.ip().to_canonical()),
            address: extensions.get::<ClientAddress>().map(|client| client.0),
        }
    }
}

/// What stands before path and query, without the scheme.
pub(super) fn authority(uri: &Uri) -> Option<&str> {
    uri.authority().map(Authority::as_str)
}

/// Path and query; in the absolute form, and in HTTP/2, without what stands before.
pub(super) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", PathAndQuery::as_str)
}

/// Everything that a listener serves, before the layers are put around it.
pub struct Routes {
    /// The router, with what it answers where there is nothing.
    pub router: Router,
    /// What is looked at before it.
    pub shortcuts: Vec<Arc<dyn Shortcut>>,
    /// How refusals are written.
    pub refusals: RefusalShapes,
}

impl Routes {
    /// A router without shortcuts, and 404 where it has nothing.
    pub fn new(router: Router, refusals: RefusalShapes) -> Self {
        let not_found =
            async move |request: Request| refusals.answer(request.uri().path(), Refusal::NotFound);
        Self { router: router.fallback(not_found), shortcuts: Vec::new(), refusals }
    }
}

/// What answers on a listener: shortcuts first, then the router; the layers are around both.
#[derive(Clone, Debug)]
pub struct HttpService {
    pub(super) shortcuts: Vec<Layered<ShortcutService>>,
    pub(super) router: Router,
    pub(super) refusals: RefusalShapes,
}

impl From<Router> for HttpService {
    /// A router without any layers.
    fn from(router: Router) -> Self {
        Self { shortcuts: Vec::new(), router, refusals: RefusalShapes::default() }
    }
}

impl HttpService {
    /// The shortcut that recognises the request.
    pub(crate) fn shortcut(&mut self, method: &Method, path: &str) -> Option<&mut Layered<ShortcutService>> {
        self.shortcuts.iter_mut().find(|layered| layered.inner().0.recognises(method, path))
    }

    /// As [`Layered::answer_parsed`], by the shortcut that recognises a `GET` of this target's path.
    pub(crate) fn answer_parsed(
        &self,
        target: &str,
        headers: &[httparse::Header<'_>],
        peer: Peer,
        out: &mut Vec<u8>,
    ) -> Option<StatusCode> {
        let path = target.split('?').next()?;
        let recognises =
            |layered: &&Layered<ShortcutService>| layered.inner().0.recognises(&Method::GET, path);
        self.shortcuts.iter().find(recognises)?.answer_parsed(target, headers, peer, out)
    }

    /// The router.
    pub(crate) fn router(&mut self) -> &mut Router {
        &mut self.router
    }

    /// How refusals are written.
    pub(crate) const fn refusals(&self) -> RefusalShapes {
        self.refusals
    }
}

/// A shortcut as a service.
#[derive(Clone)]
pub(crate) struct ShortcutService(pub(super) Arc<dyn Shortcut>);

impl fmt::Debug for ShortcutService {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.route())
    }
}

impl Service<Request> for ShortcutService {
    type Response = Response;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> ResponseFuture {
        self.0.answer(request)
    }
}
