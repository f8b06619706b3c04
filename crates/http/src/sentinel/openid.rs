//! The OpenID provider of an account: where its endpoints are, and who a bearer is (OpenID Connect Discovery 1.0, Core §5.3).

use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, USER_AGENT, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use vestibule_auth::{Accepted, Credentials, Granted, Route, Showing};
use vestibule_model::{AccountId, RoleType};
use vestibule_serve::layers::{ClientAddress, Headers, Refusal};

use super::{REFUSAL, issuer};
use crate::api::ApiState;
use crate::credentials::PresentedCredentials;

/// `GET {issuer}/.well-known/openid-configuration`
pub(super) async fn configuration(State(api): State<ApiState>, Path(account): Path<String>) -> Response {
    let account = account.parse::<AccountId>().ok().filter(|id| api.auth.public_account(*id).is_some());
    let Some(account) = account else { return REFUSAL.answer(Refusal::NotFound) };
    let issuer = issuer(&api, account);
    let authentication = ["client_secret_basic", "client_secret_post", "none"];
    let body = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/oidc/token"),
        "userinfo_endpoint": format!("{issuer}/oidc/userinfo"),
        "revocation_endpoint": format!("{issuer}/oidc/revoke"),
        "introspection_endpoint": format!("{}/oauth2/introspect", api.public_origin),
        "jwks_uri": format!("{}/.well-known/jwks.json", api.public_origin),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": authentication,
        "revocation_endpoint_auth_methods_supported": authentication,
        "introspection_endpoint_auth_methods_supported": &authentication[..2],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": [
            "sub", "aud", "iss", "iat", "exp", "auth_time", "nonce", "is_admin", "is_lpa", "email",
            "preferred_username", "name",
        ],
        "prompt_values_supported": ["none"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    });
    written(&body, "public, max-age=600")
}

/// `GET` and `POST {issuer}/oidc/userinfo`
pub(super) async fn userinfo(State(api): State<ApiState>, request: Request) -> Response {
    let (parts, _body) = request.into_parts();
    let headers = Headers::Map(&parts.headers);
    let presented = PresentedCredentials::of(headers);
    let bearer = presented.credentials().ok().and_then(|shown| shown.bearer);
    let Some(bearer) = bearer else { return refused(r#"Bearer realm="sentinel""#) };
    let credentials = Credentials { bearer: Some(bearer), ..Credentials::default() };
    if let Err(error) = api.auth.recall(credentials).await {
        tracing::warn!(%error, "a session cannot be read");
        return REFUSAL.answer(Refusal::Overloaded);
    }
    let showing = Showing {
        credentials,
        accepted: Accepted::Any,
        account: named_account(parts.uri.path()),
        address: parts.extensions.get::<ClientAddress>().map(|client| client.0),
        agent: parts.headers.get(USER_AGENT).map(HeaderValue::as_bytes),
        now: api.clock.now(),
    };
    match api.auth.authorize(Route::Own("(userinfo)"), showing, claims) {
        Some(claims) => written(&claims, "no-store"),
        None => refused(r#"Bearer realm="sentinel", error="invalid_token""#),
    }
}

/// Who somebody is. What else a client may know stands in the ID token, for which it asked for scopes.
fn claims(granted: Granted<'_>) -> Value {
    let user = granted.user();
    let account = user.account();
    json!({
        "sub": user.id.to_string(),
        "is_admin": account.has_role(user, RoleType::Administrator),
        "is_lpa": account.has_role(user, RoleType::Lpa),
    })
}

/// The account of the path, as it stands there: no session of another counts.
fn named_account(path: &str) -> Option<&str> {
    path.strip_prefix("/sentinel/api/account/")?.split('/').next()
}

fn refused(scheme: &'static str) -> Response {
    let mut answer = REFUSAL.answer_with(StatusCode::UNAUTHORIZED, "the token is missing, over, or none");
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    answer
}

fn written(body: &Value, kept: &'static str) -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, kept)], body.to_string()).into_response()
}
