//! `POST …/token` and `…/oidc/token`: a code, or a refresh token, for the bearer of a session (contract single-sign-on,
//! Authorization code). The vendor's path names itself as issuer, the other one by its URL, and serves the tokens in the name of
//! a client as well.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestibule_auth::CodeGrant;
use vestibule_model::Session;

use super::errors::OauthFailure;
use super::issuer;
use super::parameters::{ClientRequest, Parameters};
use crate::api::ApiState;

/// The name of the issuer on the vendor's path.
const SENTINEL: &str = "sentinel";

/// By which path it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    Vendor,
    OpenId,
}

#[derive(Default, Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

/// On the vendor's path.
pub(super) async fn vendor(State(api): State<ApiState>, request: ClientRequest) -> Response {
    let answered = match request.expect_version() {
        Ok(()) => answer(&api, &request, Face::Vendor).await,
        Err(failure) => Err(failure),
    };
    answered.unwrap_or_else(|failure| failure.answer(request.is_basic()))
}

/// On that of the provider.
pub(super) async fn openid(State(api): State<ApiState>, request: ClientRequest) -> Response {
    let answered = answer(&api, &request, Face::OpenId).await;
    answered.unwrap_or_else(|failure| failure.answer(request.is_basic()))
}

async fn answer(api: &ApiState, request: &ClientRequest, face: Face) -> Result<Response, OauthFailure> {
    let form = request.form()?;
    match (form.need("grant_type")?, face) {
        ("authorization_code", _) => by_code(api, request, &form, face).await,
        ("refresh_token", _) => by_refresh_token(api, request, &form, face).await,
        ("client_credentials", Face::OpenId) => of_client(api, request, &form).await,
        _ => Err(OauthFailure::UnknownGrant),
    }
}

async fn by_code(
    api: &ApiState,
    request: &ClientRequest,
    form: &Parameters,
    face: Face,
) -> Result<Response, OauthFailure> {
    let account = request.account.ok_or(OauthFailure::NoAccount)?;
    let text = |name| Ok::<_, OauthFailure>(form.get(name)?.map(str::to_owned));
    let grant = CodeGrant {
        code: form.need("code")?.to_owned(),
        redirect_uri: text("redirect_uri")?,
        code_verifier: text("code_verifier")?,
        issuer: match face {
            Face::Vendor => SENTINEL.to_owned(),
            Face::OpenId => issuer(api, account),
        },
    };
    let credentials = request.credentials(form)?;
    let token = api.auth.redeem_code(request.at(api.clock.now()), credentials, grant).await?;
    let session = &token.logged_in.session;
    let bearer = api.auth.tokens().bearer(session.id);
    Ok(written(&Answer {
        access_token: bearer.as_str(),
        token_type: "Bearer",
        refresh_token: token.refresh_token.as_deref(),
        id_token: Some(&token.id_token),
        expires_in: Some(lives(session)),
        scope: Some(token.scope.as_str()).filter(|_| face == Face::OpenId),
    }))
}

async fn by_refresh_token(
    api: &ApiState,
    request: &ClientRequest,
    form: &Parameters,
    face: Face,
) -> Result<Response, OauthFailure> {
    request.account.ok_or(OauthFailure::NoAccount)?;
    let token = form.need("refresh_token")?.to_owned();
    let credentials = request.credentials(form)?;
    let refreshed = api.auth.refresh_token(request.at(api.clock.now()), credentials, token).await?;
    let bearer = api.auth.tokens().bearer(refreshed.session.id);
    Ok(written(&Answer {
        access_token: bearer.as_str(),
        token_type: "Bearer",
        refresh_token: Some(&refreshed.refresh_token),
        expires_in: Some(lives(&refreshed.session)).filter(|_| face == Face::OpenId),
        ..Answer::default()
    }))
}

async fn of_client(
    api: &ApiState,
    request: &ClientRequest,
    form: &Parameters,
) -> Result<Response, OauthFailure> {
    let account = request.account.ok_or(OauthFailure::NoAccount)?;
    let scope = form.get("scope")?.unwrap_or_default().to_owned();
    let (credentials, at) = (request.credentials(form)?, request.at(api.clock.now()));
    let token = api.auth.client_token(at, credentials, scope, issuer(api, account)).await?;
    Ok(written(&Answer {
        access_token: &token.token,
        token_type: "Bearer",
        expires_in: Some(token.lives),
        scope: Some(&token.scope),
        ..Answer::default()
    }))
}

/// For how many seconds a session lives if it is not used.
fn lives(session: &Session) -> u64 {
    session.expires_at().since(session.last_used).as_secs()
}

fn written(answer: &Answer<'_>) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, serde_json::to_vec(answer).unwrap_or_default()).into_response()
}
