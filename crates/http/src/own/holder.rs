//! Who holds a session: the first credential there is of `Authorization: Bearer`, `LV-Session` and the session cookie, as
//! at the gateway. One that is wrong is refused; the others are not tried.
//!
//! Showing it counts as use, as with every other route that takes a session. A cookie comes along with whatever a page of
//! another site sends, so it ends nothing by itself: the csrf value of the session's login has to stand in `X-CSRF-Token`.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use vestibule_auth::{Authorized, Credential, Granted};

use super::failure::Failure;
use crate::api::ApiState;
use crate::layers::{ClientAddress, Headers};
use crate::liveperson::session_cookies;
use crate::livevox::session_id;

const LV_SESSION: HeaderName = HeaderName::from_static("lv-session");
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

/// Somebody who looks.
pub(super) struct Reader(pub(super) Authorized);

/// Somebody who ends sessions, and from where.
pub(super) struct Ender(pub(super) Authorized, pub(super) Option<IpAddr>);

impl FromRequestParts<ApiState> for Reader {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, Failure> {
        let cookies = session_cookies(Headers::Map(&parts.headers));
        authorized(api, parts, &cookies).await.map(Self)
    }
}

impl FromRequestParts<ApiState> for Ender {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, Failure> {
        let mut cookies = session_cookies(Headers::Map(&parts.headers));
        let by_cookie = !parts.headers.contains_key(header::AUTHORIZATION)
            && !parts.headers.contains_key(LV_SESSION)
            && !cookies.is_empty();
        if by_cookie {
            let csrf = text(&parts.headers, &CSRF).unwrap_or_default();
            cookies = api.auth.cookies_of(&cookies, csrf);
            if cookies.is_empty() {
                return Err(Failure::NoCsrf);
            }
        }
        let holder = authorized(api, parts, &cookies).await?;
        Ok(Self(holder, address(parts)))
    }
}

async fn authorized(api: &ApiState, parts: &Parts, cookies: &[&str]) -> Result<Authorized, Failure> {
    let credential = credential(&parts.headers, cookies).ok_or(Failure::Unauthorized)?;
    // Whoever asks for all their sessions is not told of half of them.
    api.auth.loaded().await;
    let keep = |granted: Granted<'_>| granted.to_owned();
    let granted = api.auth.authorize(credential, address(parts), api.clock.now(), keep);
    // Administrators have a door of their own.
    let is_known = |caller: &Authorized| api.auth.public_account(caller.session.account).is_some();
    granted.filter(is_known).ok_or(Failure::Unauthorized)
}

fn credential<'a>(headers: &'a HeaderMap, cookies: &'a [&'a str]) -> Option<Credential<'a>> {
    if headers.contains_key(header::AUTHORIZATION) {
        let (scheme, bearer) = text(headers, &header::AUTHORIZATION)?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then_some(Credential::Bearer(bearer.trim()));
    }
    if headers.contains_key(LV_SESSION) {
        return text(headers, &LV_SESSION).and_then(session_id).map(Credential::LivevoxId);
    }
    (!cookies.is_empty()).then_some(Credential::Cookies(cookies))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ClientAddress>().map(|client| client.0)
}
