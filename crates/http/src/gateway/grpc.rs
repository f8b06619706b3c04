//! Checks by Envoy over gRPC. The wire is `vestibule-ext-authz`'s; what is decided, and by what, is the same as over HTTP.

use std::borrow::Cow;
use std::fmt;
use std::future::ready;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Extensions, Method};
use bytes::Bytes;
use http_body_util::Full;
use vestibule_auth::RecallError;
use vestibule_ext_authz::{Answer, CheckService, Decide, Decision, HeldRequest, Told};
use vestibule_serve::layers::{
    Cause, Headers, LimitedBody, Peer, PlainResponse, Refusal, ResponseFuture, Shortcut, ToldStatus,
};

use super::answer::{Forbidden, Outcome, forbidden};
use super::check::is_gateway;
use super::message::GatewayMessage;
use crate::api::{ApiState, REFUSALS};

/// What a route of Envoy's is told to say of its requests (`context_extensions`): the name of a rule, and of a header.
const RULE: &str = "rule";
const ADDRESS_HEADER: &str = "address_header";

/// A message that says nothing, in its frame.
const EMPTY_MESSAGE: &[u8] = &[0; 5];

/// Says what becomes of requests, by the rules of the gate.
pub(crate) struct Gate {
    api: ApiState,
    is_ready: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Gate {
    /// `is_ready`: whether checks can be answered now, for whoever asks after the health of the service.
    pub(crate) fn new(api: ApiState, is_ready: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { api, is_ready: Box::new(is_ready) }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Gate").finish_non_exhaustive()
    }
}

impl Decide for Gate {
    async fn decide(&self, held: HeldRequest, caller: &Extensions) -> Answer {
        let (rule, address_header) = (held.context(RULE), held.context(ADDRESS_HEADER));
        let headers: Vec<_> = held.headers().map(|(name, value)| httparse::Header { name, value }).collect();
        let message = GatewayMessage {
            rule: rule.as_deref(),
            method: held.method(),
            target: held.target(),
            host: held.host(),
            scheme: held.scheme(),
            headers: Headers::Parsed(&headers),
            body: held.body(),
            source: held.source(),
            address_header: address_header.as_deref(),
            gateway: peer(caller),
        };
        match message.check(&self.api).await {
            Ok(Outcome::Allowed(identity)) => {
                Answer { decision: Decision::Allow(identity.into_iter().collect()), cause: None }
            }
            Ok(Outcome::Refused(PlainResponse { status, fields, body, cause })) => {
                let body = match body {
                    Cow::Borrowed(body) => Bytes::from_static(body),
                    Cow::Owned(body) => body.into(),
                };
                let headers = fields.into_iter().collect();
                Answer {
                    decision: Decision::Deny { status, headers, body },
                    cause: cause.map(|Cause(error)| error),
                }
            }
            Err(error) => Answer { decision: Decision::Unavailable, cause: Some(cause_of(error)) },
        }
    }

    fn is_ready(&self) -> bool {
        (self.is_ready)()
    }
}

fn cause_of(error: RecallError) -> vestibule_ext_authz::Cause {
    Arc::new(error)
}

/// The other end of a call's connection.
fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Peer>().map(|peer| peer.address.ip().to_canonical())
}

/// Why a message was not read.
#[derive(Debug, thiserror::Error)]
#[error("Envoy's message about the request was not read: {0}")]
struct Unread(Refusal);

/// One kind of call as a shortcut, so that the layers count and limit it as all else.
pub(crate) struct GrpcCall {
    api: ApiState,
    service: CheckService<Gate>,
    path: &'static str,
}

impl GrpcCall {
    /// All that there are.
    pub(crate) fn all(gate: Gate) -> Vec<Arc<dyn Shortcut>> {
        let api = gate.api.clone();
        let service = CheckService::new(gate);
        let call = |path| -> Arc<dyn Shortcut> {
            Arc::new(Self { api: api.clone(), service: service.clone(), path })
        };
        CheckService::<Gate>::PATHS.map(call).into()
    }
}

impl Shortcut for GrpcCall {
    fn route(&self) -> &'static str {
        self.path
    }

    fn recognises(&self, method: &Method, path: &str) -> bool {
        path == self.path && method == Method::POST
    }

    fn answer(&self, request: Request) -> ResponseFuture {
        let is_gateway = is_gateway(&self.api, peer(request.extensions()));
        if !is_gateway && self.path != CheckService::<Gate>::CHECK {
            return Box::pin(ready(Ok(forbidden(Forbidden::NotAGateway).into())));
        }
        let service = self.service.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            // Who is no gateway, and a message that a client made too large, are answered a refusal, and not a failure, which Envoy may be
            // told to let pass: nothing of them is read.
            let read = if is_gateway {
                LimitedBody::read(&parts.extensions, body).await.0
            } else {
                Ok(Bytes::from_static(EMPTY_MESSAGE))
            };
            let (body, unread) = match read {
                Ok(body) => (body, None),
                Err(why @ Refusal::BodyTooLarge) => (Bytes::from_static(EMPTY_MESSAGE), Some(Unread(why))),
                Err(why) => return Ok(REFUSALS.answer(parts.uri.path(), why)),
            };
            let mut answer = service.answer(Request::from_parts(parts, Full::new(body))).await;
            if let Some(Told { status, cause }) = answer.extensions_mut().remove() {
                let cause = unread.map(|why| -> vestibule_ext_authz::Cause { Arc::new(why) }).or(cause);
                answer.extensions_mut().insert(ToldStatus(status));
                cause.map(|cause| answer.extensions_mut().insert(Cause(cause)));
            }
            Ok(answer.map(Body::new))
        })
    }
}
