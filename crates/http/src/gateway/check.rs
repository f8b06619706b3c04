//! `/gateway/check`: whether the request that a gateway holds may pass. No body is read, no store is asked.
//!
//! The credential is the first there is of: `Authorization: Bearer`, `LV-Session`, the session cookie, and the bearer in
//! the path of a messaging WebSocket as the gateway tells it. One that is wrong is refused; the others are not tried.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, header};
use axum::response::Response;
use vestibule_auth::{Credential, Granted};

use super::answer::{Kind, allowed, refused, unavailable};
use crate::api::ApiState;
use crate::layers::{Answering, ClientAddress, Head, Headers, PlainAnswer, Shortcut};
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

    fn answer_at_once(&self, head: Head<'_>) -> Option<PlainAnswer> {
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
    let head = Head { headers: Headers::Map(&parts.headers), address };
    if let Some(credential) = Shown::by(head.headers).credential()
        && let Err(error) = api.auth.recall(credential).await
    {
        return unavailable(error);
    }
    check(api, head).into()
}

fn check(api: &ApiState, head: Head<'_>) -> PlainAnswer {
    let now = api.clock.now();
    let shown = Shown::by(head.headers);
    let grant = |granted: Granted<'_>| {
        let account = granted.user().account().account.id;
        shown.account.is_none_or(|named| account.as_str() == named).then(|| allowed(granted, now))
    };
    let granted =
        shown.credential().and_then(|credential| api.auth.authorize(credential, head.address, now, grant)?);
    granted.unwrap_or_else(|| refused(shown.kind, now))
}

/// The credential that a request shows, if it is of its form, and the account that it is shown for where the request
/// names one. Its kind gives a refusal its shape.
struct Shown<'a> {
    kind: Kind,
    credential: Option<Credential<'a>>,
    cookies: Vec<&'a str>,
    account: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn by(headers: Headers<'a>) -> Self {
        let shown = |kind, credential| Self { kind, credential, cookies: Vec::new(), account: None };
        if headers.get(&header::AUTHORIZATION).is_some() {
            let bearer = headers.text(&header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
            return shown(Kind::Bearer, bearer.map(Credential::Bearer));
        }
        if headers.get(&LV_SESSION).is_some() {
            let id = headers.text(&LV_SESSION).and_then(session_id);
            return shown(Kind::LivevoxId, id.map(Credential::LivevoxId));
        }
        let cookies = session_cookies(headers);
        if !cookies.is_empty() {
            return Self { cookies, ..shown(Kind::Cookie, None) };
        }
        let target = TARGETS.iter().find_map(|name| headers.text(name));
        match target.and_then(messaging_bearer) {
            Some((account, bearer)) => {
                Self { account: Some(account), ..shown(Kind::Bearer, Some(Credential::Bearer(bearer))) }
            }
            None => shown(Kind::None, None),
        }
    }

    fn credential(&self) -> Option<Credential<'_>> {
        let cookies = (!self.cookies.is_empty()).then_some(Credential::Cookies(&self.cookies));
        self.credential.or(cookies)
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
