//! The layers themselves, as one service around every endpoint. [`super`] tells the order.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use http::{StatusCode, Version};
use http_body::Body as _;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::headers::Headers;
use super::plain::PlainAnswer;
use super::refusal::{self, Refusal};
use super::shortcut::{self, Head, Shortcut};
use super::visit::{Sender, Visit};
use super::{BodyTerms, ClientAddress, LayerState};
use crate::operations::Endpoint;
use crate::server::Peer;

/// What the router puts around each of its endpoints.
#[derive(Clone, Debug)]
pub(super) struct EdgeLayer {
    state: Arc<LayerState>,
}

impl EdgeLayer {
    pub(super) fn new(state: LayerState) -> Self {
        Self { state: Arc::new(state) }
    }
}

impl EdgeLayer {
    /// The layers around a route that the router does not see.
    pub(super) fn around_shortcut(&self, shortcut: Arc<dyn Shortcut>) -> Edge<shortcut::Endpoint> {
        let route = shortcut.route();
        let spans = if shortcut.is_traced() { Spans::PerRequest } else { Spans::None };
        let place = Place { state: Arc::clone(&self.state), endpoint: Endpoint::default(), spans };
        place.endpoint.serves(route, &self.state.metrics);
        Edge { inner: shortcut::Endpoint(shortcut), place: Arc::new(place) }
    }
}

impl<S> Layer<S> for EdgeLayer {
    type Service = Edge<S>;

    fn layer(&self, inner: S) -> Edge<S> {
        let place =
            Place { state: Arc::clone(&self.state), endpoint: Endpoint::default(), spans: Spans::PerRequest };
        Edge { inner, place: Arc::new(place) }
    }
}

/// One endpoint with the layers around it.
#[derive(Clone, Debug)]
pub(crate) struct Edge<S> {
    inner: S,
    place: Arc<Place>,
}

/// What all requests to one endpoint share: one pointer, because it is copied for each of them.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) state: Arc<LayerState>,
    /// Where the requests are counted; found at the first one.
    pub(super) endpoint: Endpoint,
    pub(super) spans: Spans,
}

/// Whether what is logged during a request bears its id.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spans {
    None,
    PerRequest,
}

impl<S> Edge<S> {
    /// What the layers are around.
    pub(super) fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S> Service<Request> for Edge<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Passage<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.address);
        let headers = Headers::Map(request.headers());
        let proxies = &self.place.state.trusted_proxies;
        let client = peer.map(|peer| proxies.client_address(peer.ip(), headers).0);
        let visit = Visit::begin(&self.place, &request, Sender { peer, client });
        identify(&self.place.state, &visit, &mut request);
        let step = match refuse_early(&self.place.state, &request) {
            Some(answer) => Step::Answered { answer: Some(answer) },
            None => match catch_unwind(AssertUnwindSafe(|| visit.inside(|| self.inner.call(request)))) {
                Ok(handler) => Step::Handled { handler },
                Err(panic) => Step::Answered { answer: Some(visit.after_panic(&*panic)) },
            },
        };
        Passage { step, visit: Some(visit), place: KeysInFlight::begin(&self.place) }
    }
}

pin_project! {
    /// A request on its way through the handler and out.
    pub(crate) struct Passage<F> {
        #[pin]
        step: Step<F>,
        visit: Option<Visit>,
        place: KeysInFlight,
    }
}

/// Counts a request as long as it is under way.
struct KeysInFlight(Arc<Place>);

impl KeysInFlight {
    fn begin(place: &Arc<Place>) -> Self {
        place.state.metrics.enter();
        Self(Arc::clone(place))
    }
}

impl Drop for KeysInFlight {
    fn drop(&mut self) {
        self.0.state.metrics.leave();
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<F> {
        Handled { #[pin] handler: F },
        Answered { answer: Option<Response> },
    }
}

impl<F> Future for Passage<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Polled again after its end, which the contract of futures forbids.
        let Some(visit) = this.visit else { return Poll::Pending };
        let mut answer = match this.step.project() {
            StepProjection::Answered { answer } => answer.take().unwrap_or_default(),
            StepProjection::Handled { handler } => {
                match catch_unwind(AssertUnwindSafe(|| visit.inside(|| handler.poll(context)))) {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(Ok(answer))) => answer,
                    Err(panic) => visit.after_panic(&*panic),
                }
            }
        };
        if let Some(visit) = this.visit.take() {
            visit.end(&this.place.0, &mut answer);
        }
        Poll::Ready(Ok(answer))
    }
}

impl Edge<shortcut::Endpoint> {
    /// The answer to a request, through the same layers, if the shortcut has it at once. Such a request is never under
    /// way, and touches nothing that is shared but counters.
    pub(crate) fn answer_at_once<B>(&self, request: &http::Request<B>, peer: Peer) -> Option<Response> {
        let visit = |sender| Visit::begin(&self.place, request, sender);
        let head = (Headers::Map(request.headers()), request.version());
        let (visit, plain) = self.plain_answer(head, peer, visit)?;
        let mut answer = Response::from(plain);
        visit.end(&self.place, &mut answer);
        Some(answer)
    }

    /// The same for a `GET` that no library has seen: writes all but the head's first line and `Date`.
    pub(crate) fn answer_parsed(
        &self,
        headers: &[httparse::Header<'_>],
        peer: Peer,
        out: &mut Vec<u8>,
    ) -> Option<StatusCode> {
        let headers = Headers::Parsed(headers);
        if self.place.state.allowed_origins.are_any() {
            return None;
        }
        let visit = |sender| Visit::begin_parsed(&self.place, headers, sender);
        let (visit, plain) = self.plain_answer((headers, Version::HTTP_11), peer, visit)?;
        let status = plain.status;
        plain.fields.write(out);
        visit.end_parsed(&self.place, &plain, out);
        Some(status)
    }

    /// None: the shortcut cannot, or something is unusual; the long way finds out what. There it panics again, too.
    fn plain_answer(
        &self,
        (headers, version): (Headers<'_>, Version),
        peer: Peer,
        visit: impl FnOnce(Sender) -> Visit,
    ) -> Option<(Visit, PlainAnswer)> {
        let (state, shortcut) = (&self.place.state, &*self.inner.0);
        if headers.size() > state.max_header_bytes || !headers.name_one_host(version) {
            return None;
        }
        let ClientAddress(address) = state.trusted_proxies.client_address(peer.address.ip(), headers);
        let head = Head { headers, address: Some(address) };
        let visit = visit(Sender { peer: Some(peer.address), client: Some(address) });
        let answer = catch_unwind(AssertUnwindSafe(|| shortcut.answer_at_once(head))).ok()??;
        Some((visit, answer))
    }
}

/// Tells the handler who asks.
fn identify(state: &LayerState, visit: &Visit, request: &mut Request) {
    let (proxies, headers) = (&state.trusted_proxies, Headers::Map(request.headers()));
    let forwarded = visit.peer.and_then(|peer| proxies.forwarded_tls(peer.ip(), headers));
    let has_body = !request.body().is_end_stream();
    let extensions = request.extensions_mut();
    extensions.insert(visit.id.clone());
    visit.client.map(|client| extensions.insert(ClientAddress(client)));
    forwarded.map(|forwarded| extensions.insert(forwarded));
    if has_body {
        extensions.insert(BodyTerms { limits: state.body, budget: state.unread.clone() });
    }
}

/// An answer that needs no handler.
fn refuse_early(state: &LayerState, request: &Request) -> Option<Response> {
    let headers = Headers::Map(request.headers());
    if headers.size() > state.max_header_bytes {
        return Some(refusal::answer(request.uri().path(), Refusal::HeadersTooLarge));
    }
    if !headers.name_one_host(request.version()) {
        return Some(refusal::answer(request.uri().path(), Refusal::NoHost));
    }
    if !state.allowed_hosts.include(request) {
        return Some(refusal::answer(request.uri().path(), Refusal::Misdirected));
    }
    state.allowed_origins.preflight(request.method(), request.headers())
}
