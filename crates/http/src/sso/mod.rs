//! Single sign-on on the wire: what browsers and identity providers ask (contract single-sign-on).
//!
//! Translates and holds no rules. A login that begins here is an attempt, which the browser alone keeps, sealed, in a cookie of
//! its own (`attempt`); one that begins at the identity provider is taken where the connection says so. What comes of it is a page session, or at
//! the vendor's consumer paths a session of the dialect (`finish`, `vendor`).

mod attempt;
mod connection_test;
mod finish;
mod oidc;
mod oidc_logout;
mod saml;
mod saml_logout;
mod vendor;

pub(crate) use vestibule_auth::sso_addresses as addresses;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue};
use axum::routing::{get, post};
use serde::Deserialize;
use vestibule_auth::{LogInError, UsableConnection};
use vestibule_model::{AccountId, RefusalId};
use vestibule_serve::layers::Refusal;

use crate::api::ApiState;

/// The id of a refusal, under which the audit tells why: the body of an answer does not.
const REFUSAL: HeaderName = HeaderName::from_static("x-vestibule-refusal");

/// The header with the id of the refusal, if this is one of what an identity provider sent.
pub(crate) fn refusal_header(error: &LogInError) -> Option<(HeaderName, HeaderValue)> {
    let (LogInError::NotVouchedFor(id) | LogInError::ProviderUnavailable(id)) = error else { return None };
    header_of(*id)
}

fn header_of(id: RefusalId) -> Option<(HeaderName, HeaderValue)> {
    Some((REFUSAL, HeaderValue::from_str(&id.to_string()).ok()?))
}

/// The connection of a path.
#[derive(Deserialize)]
struct ConnectionPath {
    connection: String,
}

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/sso/saml/{account}/{connection}/login", get(saml::begin))
        .route(addresses::SAML_ACS, post(saml::consume))
        .route("/sso/saml/{account}/{connection}/metadata", get(saml::metadata))
        .route(
            "/sso/saml/{account}/{connection}/logout",
            get(saml_logout::by_redirect).post(saml_logout::by_form),
        )
        .route("/sso/oidc/{account}/{connection}/login", get(oidc::begin))
        .route("/sso/oidc/{account}/{connection}/callback", get(oidc::user_callback))
        .route("/sso/oidc/{account}/{connection}/callback/agent", get(oidc::agent_callback))
        .route("/sso/oidc/{account}/{connection}/backchannel-logout", post(oidc_logout::by_token))
        .route(addresses::LEGACY_ACS, post(vendor::legacy))
        .route(addresses::CALLBACK, post(vendor::named))
}

/// The connection of this name, if somebody may log in by it. Whatever is missing, the answer is the same.
fn enabled(api: &ApiState, account: AccountId, connection: &str) -> Result<Arc<UsableConnection>, Refusal> {
    api.auth.usable_connection(account, connection).ok_or(Refusal::NotFound)
}
