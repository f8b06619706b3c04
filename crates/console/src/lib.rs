//! The operator's console at `/console/`: pages rendered by the server, for the administration listener.
//!
//! Reads requests, asks the engine's administration and says what is on a page. Who may see or do something is the engine's to say:
//! a page only leaves out what would be refused. What holds for all of it: no script but one of its own, no CORS, nothing framed, nothing kept by a
//! cache; TLS, unless browser and server are one machine (`plain_http`); a form is taken only from a page of the same host and
//! the same session (`signed_in`), nothing changes by a GET, and nobody is sent anywhere but to a page of the console
//! (`routes`).

mod accounts;
mod actor;
mod administrators;
mod answer;
mod assets;
mod audit;
mod audit_check;
mod chart;
mod clients;
mod connections;
mod cookies;
mod difference;
mod facts;
mod filters;
mod forms;
mod frame;
mod gateway_rules;
mod keys;
mod over_time;
mod overview;
mod own;
mod parts;
mod place;
mod plain_http;
mod reasons;
mod refused;
mod request;
mod resources;
mod routes;
mod said;
mod search;
mod sessions;
mod signed_in;
mod start;
mod surrounding;
mod traffic;
mod users;
mod way_in;
mod who;
mod why;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use vestibule_auth::{Administration, Auth, Origins};
use vestibule_model::Clock;
use vestibule_serve::layers::{Readers, RefusalShape};

pub use answer::POLICY;
pub use audit_check::{AuditCheck, AuditProgress, AuditVerified};
pub use clients::Clients;
pub use facts::{CertificateFact, OperatorFacts};
pub use routes::{ROUTES, Route};
pub use start::lines;
pub use who::Who;

/// What every page of the console works with.
#[derive(Clone)]
pub struct ConsoleState {
    /// The engine.
    pub auth: Arc<Auth>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// What the program around it knows.
    pub facts: Arc<dyn OperatorFacts>,
    /// Walks through the audit; None: it cannot be verified from here.
    pub audit_check: Option<Arc<AuditCheck>>,
    /// Where clients reach this server.
    pub clients: Clients,
    /// Under which origins browsers reach this server, and identity providers know it.
    pub origins: Origins,
}

impl ConsoleState {
    fn administration(&self) -> Administration<'_> {
        self.auth.administration()
    }
}

/// How what is refused before its handler is written here.
pub const REFUSAL: RefusalShape = RefusalShape {
    content_type: "text/html; charset=utf-8",
    body: |status: StatusCode, message| {
        if status == StatusCode::NOT_FOUND {
            return refused::plain_message("Not found", "There is no such page.");
        }
        refused::plain_message(status.canonical_reason().unwrap_or("Refused"), message)
    },
    readers: Readers::OwnPages,
    headers: answer::HEADERS,
};

/// Where refusals are written so.
pub const SHAPES: &[(&str, RefusalShape)] = &[("/console", REFUSAL), ("/console/", REFUSAL)];

/// The console.
pub fn router(state: ConsoleState) -> Router {
    let around = middleware::from_fn_with_state(state.clone(), surrounding::run);
    routes::router().route_layer(around).with_state(state)
}
