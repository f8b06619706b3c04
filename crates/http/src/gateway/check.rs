//! `/gateway/check`: whether the request that a gateway holds may pass. No body is read, no store is asked.
//!
//! The credential is the first there is of: `Authorization: Bearer`, `LV-Session`, the session cookie, and the bearer in
//! the path of a messaging WebSocket as the gateway tells it. One that is wrong is refused; the others are not tried.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::response::Response;
use vestibule_auth::Credential;

use super::answer::{Kind, allowed, refused, unavailable};
use crate::api::ApiState;
use crate::layers::{Answering, ClientAddress, Head, Shortcut};
use crate::liveperson::session_cookies;
use crate::livevox::session_id;

/// The route's pattern.
pub(super) const CHECK: &str = "/gateway/check";

const LV_SESSION: HeaderName = HeaderName::from_static("lv-session");

/// Where gateways put the target of the request that they ask about: nginx, Traefik.
const TARGETS: [HeaderName; 2] =
    [HeaderName::from_static("x-original-uri"), HeaderName::from_static("x-forwarded-uri")];

/// The check before the router.
pub(crate) struct CheckShortcut(pub(crate) Arc<ApiState>);

impl Shortcut for CheckShortcut {
    fn route(&self) -> &'static str {
        CHECK
    }

    fn recognises(&self, method: &Method, path: &str) -> bool {
        path == CHECK && [Method::GET, Method::HEAD, Method::POST].contains(method)
    }

    fn answer_at_once(&self, head: Head<'_>) -> Option<Response> {
        self.0.auth.is_loaded().then(|| check(&self.0, head))
    }

    fn answer(&self, request: Request) -> Answering {
        let api = Arc::clone(&self.0);
        Box::pin(async move { Ok(recall_and_check(&api, &request.into_parts().0).await) })
    }
}

/// The check through the router, for odd spellings of its path.
pub(super) async fn handle(State(api): State<ApiState>, request: Request) -> Response {
    recall_and_check(&api, &request.into_parts().0).await
}

/// The check while the table of live sessions may be incomplete. A store that does not answer is no reason to tell a
/// client that its session is over.
async fn recall_and_check(api: &ApiState, parts: &Parts) -> Response {
    let address = parts.extensions.get::<ClientAddress>().map(|client| client.0);
    let head = Head { headers: &parts.headers, address };
    let cookies = session_cookies(head.headers);
    if let (_, Some(shown)) = shown(head.headers, &cookies)
        && let Err(error) = api.auth.recall(shown.credential).await
    {
        return unavailable(error);
    }
    check(api, head)
}

fn check(api: &ApiState, head: Head<'_>) -> Response {
    let now = api.clock.now();
    let cookies = session_cookies(head.headers);
    let (kind, shown) = shown(head.headers, &cookies);
    let holder = shown.and_then(|shown| {
        let authorized = api.auth.authorize(shown.credential, head.address, now)?;
        let account_fits = shown.account.is_none_or(|account| authorized.session.account.as_str() == account);
        account_fits.then_some(authorized)
    });
    holder.map_or_else(|| refused(kind, now), |holder| allowed(&holder, now))
}

/// A credential, and the account that it is shown for where the request names one.
struct Shown<'a> {
    credential: Credential<'a>,
    account: Option<&'a str>,
}

/// The credential of the request, if it is of its form; and its kind, which gives a refusal its shape.
fn shown<'a>(headers: &'a HeaderMap, cookies: &'a [&'a str]) -> (Kind, Option<Shown<'a>>) {
    let without_account = |credential| Shown { credential, account: None };
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let bearer = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        return (Kind::Bearer, bearer.map(Credential::Bearer).map(without_account));
    }
    if let Some(value) = headers.get(LV_SESSION) {
        let id = value.to_str().ok().and_then(session_id);
        return (Kind::LivevoxId, id.map(Credential::LivevoxId).map(without_account));
    }
    if !cookies.is_empty() {
        return (Kind::Cookie, Some(without_account(Credential::Cookies(cookies))));
    }
    let target = TARGETS.iter().find_map(|name| headers.get(name)?.to_str().ok());
    match target.and_then(messaging_bearer) {
        Some((account, bearer)) => {
            (Kind::Bearer, Some(Shown { credential: Credential::Bearer(bearer), account: Some(account) }))
        }
        None => (Kind::None, None),
    }
}

/// Account and bearer of `/ws_api/account/{account}/messaging/brand/{bearer}`.
fn messaging_bearer(target: &str) -> Option<(&str, &str)> {
    let path = target.split(['?', '#']).next()?;
    let (account, rest) = path.strip_prefix("/ws_api/account/")?.split_once('/')?;
    Some((account, rest.strip_prefix("messaging/brand/")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bearer_of_a_messaging_path_is_found() {
        let target = "/ws_api/account/12345678/messaging/brand/abc?v=2.1";
        assert_eq!(messaging_bearer(target), Some(("12345678", "abc")));
    }

    #[test]
    fn other_paths_bear_nothing() {
        for target in ["/", "/ws_api/account/1/other/brand/abc", "/x/ws_api/account/1/messaging/brand/abc"] {
            assert_eq!(messaging_bearer(target), None, "{target}");
        }
    }
}
