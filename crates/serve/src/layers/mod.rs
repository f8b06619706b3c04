//! What happens to every request before and after its handler. The order is the architecture:
//!
//! 1. **request id** (`request_id`): the caller's, or a new one; returned as `X-Request-Id`
//! 2. **client address** (`client`): the peer, or what trusted proxies say
//! 3. **in flight** counted; a span with the id for what is logged meanwhile, but on the cheapest shortcuts
//! 4. **head**: more than 16 KiB of headers is 431; HTTP/1.1 without Host, and two of them, 400 (RFC 9112 §3.2); then the
//!    **name** that is asked for, where only some count (`host`): others are 421
//! 5. **CORS preflight** (`cors`): answered for allowed origins, but of no page; otherwise unknown
//! 6. **panics** of the handler become 500
//! 7. the handler; `LimitedBody` (`body`) reads bodies with a limit on size and time, and one on all of them (`body_budget`)
//! 8. **on the way out**: `X-Request-Id`, `X-Content-Type-Options: nosniff`, CORS headers, `Connection: close` where
//!    a request was not read to its end
//! 9. **counted and logged**: by method, matched route and status; never the path or the query, which hold secrets.
//!    Of refused and failed requests the first few of a kind have lines, the rest are counted (`refusal_log`)
//!
//! Shortcuts (`shortcut`) are routes that are recognised before the router; the same layers are around them.
//!
//! All of it is one service (`layered`), because nine nested ones would cost nine allocations per request. 404, 405 and
//! OPTIONS are the router's fallbacks. What is refused here is written in the shape that the routes gave for the path
//! (`refusal`), and nowhere else.
//!
//! An answer that has no end of its own says so (`streamed`), and is told of its connection.

pub mod body;
mod body_budget;
mod client;
mod cors;
mod headers;
mod host;
mod layered;
mod plain_response;
mod refusal;
mod refusal_log;
mod request_context;
mod request_id;
mod run_to_completion;
mod shortcut;
mod streamed;

use std::error::Error;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use http::{Method, StatusCode};
use vestibule_model::Rng;

pub use body::{BodyLimits, BodyPolicy, LimitedBody};
pub use body_budget::BodyBudget;
pub use client::{ClientAddress, ForwardedTls, Peer, TrustedProxies, is_encrypted, last_hop};
pub use cors::{AllowedOrigins, InvalidOrigin};
pub use headers::Headers;
pub use host::{AllowedHosts, is_loopback_name};
pub(crate) use layered::LayeredFuture;
pub use plain_response::{Fields, PlainResponse};
pub use refusal::{Readers, Refusal, RefusalShape, RefusalShapes};
pub use refusal_log::RefusalLog;
pub use request_id::RequestIds;
pub use run_to_completion::run_to_completion;
pub use shortcut::{HttpService, RequestHead, ResponseFuture, Routes, Shortcut};
pub use streamed::{StreamObserver, Streamed};

use crate::metrics::HttpMetrics;
use layered::Layers;

/// What the layers know and share. Settings have their defaults from [`LayerState::new`].
#[derive(Clone, Debug)]
pub struct LayerState {
    /// Where requests are counted.
    pub metrics: HttpMetrics,
    /// Where refused and failed requests are counted for the log.
    pub refusals: Arc<RefusalLog>,
    /// Makes request ids.
    pub request_ids: RequestIds,
    /// Whose `X-Forwarded-For` and `X-Forwarded-Proto` count. Default: nobody's.
    pub trusted_proxies: TrustedProxies,
    /// Whose pages may call us from a browser. Default: nobody's but our own.
    pub allowed_origins: AllowedOrigins,
    /// The names under which requests may come. Default: any.
    pub allowed_hosts: AllowedHosts,
    /// The most bytes of headers. Default: 16 KiB.
    pub max_header_bytes: usize,
    /// Limits on bodies. Default: 64 KiB within 15 s.
    pub body: BodyLimits,
    /// What bodies share that are not read to their end. Default: 96 MiB.
    pub unread: BodyBudget,
}

impl LayerState {
    /// With the defaults of every setting.
    pub fn new(metrics: HttpMetrics, rng: &dyn Rng) -> Self {
        Self {
            metrics,
            refusals: Arc::default(),
            request_ids: RequestIds::new(rng),
            trusted_proxies: TrustedProxies::default(),
            allowed_origins: AllowedOrigins::default(),
            allowed_hosts: AllowedHosts::default(),
            max_header_bytes: 16 * 1024,
            body: BodyLimits::default(),
            unread: BodyBudget::default(),
        }
    }
}

/// Why an answer is what it is: put it into the answer's extensions, and it is logged once, with the request id. Clients
/// never see it.
#[derive(Clone, Debug)]
pub struct Cause(pub Arc<dyn Error + Send + Sync>);

/// The status that an answer tells elsewhere than in its head, as gRPC does: put it into the answer's extensions, and the answer is
/// counted and logged by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldStatus(pub StatusCode);

/// Puts the layers around every route there is by now.
pub fn apply(given: Routes, state: LayerState) -> HttpService {
    let Routes { router, shortcuts, refusals } = given;
    let layers = Layers::new(state, refusals);
    let shortcuts = shortcuts.into_iter().map(|shortcut| layers.around_shortcut(shortcut)).collect();
    let router = router
        .method_not_allowed_fallback(async move |request: Request| method_not_allowed(&request, refusals))
        // Turns handlers into services first: layers over handlers would be built anew for every request.
        .with_state(())
        .layer(layers);
    HttpService { shortcuts, router, refusals }
}

/// The answer to a request for a known path that has no handler for the method. The router adds `Allow`; OPTIONS asks for
/// nothing else.
pub fn method_not_allowed(request: &Request, refusals: RefusalShapes) -> Response {
    if request.method() == Method::OPTIONS {
        let mut answer = Response::default();
        *answer.status_mut() = StatusCode::NO_CONTENT;
        return answer;
    }
    refusals.answer(request.uri().path(), Refusal::MethodNotAllowed)
}
