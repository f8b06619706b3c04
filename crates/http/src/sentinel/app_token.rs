//! `POST /sentinel/api/account/{account}/app/token` and `/sentinel/api/v2/account/{account}/app/token`: tokens for clients in
//! their own name. Parameters come in the form, in the query, or in both: all of it is in use (contract single-sign-on).

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestibule_auth::ClientToken;

use super::errors::OauthFailure;
use super::parameters::ClientRequest;
use crate::api::ApiState;

/// The name of the issuer in these tokens (contract single-sign-on, Client credentials).
const ISSUER: &str = "Sentinel";

/// The version of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// The lifetime is a number.
    One,
    /// The lifetime is a string: one client insists on it, another reads it as a number.
    Two,
}

#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: serde_json::Value,
}

/// The version is in the query.
pub(super) async fn version_in_query(State(api): State<ApiState>, request: ClientRequest) -> Response {
    answer(&api, &request, Version::One).await
}

/// The version is in the path, and may be in the query as well.
pub(super) async fn version_2(State(api): State<ApiState>, request: ClientRequest) -> Response {
    answer(&api, &request, Version::Two).await
}

async fn answer(api: &ApiState, request: &ClientRequest, of_path: Version) -> Response {
    let issued = issue(api, request, of_path).await;
    issued.unwrap_or_else(|failure| failure.answer(request.is_basic()))
}

async fn issue(api: &ApiState, request: &ClientRequest, of_path: Version) -> Result<Response, OauthFailure> {
    let version = version(&request.versions(), of_path)?;
    if request.account.is_none() {
        return Err(OauthFailure::NoAccount);
    }
    let parameters = request.form_and_query()?;
    if parameters.need("grant_type")? != "client_credentials" {
        return Err(OauthFailure::UnknownGrant);
    }
    let credentials = request.credentials(&parameters)?;
    let scope = parameters.get("scope")?.unwrap_or_default().to_owned();
    let at = request.at(api.clock.now());
    let token = api.auth.client_token(at, credentials, scope, ISSUER.to_owned()).await?;
    Ok(written(&token, version))
}

fn written(token: &ClientToken, version: Version) -> Response {
    let expires_in = match version {
        Version::One => token.lives.into(),
        Version::Two => token.lives.to_string().into(),
    };
    let body = Answer { access_token: &token.token, token_type: "Bearer", expires_in };
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, serde_json::to_vec(&body).unwrap_or_default()).into_response()
}

/// 1.0, 2.0 or none.
fn version(shown: &[String], of_path: Version) -> Result<Version, OauthFailure> {
    match shown {
        [] => Ok(of_path),
        [one] if one == "1.0" => Ok(of_path),
        [two] if two == "2.0" => Ok(Version::Two),
        _ => Err(OauthFailure::Invalid("v has to be 1.0 or 2.0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_use_are_accepted_and_others_are_not() {
        let read = |shown: &[&str], of_path| {
            version(&shown.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(), of_path).ok()
        };
        assert_eq!(read(&[], Version::One), Some(Version::One));
        assert_eq!(read(&["1.0"], Version::One), Some(Version::One));
        assert_eq!(read(&["2.0"], Version::One), Some(Version::Two));
        assert_eq!(read(&[], Version::Two), Some(Version::Two));
        assert_eq!(read(&["2.0"], Version::Two), Some(Version::Two));
        for other in [&["3.0"][..], &[""], &["1.0", "2.0"]] {
            assert_eq!(read(other, Version::One), None, "{other:?}");
        }
    }
}
