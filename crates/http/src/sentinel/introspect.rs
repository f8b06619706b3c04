//! `POST /oauth2/introspect`: a resource server asks what a token is (RFC 7662).

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;
use vestibule_auth::{ActiveToken, Granted, ShownClientToken};
use vestibule_model::Millis;
use zeroize::Zeroizing;

use super::errors::OauthFailure;
use super::issuer;
use super::parameters::ClientRequest;
use crate::api::ApiState;
use crate::words;

pub(super) async fn handle(State(api): State<ApiState>, request: ClientRequest) -> Response {
    let told = introspect(&api, &request).await;
    told.unwrap_or_else(|failure| failure.answer(request.is_basic()))
}

async fn introspect(api: &ApiState, request: &ClientRequest) -> Result<Response, OauthFailure> {
    let form = request.form()?;
    let token = Zeroizing::new(form.need("token")?.to_owned());
    let credentials = request.credentials(&form)?;
    let at = request.at_client(&api.auth, &credentials, &token, api.clock.now());
    let describing = api.clone();
    let tell = move |token: ActiveToken<'_>| match token {
        ActiveToken::Session(granted) => of_session(&describing, &granted, "access_token"),
        ActiveToken::Refresh(granted) => of_session(&describing, &granted, "refresh_token"),
        ActiveToken::Client(shown) => of_client(&describing, shown),
    };
    let told = api.auth.introspect(at, credentials, token, tell).await?;
    let body = told.unwrap_or_else(|| json!({ "active": false }));
    Ok(([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body.to_string()).into_response())
}

/// What the registered members (RFC 7662 §2.2) say of a session, and beside them what a gateway tells in its headers.
fn of_session(api: &ApiState, granted: &Granted<'_>, used_as: &str) -> Value {
    let user = granted.user();
    let account = user.account().account.id;
    let mut told = json!({
        "active": true,
        "token_use": used_as,
        "username": user.login_name,
        "sub": user.id.to_string(),
        "aud": account.as_str(),
        "iss": issuer(api, account),
        "iat": seconds(granted.opened_at()),
        "exp": seconds(granted.expires_at()),
        "account": account.as_str(),
        "application": granted.application(),
        "session": Uuid::from_bytes(granted.reference()).to_string(),
        "role": words::role(user.grants().rank),
        "privileges": user.grants().privileges_text,
        "skills": user.skills,
        "max_chats": user.max_chats,
        "max_async_chats": user.max_async_chats,
        "method": words::method(granted.method()),
    });
    if used_as == "access_token" {
        told["token_type"] = "Bearer".into();
    }
    if let Some(client_id) = granted.client_id() {
        told["client_id"] = client_id.into();
    }
    told
}

fn of_client(api: &ApiState, shown: &ShownClientToken) -> Value {
    let account = shown.account();
    json!({
        "active": true,
        "token_use": "access_token",
        "token_type": "Bearer",
        "client_id": shown.client_id(),
        "sub": shown.client_id(),
        "scope": shown.scope,
        "aud": account.as_str(),
        "iss": issuer(api, account),
        "iat": seconds(shown.issued),
        "exp": seconds(shown.expires),
        "account": account.as_str(),
        "application": shown.application(),
    })
}

const fn seconds(at: Millis) -> i64 {
    at.as_unix().div_euclid(1_000)
}
