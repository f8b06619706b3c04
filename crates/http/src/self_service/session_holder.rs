//! Who holds a session: whoever presents its credential as at the gateway (`crate::credentials`).
//!
//! Presenting it counts as use, as with every other route that takes a session. A cookie comes along with whatever a page of
//! another site sends, so it ends nothing by itself: the csrf value of the session's login has to be in `X-CSRF-Token`.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use vestibule_auth::{Accepted, Authorized, CredentialKind, Credentials, Granted, Route, Showing};
use vestibule_serve::layers::{ClientAddress, Headers};

use super::errors::SelfServiceError;
use crate::api::ApiState;
use crate::credentials::{PresentedCredentials, SingleValue};

/// As what a request here is counted.
const OWN_SESSIONS: Route<'static> = Route::Own("(self-service)");

const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

/// The holder of a session who reads.
pub(super) struct SessionReader(pub(super) Authorized);

/// The holder of a session who ends some, and the address of the request.
pub(super) struct SessionEnder(pub(super) Authorized, pub(super) Option<IpAddr>);

/// The address of a request.
pub(super) struct Address(pub(super) Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(address(parts)))
    }
}

impl FromRequestParts<ApiState> for SessionReader {
    type Rejection = SelfServiceError;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, SelfServiceError> {
        let presented = PresentedCredentials::of(Headers::Map(&parts.headers));
        let credentials = presented.credentials().map_err(|_| SelfServiceError::Unauthorized)?;
        authorized(api, parts, credentials).await.map(Self)
    }
}

impl FromRequestParts<ApiState> for SessionEnder {
    type Rejection = SelfServiceError;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, SelfServiceError> {
        let headers = Headers::Map(&parts.headers);
        let presented = PresentedCredentials::of(headers);
        let credentials = presented.credentials().map_err(|_| SelfServiceError::Unauthorized)?;
        let csrf = SingleValue::of(headers, &CSRF).value().unwrap_or_default();
        let proved = api.auth.cookies_of(presented.cookies(), csrf);
        if proved.is_empty() {
            // Its cookies may contradict, and end nothing.
            let holder = authorized(api, parts, credentials).await;
            return match holder {
                Ok(holder) if holder.shown_by != CredentialKind::Cookie => Ok(Self(holder, address(parts))),
                Err(failure) if credentials.cookies.is_empty() => Err(failure),
                Err(failure) if credentials.bearer.is_some() || credentials.livevox_id.is_some() => {
                    Err(failure)
                }
                Ok(_) | Err(_) => Err(SelfServiceError::NoCsrf),
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
) -> Result<Authorized, SelfServiceError> {
    // A list of all sessions must not be answered from half of the table.
    api.auth.loaded().await;
    let (address, now) = (address(parts), api.clock.now());
    let agent = parts.headers.get(USER_AGENT).map(HeaderValue::as_bytes);
    let showing = Showing { credentials, accepted: Accepted::Any, account: None, address, agent, now };
    // Administrators log in elsewhere, and their sessions open nothing here: the engine refuses them.
    let granted = api.auth.authorize(OWN_SESSIONS, showing, |granted: Granted<'_>| granted.to_owned());
    granted.ok_or(SelfServiceError::Unauthorized)
}

fn address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ClientAddress>().map(|client| client.0)
}
