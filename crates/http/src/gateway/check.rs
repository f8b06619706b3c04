//! `/gateway/check`: whether the request that a gateway holds may pass. No body is read, no store is asked.
//!
//! `crate::credentials` reads what is presented, the engine says whether it opens anything.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;
use vestibule_auth::{Accepted, Credentials, Showing};
use vestibule_serve::layers::{
    Cause, ClientAddress, Headers, PlainResponse, RequestHead, ResponseFuture, Shortcut,
};

use super::answer::{allowed, refused, unavailable};
use crate::api::ApiState;
use crate::credentials::{Contradiction, PresentedCredentials};

/// The route's pattern.
pub(super) const CHECK: &str = "/gateway/check";

/// The check before the router.
pub(crate) struct CheckShortcut(pub(crate) Arc<ApiState>);

impl Shortcut for CheckShortcut {
    fn route(&self) -> &'static str {
        CHECK
    }

    fn recognises(&self, method: &Method, path: &str) -> bool {
        path == CHECK && [Method::GET, Method::HEAD, Method::POST].contains(method)
    }

    fn answer_at_once(&self, head: RequestHead<'_>) -> Option<PlainResponse> {
        self.0.auth.is_loaded().then(|| check(&self.0, head))
    }

    fn answer(&self, request: Request) -> ResponseFuture {
        let api = Arc::clone(&self.0);
        Box::pin(async move { Ok(recall_and_check(&api, &request.into_parts().0).await) })
    }
}

/// The check through the router, for odd spellings of its path.
pub(super) async fn handle(State(api): State<ApiState>, request: Request) -> Response {
    recall_and_check(&api, &request.into_parts().0).await
}

/// The check while the table of live sessions may be incomplete. A store that does not answer is no reason to
/// refuse a session that may be live.
async fn recall_and_check(api: &ApiState, parts: &Parts) -> Response {
    let address = parts.extensions.get::<ClientAddress>().map(|client| client.0);
    let head = RequestHead { headers: Headers::Map(&parts.headers), address };
    if let Ok(credentials) = PresentedCredentials::to_gateway(head.headers).credentials()
        && let Err(error) = api.auth.recall(credentials).await
    {
        return unavailable(error);
    }
    check(api, head).into()
}

fn check(api: &ApiState, head: RequestHead<'_>) -> PlainResponse {
    let now = api.clock.now();
    let presented = PresentedCredentials::to_gateway(head.headers);
    let authorize = |credentials: Credentials<'_>| {
        let (accepted, account, address) = (Accepted::Any, presented.account(), head.address);
        let showing = Showing { credentials, accepted, account, address, now };
        api.auth.authorize(showing, |granted| allowed(granted, now))
    };
    let refuse = |contradiction: Option<Contradiction>| {
        let answer = refused(presented.kind(|bearer| api.auth.is_genuine_bearer(bearer)), now);
        let cause = contradiction.map(|contradiction| Cause(Arc::new(contradiction)));
        PlainResponse { cause: cause.or(answer.cause), ..answer }
    };
    match presented.credentials() {
        Ok(credentials) => authorize(credentials).unwrap_or_else(|| refuse(None)),
        Err(contradiction) => refuse(Some(contradiction)),
    }
}
