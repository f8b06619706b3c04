//! Who holds a session: whoever shows it as at the gateway (`crate::credentials`).
//!
//! Showing it counts as use, as with every other route that takes a session. A cookie comes along with whatever a page of
//! another site sends, so it ends nothing by itself: the csrf value of the session's login has to stand in `X-CSRF-Token`.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;
use vestibule_auth::{Accepted, Authorized, CredentialKind, Credentials, Granted, Showing};
use vestibule_serve::layers::{ClientAddress, Headers};

use super::failure::Failure;
use crate::api::ApiState;
use crate::credentials::{Shown, Single};

const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

/// Somebody who looks.
pub(super) struct Reader(pub(super) Authorized);

/// Somebody who ends sessions, and from where.
pub(super) struct Ender(pub(super) Authorized, pub(super) Option<IpAddr>);

/// From where a request comes.
pub(super) struct Address(pub(super) Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(address(parts)))
    }
}

impl FromRequestParts<ApiState> for Reader {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, Failure> {
        let shown = Shown::by(Headers::Map(&parts.headers));
        let credentials = shown.credentials().map_err(|_| Failure::Unauthorized)?;
        authorized(api, parts, credentials).await.map(Self)
    }
}

impl FromRequestParts<ApiState> for Ender {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, Failure> {
        let headers = Headers::Map(&parts.headers);
        let shown = Shown::by(headers);
        let credentials = shown.credentials().map_err(|_| Failure::Unauthorized)?;
        let csrf = Single::of(headers, &CSRF).value().unwrap_or_default();
        let proved = api.auth.cookies_of(shown.cookies(), csrf);
        if proved.is_empty() {
            // Its cookies may contradict, and end nothing.
            let holder = authorized(api, parts, credentials).await;
            return match holder {
                Ok(holder) if holder.shown_by != CredentialKind::Cookie => Ok(Self(holder, address(parts))),
                Err(failure) if credentials.cookies.is_empty() => Err(failure),
                Err(failure) if credentials.bearer.is_some() || credentials.livevox_id.is_some() => {
                    Err(failure)
                }
                Ok(_) | Err(_) => Err(Failure::NoCsrf),
            };
        }
        let holder = authorized(api, parts, Credentials { cookies: &proved, ..credentials }).await?;
        Ok(Self(holder, address(parts)))
    }
}

async fn authorized(
    api: &ApiState,
    parts: &Parts,
    credentials: Credentials<'_>,
) -> Result<Authorized, Failure> {
    // Whoever asks for all their sessions is not told of half of them.
    api.auth.loaded().await;
    let (address, now) = (address(parts), api.clock.now());
    let showing = Showing { credentials, accepted: Accepted::Any, account: None, address, now };
    // Administrators have a door of their own: the engine knows none of them here.
    let granted = api.auth.authorize(showing, |granted: Granted<'_>| granted.to_owned());
    granted.ok_or(Failure::Unauthorized)
}

fn address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ClientAddress>().map(|client| client.0)
}
