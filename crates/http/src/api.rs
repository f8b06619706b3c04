//! The listener for clients: every dialect's routes over one engine.

use std::sync::Arc;

use axum::Router;
use vestibule_auth::Auth;
use vestibule_model::Clock;

use crate::gateway::CheckShortcut;
use crate::layers::{Routes, Shortcut};
use crate::liveperson::{LoginShortcut, RefreshShortcut};
use crate::{domain, gateway, liveperson, livevox, own};

/// What every handler for clients works with.
#[derive(Clone)]
pub struct ApiState {
    /// The engine.
    pub auth: Arc<Auth>,
    /// Tells handlers the time, which they hand on as an argument.
    pub clock: Arc<dyn Clock>,
    /// Host, or `host:port`, under which clients reach this server: the answer of the Domain API for services
    /// that name no host of their own.
    pub public_address: Arc<str>,
    /// Whether a LiveVox login may carry its application token as `Authorization: Bearer`, as old clients do.
    pub livevox_bearer_token: bool,
}

/// The routes of every dialect, and those that are the same for all.
pub fn routes(state: ApiState) -> Routes {
    let shortcuts: Vec<Arc<dyn Shortcut>> = {
        let api = Arc::new(state.clone());
        vec![
            Arc::new(CheckShortcut(Arc::clone(&api))),
            Arc::new(RefreshShortcut(Arc::clone(&api))),
            Arc::new(LoginShortcut(api)),
        ]
    };
    let router = Router::new()
        .merge(liveperson::routes())
        .merge(livevox::routes())
        .merge(domain::routes())
        .merge(gateway::routes())
        .merge(own::routes())
        .with_state(state);
    Routes { router, shortcuts }
}
