//! What gateways ask: may this request pass, and whose is it?
//!
//! `kind.rs` reads what each kind of gateway says of the request that it holds, `message.rs` what one says that asks over gRPC (`grpc.rs`);
//! `events.rs` tells those who keep answers when to forget them; `signed.rs` makes of it what may be signed, `check.rs` calls the engine, `answer.rs` writes who it is or that it is nobody.

mod answer;
mod check;
pub(crate) mod events;
mod grpc;
mod kind;
mod message;
mod redirect;
mod signed;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use vestibule_serve::layers::{Cause, Readers, RefusalShape};

use crate::api::ApiState;

pub(crate) use check::{CheckShortcut, KindCheckShortcut};
pub(crate) use events::EVENTS_REFUSAL;
pub(crate) use grpc::{Gate, GrpcCall};
pub(crate) use kind::BEGINNING;

/// How what is refused before the checks by kind is written. A preflight there is one that a gateway holds.
pub(crate) const REFUSAL: RefusalShape =
    RefusalShape { readers: Readers::OwnPages, ..RefusalShape::ERROR_OBJECT };

/// An answer where no check is, which the log explains: it is a slip in a gateway's configuration.
pub(crate) fn no_check(mut answer: Response) -> Response {
    answer.extensions_mut().insert(Cause(Arc::new(NoCheck)));
    answer
}

#[derive(Debug, thiserror::Error)]
#[error(
    "there is no check at this path: /gateway/check/KIND/rule/NAME, where KIND is nginx, haproxy, caddy, traefik or envoy"
)]
struct NoCheck;

/// The routes for gateways. The check itself is a shortcut for the usual methods; the router has the others. The checks by kind are
/// shortcuts alone.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route(check::CHECK, get(check::handle).post(check::handle))
        .route(events::EVENTS, get(events::handle))
}
