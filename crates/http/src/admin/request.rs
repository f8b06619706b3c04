//! What a request of an administrator brings: who they are, a body, parameters.

use std::net::IpAddr;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{Extensions, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use vestibule_auth::{AdministrationError, Caller};
use vestibule_model::{AccountId, ActorKey, NoActorKey};
use vestibule_serve::layers::{ClientAddress, Headers, LimitedBody};

use super::AdminState;
use super::problem::AdminError;
use super::refusals::ProvedCaller;
use super::wording::without_values;
use crate::credentials::bearer;
use crate::json::{is_json, is_merge_patch};

/// The caller, proved by `Authorization: Bearer`. Taken before anything else of the request is looked at.
pub(super) struct AuthenticatedCaller(pub(super) Caller);

/// The same for what callers do about their own session and second factor: also one who has to set up a second factor first.
pub(super) struct OwnCaller(pub(super) Caller);

/// A body of JSON in which nothing is unknown.
pub(super) struct JsonBody<T>(pub(super) T);

/// What follows `?`, in which nothing is unknown.
pub(super) struct QueryParameters<T>(pub(super) T);

/// The variable parts of the path.
pub(super) struct PathParameters<T>(pub(super) T);

impl FromRequestParts<AdminState> for AuthenticatedCaller {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, admin: &AdminState) -> Result<Self, AdminError> {
        let OwnCaller(caller) = OwnCaller::from_request_parts(parts, admin).await?;
        caller.expect_second_factor()?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<AdminState> for OwnCaller {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, admin: &AdminState) -> Result<Self, AdminError> {
        let proved = match bearer(Headers::Map(&parts.headers)) {
            Some(bearer) => {
                admin.auth.administration().administrator(bearer, address(parts), admin.clock.now()).await
            }
            None => Err(AdministrationError::NotProved),
        };
        if parts.headers.contains_key(AUTHORIZATION)
            && let Some(shown) = parts.extensions.get::<ProvedCaller>()
        {
            shown.set(proved.as_ref().ok().cloned());
        }
        Ok(Self(proved?))
    }
}

/// Where the request comes from.
pub(super) fn address(parts: &Parts) -> Option<IpAddr> {
    address_in(&parts.extensions)
}

/// The same, of a request that had these extensions.
pub(super) fn address_in(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ClientAddress>().map(|address| address.0)
}

/// The account of a filter.
pub(super) fn account_of_filter(text: &str) -> Result<AccountId, AdminError> {
    let malformed =
        |_| AdminError::Malformed { field: "account".into(), reason: "this is no account id".into() };
    text.parse().map_err(malformed)
}

/// The actor that a filter names.
pub(super) fn actor_of_filter(text: &str) -> Result<ActorKey, AdminError> {
    text.parse().map_err(|error: NoActorKey| AdminError::Malformed {
        field: "actor".into(),
        reason: error.to_string(),
    })
}

impl<T: DeserializeOwned> FromRequest<AdminState> for JsonBody<T> {
    type Rejection = AdminError;

    async fn from_request(request: Request, _admin: &AdminState) -> Result<Self, AdminError> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) && !is_merge_patch(&parts.headers) {
            return Err(AdminError::NoJson);
        }
        let body = LimitedBody::read(&parts.extensions, body).await.0.map_err(AdminError::Unread)?;
        // A list of values would count for the fields in their order.
        if body.trim_ascii_start().first() == Some(&b'[') {
            let reason = "this has to be an object".into();
            return Err(AdminError::Malformed { field: String::new(), reason });
        }
        let mut json = serde_json::Deserializer::from_slice(&body);
        let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let field = if path == "." { String::new() } else { path };
            AdminError::Malformed { field, reason: without_values(error.inner()) }
        })?;
        json.end().map_err(|_| AdminError::Malformed {
            field: String::new(),
            reason: "more than one value".into(),
        })?;
        Ok(Self(read))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<AdminState> for QueryParameters<T> {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, admin: &AdminState) -> Result<Self, AdminError> {
        match Query::from_request_parts(parts, admin).await {
            Ok(Query(read)) => Ok(Self(read)),
            Err(error) => Err(wrong_parameter(&error.body_text())),
        }
    }
}

/// Which parameter is wrong, from the words of the library: `…: limit: what is wrong`, or a name between back quotes.
fn wrong_parameter(text: &str) -> AdminError {
    let reason = text.split_once(": ").map_or(text, |(_, reason)| reason);
    let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let (field, reason) = match reason.split_once(": ").filter(|(name, _)| is_name(name)) {
        Some((field, reason)) => (field, reason),
        None => (reason.split('`').nth(1).unwrap_or_default(), reason),
    };
    AdminError::Malformed { field: field.to_owned(), reason: reason.to_owned() }
}

impl<T: DeserializeOwned + Send> FromRequestParts<AdminState> for PathParameters<T> {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, admin: &AdminState) -> Result<Self, AdminError> {
        match Path::from_request_parts(parts, admin).await {
            Ok(Path(read)) => Ok(Self(read)),
            // Nothing has such a name.
            Err(_) => Err(AdministrationError::NotFound("thing").into()),
        }
    }
}

/// The account of a path: what is no account id names no account that anybody may see.
pub(super) fn account_named(text: &str) -> Result<AccountId, AdministrationError> {
    text.parse().map_err(|_| AdministrationError::NotAllowed)
}

/// An answer with a body.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, serde_json::to_string(body).unwrap_or_default()).into_response()
}
