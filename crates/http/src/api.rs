//! The listener for clients: every dialect's routes over one engine.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::Auth;
use vestibule_model::{Clock, Network};
use vestibule_serve::layers::{Refusal, RefusalShape, RefusalShapes, Routes, Shortcut};

use crate::gateway::{CheckShortcut, Gate, GrpcCall, KindCheckShortcut};
use crate::liveperson::{LoginShortcut, RefreshShortcut};
use crate::{admin, domain, gateway, liveperson, livevox, pages, self_service, sentinel, sso};

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
    /// Scheme, host and port under which browsers reach this server: absolute URLs begin so.
    pub public_origin: Arc<str>,
    /// The origins of services behind a gate, besides this one, to which somebody may be sent back after a login.
    pub return_origins: Arc<[String]>,
    /// Whether a LiveVox login may carry its application token as `Authorization: Bearer`, as old clients do.
    pub livevox_bearer_token: bool,
    /// The networks of gateways, which are believed what they say of the requests that they hold.
    pub gateways: Arc<[Network]>,
    /// Whether pages for people are among what clients are answered.
    pub pages: PagesHere,
    /// What is answered where this service has nothing.
    pub unserved: Unserved,
}

/// Whether a listener has the pages for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PagesHere {
    /// It has them.
    #[default]
    Yes,
    /// It has not.
    No,
}

/// How requests are answered for an API that this service does not have, although the Domain API may have sent the client here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unserved {
    /// That there is nothing: the accounts list what is served here, and other hosts.
    #[default]
    NotFound,
    /// That this service has no such API: the demo account lists all of the vendor's.
    NotImplemented,
}

/// How each group of routes writes what is refused before its handlers. The shape of the `LivePerson` dialect is also that of
/// whatever has no dialect of its own.
pub const SHAPES: &[(&str, RefusalShape)] = &[
    ("/admin/", admin::REFUSAL),
    ("/self/", self_service::REFUSAL),
    (gateway::BEGINNING, gateway::REFUSAL),
    ("/gateway/events", gateway::EVENTS_REFUSAL),
    ("/sentinel/api/account/*/authorize", sentinel::PAGES_REFUSAL),
    ("/sentinel/api/account/*/authorize/consent", sentinel::PAGES_REFUSAL),
    ("/sentinel/", sentinel::REFUSAL),
    ("/oauth2/", sentinel::SERVERS_REFUSAL),
    ("/me", pages::REFUSAL),
    ("/me/", pages::REFUSAL),
    ("/sso/", pages::REFUSAL),
    ("/hc/", pages::REFUSAL),
    ("/login/callback", pages::REFUSAL),
    ("/session", livevox::REFUSAL),
    ("/session/", livevox::REFUSAL),
];

/// The same for a listener that has nothing else.
pub const REFUSALS: RefusalShapes =
    RefusalShapes { by_path: &[SHAPES], otherwise: RefusalShape::ERROR_OBJECT };

/// What an API of the vendor's is answered that is listed for clients and not served.
const NOT_IMPLEMENTED: &str = "Not served here. The Domain API of `vestibule dev` lists the vendor's services so that clients \
    find a host; of these it serves agentVep (login, refresh and logout) and sentinel";

/// The routes of every dialect, and those that are the same for all.
pub fn routes(state: ApiState) -> Routes {
    let shortcuts: Vec<Arc<dyn Shortcut>> = {
        let api = Arc::new(state.clone());
        vec![
            Arc::new(CheckShortcut(Arc::clone(&api))),
            Arc::new(KindCheckShortcut(Arc::clone(&api))),
            Arc::new(RefreshShortcut(Arc::clone(&api))),
            Arc::new(LoginShortcut(api)),
        ]
    };
    let router = Router::new()
        .merge(liveperson::routes())
        .merge(livevox::routes())
        .merge(domain::routes())
        .merge(gateway::routes())
        .merge(self_service::routes())
        .merge(sentinel::routes())
        .merge(sso::routes())
        .merge(pages_of(&state))
        .fallback(unknown_path)
        .with_state(state);
    Routes { router, shortcuts, refusals: REFUSALS }
}

/// What Envoy asks over gRPC, and nothing else, for a listener of its own. `is_ready`: whether checks can be answered now.
pub fn grpc(state: ApiState, is_ready: impl Fn() -> bool + Send + Sync + 'static) -> Routes {
    let shortcuts = GrpcCall::all(Gate::new(state, is_ready));
    Routes { shortcuts, ..Routes::new(Router::new(), REFUSALS) }
}

/// The pages for people alone, if they are here, for a listener that has nothing else of this.
pub fn pages(state: ApiState) -> Router {
    pages_of(&state).with_state(state)
}

fn pages_of(state: &ApiState) -> Router<ApiState> {
    match state.pages {
        PagesHere::Yes => pages::routes(),
        PagesHere::No => Router::new(),
    }
}

/// How paths begin that no API of the vendor's has.
const OURS: [&str; 8] =
    ["/session/", "/me/", "/sso/", "/admin/", "/gateway/", "/metrics", "/healthz", "/readyz"];

/// Whatever no route is there for, in the shape that the caller understands.
async fn unknown_path(State(api): State<ApiState>, request: Request) -> Response {
    let (parts, _body) = request.into_parts();
    let path = parts.uri.path();
    if path.starts_with(gateway::BEGINNING) {
        return gateway::no_check(REFUSALS.answer(path, Refusal::NotFound));
    }
    // These take LiveVox's sessions too, but speak for themselves.
    if path.starts_with("/self/") {
        return REFUSALS.answer(path, Refusal::NotFound);
    }
    if let Some(answer) = livevox::unknown_path(&api, &parts).await {
        return answer;
    }
    let is_ours = OURS.iter().any(|ours| path.starts_with(ours)) || path == "/";
    if api.unserved == Unserved::NotImplemented && !is_ours {
        return REFUSALS.of(path).answer_with(StatusCode::NOT_IMPLEMENTED, NOT_IMPLEMENTED);
    }
    REFUSALS.answer(path, Refusal::NotFound)
}

#[cfg(test)]
mod tests {
    use vestibule_serve::layers::Readers;

    use super::*;

    #[test]
    fn a2_no_page_is_read_by_another_origin_whatever_is_configured() {
        for (path, readers) in [
            ("/me", Readers::OwnPages),
            ("/me/login", Readers::OwnPages),
            ("/me/12345678/sessions/end", Readers::OwnPages),
            ("/me/-/pages.css", Readers::OwnPages),
            ("/sso/saml/12345678/idp/login", Readers::OwnPages),
            ("/sso/oidc/12345678/op/callback", Readers::OwnPages),
            ("/hc/s-12345678/web/m-LP/samlAssertionMembersArea/home.jsp", Readers::OwnPages),
            ("/login/callback", Readers::OwnPages),
            ("/sentinel/api/account/12345678/authorize", Readers::OwnPages),
            ("/sentinel/api/account/12345678/authorize/consent", Readers::OwnPages),
            ("/sentinel/api/account/12345678/token", Readers::AllowedOrigins),
            ("/api/account/12345678/login", Readers::AllowedOrigins),
            ("/gateway/check", Readers::AllowedOrigins),
            ("/gateway/events", Readers::OwnPages),
            ("/gateway/check/envoy/rule/default/x", Readers::OwnPages),
        ] {
            assert_eq!(REFUSALS.of(path).readers, readers, "{path}");
        }
    }
}
