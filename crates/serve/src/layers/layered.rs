//! The layers themselves, as one service around every endpoint. [`super`] lists their order.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use http::{Method, StatusCode, Version};
use http_body::Body as _;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::headers::Headers;
use super::plain_response::PlainResponse;
use super::refusal::{Readers, Refusal, RefusalShape, RefusalShapes};
use super::request_context::{RequestContext, RequestSource};
use super::shortcut::{RequestHead, Shortcut, ShortcutService, authority, target};
use super::{AllowedHosts, BodyPolicy, ClientAddress, LayerState, Peer};
use crate::metrics::EndpointMetrics;

/// What the router puts around each of its endpoints.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    state: Arc<LayerState>,
    refusals: RefusalShapes,
}

impl Layers {
    pub(super) fn new(state: LayerState, refusals: RefusalShapes) -> Self {
        Self { state: Arc::new(state), refusals }
    }

    /// The layers around a route that the router does not see.
    pub(super) fn around_shortcut(&self, shortcut: Arc<dyn Shortcut>) -> Layered<ShortcutService> {
        let route = shortcut.route();
        let spans = if shortcut.is_traced() { Spans::PerRequest } else { Spans::None };
        let layered = self.around(ShortcutService(shortcut), spans, self.refusals.of(route));
        layered.endpoint.metrics.serves(route, &self.state.metrics);
        layered
    }

    fn around<S>(&self, inner: S, spans: Spans, shape: RefusalShape) -> Layered<S> {
        let (layers, refusals) = (Arc::clone(&self.state), self.refusals);
        let endpoint = EndpointState { layers, refusals, shape, metrics: EndpointMetrics::default(), spans };
        Layered { inner, endpoint: Arc::new(endpoint) }
    }
}

impl<S> Layer<S> for Layers {
    type Service = Layered<S>;

    fn layer(&self, inner: S) -> Layered<S> {
        self.around(inner, Spans::PerRequest, self.refusals.otherwise)
    }
}

/// One endpoint with the layers around it.
#[derive(Clone, Debug)]
pub(crate) struct Layered<S> {
    inner: S,
    endpoint: Arc<EndpointState>,
}

/// What all requests to one endpoint share: one pointer, because it is copied for each of them.
#[derive(Debug)]
pub(super) struct EndpointState {
    pub(super) layers: Arc<LayerState>,
    /// How refusals are written.
    pub(super) refusals: RefusalShapes,
    /// That of a shortcut's route, which stands for all of its paths.
    pub(super) shape: RefusalShape,
    /// Where the requests are counted; the route is found at the first one.
    pub(super) metrics: EndpointMetrics,
    pub(super) spans: Spans,
}

/// Whether what is logged during a request bears its id.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spans {
    None,
    PerRequest,
}

impl<S> Layered<S> {
    /// What the layers are around.
    pub(super) fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S> Service<Request> for Layered<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = LayeredFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.address);
        let headers = Headers::Map(request.headers());
        let proxies = &self.endpoint.layers.trusted_proxies;
        let client = peer.map(|peer| proxies.client_address(peer.ip(), headers).0);
        let context = RequestContext::begin(&self.endpoint, &request, RequestSource { peer, client });
        identify(&self.endpoint.layers, &context, &mut request);
        let step = match self.endpoint.refuse_early(&request, context.shape) {
            Some(answer) => Step::Answered { answer: Some(answer) },
            None => match catch_unwind(AssertUnwindSafe(|| context.inside(|| self.inner.call(request)))) {
                Ok(handler) => Step::Handled { handler },
                Err(panic) => Step::Answered { answer: Some(context.after_panic(&*panic)) },
            },
        };
        LayeredFuture { step, context: Some(context), in_flight: InFlight::begin(&self.endpoint) }
    }
}

pin_project! {
    /// A request on its way through the handler and out.
    pub(crate) struct LayeredFuture<F> {
        #[pin]
        step: Step<F>,
        context: Option<RequestContext>,
        in_flight: InFlight,
    }
}

/// Counts a request as long as it is being answered.
struct InFlight(Arc<EndpointState>);

impl InFlight {
    fn begin(endpoint: &Arc<EndpointState>) -> Self {
        endpoint.layers.metrics.enter();
        Self(Arc::clone(endpoint))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.layers.metrics.leave();
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<F> {
        Handled { #[pin] handler: F },
        Answered { answer: Option<Response> },
    }
}

impl<F> Future for LayeredFuture<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Polled again after its end, which the contract of futures forbids.
        let Some(context) = this.context else { return Poll::Pending };
        let mut answer = match this.step.project() {
            StepProjection::Answered { answer } => answer.take().unwrap_or_default(),
            StepProjection::Handled { handler } => {
                match catch_unwind(AssertUnwindSafe(|| context.inside(|| handler.poll(task)))) {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(Ok(answer))) => answer,
                    Err(panic) => context.after_panic(&*panic),
                }
            }
        };
        if let Some(context) = this.context.take() {
            context.end(&this.in_flight.0, &mut answer);
        }
        Poll::Ready(Ok(answer))
    }
}

impl Layered<ShortcutService> {
    /// The answer to a request, through the same layers, if the shortcut has it at once. Such a request is never in
    /// flight, and touches nothing that is shared but counters.
    pub(crate) fn answer_at_once<B>(&self, request: &http::Request<B>, peer: Peer) -> Option<Response> {
        let begin = |source| RequestContext::begin(&self.endpoint, request, source);
        let headers = Headers::Map(request.headers());
        let (method, target) = (request.method(), target(request.uri()));
        let authority = authority(request.uri());
        let head = RequestHead { method, target, authority, headers, peer: None, address: None };
        let (context, plain) = self.plain_response(head, request.version(), peer, begin)?;
        let mut answer = Response::from(plain);
        context.end(&self.endpoint, &mut answer);
        Some(answer)
    }

    /// The same for a `GET` that no library has seen: writes all but the head's first line and `Date`.
    pub(crate) fn answer_parsed(
        &self,
        target: &str,
        headers: &[httparse::Header<'_>],
        peer: Peer,
        out: &mut Vec<u8>,
    ) -> Option<StatusCode> {
        let headers = Headers::Parsed(headers);
        let begin = |source| RequestContext::begin_parsed(&self.endpoint, headers, source);
        let (method, authority) = (&Method::GET, None);
        let head = RequestHead { method, target, authority, headers, peer: None, address: None };
        let (context, plain) = self.plain_response(head, Version::HTTP_11, peer, begin)?;
        let status = plain.status;
        out.extend_from_slice(plain.fields.lines().as_bytes());
        context.end_parsed(&self.endpoint, &plain, out);
        Some(status)
    }

    /// None: the shortcut cannot, or something is unusual; the long way finds out what. There it panics again, too.
    fn plain_response(
        &self,
        head: RequestHead<'_>,
        version: Version,
        peer: Peer,
        begin: impl FnOnce(RequestSource) -> RequestContext,
    ) -> Option<(RequestContext, PlainResponse)> {
        let (state, shortcut, headers) = (&self.endpoint.layers, &*self.inner.0, head.headers);
        let is_usual = headers.size() <= state.max_header_bytes
            && headers.name_one_host(version)
            && state.allowed_hosts == AllowedHosts::Any;
        if !is_usual {
            return None;
        }
        let ClientAddress(address) = state.trusted_proxies.client_address(peer.address.ip(), headers);
        let peer_address = peer.address.ip().to_canonical();
        let head = RequestHead { peer: Some(peer_address), address: Some(address), ..head };
        let context = begin(RequestSource { peer: Some(peer.address), client: Some(address) });
        let answer = catch_unwind(AssertUnwindSafe(|| shortcut.answer_at_once(head))).ok()??;
        Some((context, answer))
    }
}

/// Tells the handler who asks.
fn identify(state: &LayerState, context: &RequestContext, request: &mut Request) {
    let (proxies, headers) = (&state.trusted_proxies, Headers::Map(request.headers()));
    let forwarded = context.peer.and_then(|peer| proxies.forwarded_tls(peer.ip(), headers));
    let has_body = !request.body().is_end_stream();
    let extensions = request.extensions_mut();
    context.client.map(|client| extensions.insert(ClientAddress(client)));
    forwarded.map(|forwarded| extensions.insert(forwarded));
    if has_body {
        extensions.insert(BodyPolicy { limits: state.body, budget: state.unread.clone() });
    }
}

impl EndpointState {
    /// An answer that needs no handler.
    fn refuse_early(&self, request: &Request, shape: RefusalShape) -> Option<Response> {
        let (layers, headers) = (&self.layers, Headers::Map(request.headers()));
        let refusal = if headers.size() > layers.max_header_bytes {
            Refusal::HeadersTooLarge
        } else if !headers.name_one_host(request.version()) {
            Refusal::NoHost
        } else if !layers.allowed_hosts.include(request) {
            Refusal::Misdirected
        } else {
            return match shape.readers {
                Readers::AllowedOrigins => {
                    layers.allowed_origins.preflight(request.method(), request.headers())
                }
                Readers::OwnPages => None,
            };
        };
        Some(shape.answer(refusal))
    }
}
