//! What the operations have in common on the way in: the version segment, headers, ids in their form.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;
use vestibule_auth::{Accepted, Authorized, Granted, Route, Showing};
use vestibule_serve::layers::{ClientAddress, Headers};

use super::errors::LiveVoxError;
use crate::api::ApiState;
use crate::credentials::{LV_ACCESS, LV_SESSION, PresentedCredentials, TokenHeader, application_token};
use crate::json::StrictObject;
use crate::query;

/// What the head of a request says. With a version segment that is none the path is unknown.
pub(crate) struct LiveVoxHead {
    /// The session of the path.
    pub(crate) session: Option<String>,
    /// The query, as it came.
    pub(crate) query: String,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The client's address.
    pub(crate) address: Option<IpAddr>,
}

impl FromRequestParts<ApiState> for LiveVoxHead {
    type Rejection = LiveVoxError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, LiveVoxError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| LiveVoxError::BadRequest("The path is not valid"))?;
        let named = |name: &str| params.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let session = named("session").map(str::to_owned);
        let is_known = named("version").is_none_or(is_version);
        let head = Self { session, ..Self::of(parts) };
        if is_known { Ok(head) } else { Err(head.unknown_path(state).await) }
    }
}

/// `v6.0`: a major and a minor number.
fn is_version(segment: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = segment.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    numbers.is_some_and(|(major, minor)| digits(major) && digits(minor))
}

impl LiveVoxHead {
    /// All but what is in the path.
    pub(super) fn of(parts: &Parts) -> Self {
        Self {
            session: None,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
            address: parts.extensions.get::<ClientAddress>().map(|client| client.0),
        }
    }

    /// Whether it has one of the dialect's own headers, as only its clients do.
    pub(super) fn is_of_a_client(&self) -> bool {
        self.headers.contains_key(LV_SESSION) || self.headers.contains_key(LV_ACCESS)
    }

    /// Why a request for a path that is not there is refused: clients of the dialect need a session everywhere but in
    /// the operations that say otherwise (contract livevox §1).
    pub(super) async fn unknown_path(&self, api: &ApiState) -> LiveVoxError {
        if !self.is_of_a_client() {
            return LiveVoxError::UnknownPath;
        }
        self.authorize(api).await.map_or_else(|failure| failure, |_| LiveVoxError::UnknownPath)
    }

    /// The application token: `LV-Access`, or, where that is allowed, what old clients send as a bearer instead. None:
    /// absent, or out of its form.
    pub(crate) fn application_token(&self, api: &ApiState) -> Option<&str> {
        let header = if api.livevox_bearer_token { TokenHeader::AccessOrBearer } else { TokenHeader::Access };
        let token = application_token(Headers::Map(&self.headers), header)?;
        let well_formed = (1..=64).contains(&token.len())
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        well_formed.then_some(token)
    }

    /// The holder of the session in `LV-Session`, which counts as use. Other credentials count for nothing here.
    pub(crate) async fn authorize(&self, api: &ApiState) -> Result<Authorized, LiveVoxError> {
        let presented = PresentedCredentials::of(Headers::Map(&self.headers));
        let credentials = presented.credentials().map_err(|_| LiveVoxError::Unauthorized)?;
        let id = credentials.livevox_id.ok_or(LiveVoxError::Unauthorized)?;
        api.auth.loaded_for_livevox_id(id).await;
        let showing = Showing {
            credentials,
            accepted: Accepted::LivevoxId,
            account: None,
            address: self.address,
            agent: self.headers.get(USER_AGENT).map(HeaderValue::as_bytes),
            now: api.clock.now(),
        };
        let keep = |granted: Granted<'_>| granted.to_owned();
        api.auth.authorize(Route::Own("(livevox)"), showing, keep).ok_or(LiveVoxError::Unauthorized)
    }

    /// The query's parameter of this name, if it occurs once.
    pub(crate) fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        query::value(&self.query, name)
    }
}

/// A session's id or reference: a UUID in its usual form. Compared whole.
pub(crate) fn session_id(text: &str) -> Option<[u8; 16]> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten().map(Uuid::into_bytes)
}

/// The credentials that login and change of password share.
pub(crate) struct LoginFields {
    pub(crate) client_name: String,
    pub(crate) user_name: String,
    pub(crate) password: String,
    pub(crate) agent: bool,
}

impl LoginFields {
    pub(crate) fn take(object: &mut StrictObject<'_>) -> Result<Self, LiveVoxError> {
        let text = |object: &mut StrictObject<'_>, key, missing| {
            object.take(key).ok_or(LiveVoxError::BadRequest(missing))
        };
        Ok(Self {
            client_name: text(object, "clientName", "clientName is required")?,
            user_name: text(object, "userName", "userName is required")?,
            password: text(object, "password", "password is required")?,
            agent: object
                .take_flag("agent")
                .ok_or(LiveVoxError::BadRequest("agent must be true or false"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_v_major_dot_minor() {
        assert!(is_version("v6.0") && is_version("v15.10"));
        for other in ["v6", "6.0", "v.0", "v6.", "vx.y", "V6.0", "v6.0.1"] {
            assert!(!is_version(other), "{other}");
        }
    }

    #[test]
    fn a_session_id_has_its_36_characters() {
        assert!(session_id("38de9bcc-7425-4392-b821-99026632c369").is_some());
        assert!(session_id("38de9bcc-7425-4392-b821-99026632c36").is_none());
        assert!(session_id("38de9bcc74254392b82199026632c369").is_none());
        assert!(session_id("123").is_none());
    }
}
