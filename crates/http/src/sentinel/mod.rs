//! The sentinel on the wire: OAuth 2.0 and OpenID Connect for clients of accounts (contract single-sign-on).
//!
//! Translates and holds no rules. `parameters.rs` reads what clients send in so many ways; every failure gets its status and its
//! words in `errors.rs`.

mod app_token;
mod authorize;
mod errors;
mod introspect;
mod key_set;
mod openid;
mod parameters;
mod revoke;
mod token;

use axum::Router;
use axum::routing::{get, post};
use vestibule_model::AccountId;
use vestibule_serve::layers::{Readers, RefusalShape};

use crate::api::ApiState;

/// What is refused before a handler: in the shape of RFC 6749 §5.2.
pub(crate) const REFUSAL: RefusalShape = RefusalShape {
    content_type: "application/json",
    body: |status, message| {
        let error = if status.is_server_error() { "server_error" } else { "invalid_request" };
        format!(r#"{{"error":"{error}","error_description":"{message}"}}"#)
    },
    ..RefusalShape::ERROR_OBJECT
};

/// The same for what users see there, which no page of another origin may read.
pub(crate) const PAGES_REFUSAL: RefusalShape = RefusalShape { readers: Readers::OwnPages, ..REFUSAL };

/// The same for what resource servers ask, which no page asks.
pub(crate) const SERVERS_REFUSAL: RefusalShape = RefusalShape { readers: Readers::OwnPages, ..REFUSAL };

pub(crate) use errors::of_token;
pub(crate) use parameters::basic_credentials;

/// The name of an account's OpenID provider: where its configuration is.
fn issuer(api: &ApiState, account: AccountId) -> String {
    format!("{}/sentinel/api/account/{account}", api.public_origin)
}

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/sentinel/api/account/{account}/app/token", post(app_token::version_in_query))
        .route("/sentinel/api/v2/account/{account}/app/token", post(app_token::version_2))
        .route("/sentinel/api/account/{account}/authorize", get(authorize::handle).post(authorize::handle))
        .route("/sentinel/api/account/{account}/authorize/consent", post(authorize::consented))
        .route("/sentinel/api/account/{account}/token", post(token::vendor))
        .route("/sentinel/api/account/{account}/token/revoke", post(revoke::handle))
        .route("/sentinel/api/account/{account}/.well-known/openid-configuration", get(openid::configuration))
        .route("/sentinel/api/account/{account}/oidc/token", post(token::openid))
        .route("/sentinel/api/account/{account}/oidc/revoke", post(revoke::handle))
        .route("/sentinel/api/account/{account}/oidc/userinfo", get(openid::userinfo).post(openid::userinfo))
        .route("/oauth2/introspect", post(introspect::handle))
        .route("/oauth2/revoke", post(revoke::of_any_account))
        .route("/sentinel/well-known/jwks", get(key_set::handle))
        .route("/.well-known/jwks.json", get(key_set::handle))
}
