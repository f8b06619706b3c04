//! What gateways ask: may this request pass, and whose is it?
//!
//! `check.rs` reads the credential and calls the engine, `answer.rs` writes who it is or that it is nobody.

mod answer;
mod check;

use axum::Router;
use axum::routing::get;

use crate::api::ApiState;

pub(crate) use check::CheckShortcut;

/// The routes for gateways. The check itself is a shortcut for the usual methods; the router has the others.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route(check::CHECK, get(check::handle).post(check::handle))
}
