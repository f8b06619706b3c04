//! `/sso/saml/{account}/{connection}/logout`: the identity provider says that somebody is logged out there (SAML profiles §4.4).
//!
//! The request comes through the browser, mostly in a frame and without any cookie of ours: what it says is in its signature.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use vestibule_auth::{LogoutDone, LogoutError, ServiceAddresses, ShownLogout};
use vestibule_pages::Message;
use vestibule_saml::LogoutResponse;
use vestibule_serve::layers::{LimitedBody, Refusal};

use super::{ConnectionPath, addresses, finish, saml};
use crate::api::ApiState;
use crate::pages::{AccountLook, PageRefused, PageRequest, answer};
use crate::query;

/// `GET`: by redirect.
pub(super) async fn by_redirect(
    State(api): State<ApiState>,
    Path(path): Path<ConnectionPath>,
    request: PageRequest,
) -> Result<Response, PageRefused> {
    if query::value(&request.query, "SAMLRequest").is_none() {
        return Ok(told(&api, &request, StatusCode::BAD_REQUEST, "This is no sign-out."));
    }
    let shown = ShownLogout::Redirect(request.query.clone());
    log_out(&api, &path.connection, &request, shown).await
}

/// `POST`: by form.
pub(super) async fn by_form(
    State(api): State<ApiState>,
    Path(path): Path<ConnectionPath>,
    request: PageRequest,
    LimitedBody(body): LimitedBody,
) -> Result<Response, PageRefused> {
    let (document, relay_state) = saml::fields(&body?, "SAMLRequest").ok_or(Refusal::BadRequest)?;
    log_out(&api, &path.connection, &request, ShownLogout::Form { document, relay_state }).await
}

async fn log_out(
    api: &ApiState,
    connection: &str,
    request: &PageRequest,
    shown: ShownLogout,
) -> Result<Response, PageRefused> {
    let account = request.account;
    let own = addresses::service_addresses(&api.public_origin, account, connection);
    let at = ServiceAddresses {
        consumer_urls: vec![addresses::saml_url(&api.public_origin, account, connection, "logout")],
        consumer_urls_with_query: Vec::new(),
        ..own.clone()
    };
    let from = finish::log_out(api, request);
    let error = match api.auth.log_out_by_request(from, connection, shown, &at).await {
        Ok(done) => return Ok(answered(api, connection, request, &own, &done)),
        Err(error) => error,
    };
    let refused = |status| {
        let text = "Your identity provider's sign-out was not accepted. You may still be signed in here.";
        told(api, request, status, text)
    };
    let answer = match error {
        LogoutError::Refused(_) => refused(StatusCode::BAD_REQUEST),
        LogoutError::TooMany { .. } => refused(StatusCode::TOO_MANY_REQUESTS),
        _ => finish::not_logged_out(&error).into_response(),
    };
    Ok(finish::with_reason(answer, error))
}

/// Sends the browser back with the answer, where the identity provider takes one.
fn answered(
    api: &ApiState,
    connection: &str,
    request: &PageRequest,
    own: &ServiceAddresses,
    done: &LogoutDone,
) -> Response {
    let usable = api.auth.usable_connection(request.account, connection);
    let url = usable.as_ref().and_then(|usable| usable.connection.saml()?.logout_url.clone());
    let (Some(usable), Some(url)) = (usable, url) else {
        return told(api, request, StatusCode::OK, "You are signed out.");
    };
    let id = format!("_{:032x}", u128::from_be_bytes(api.auth.random_bytes()));
    let response = LogoutResponse {
        id: &id,
        in_response_to: &done.request,
        now: api.clock.now(),
        destination: &url,
        issuer: &own.entity_id,
    };
    answer::found(&response.to_redirect(&done.relay_state, usable.signing_key()))
}

fn told(api: &ApiState, request: &PageRequest, status: StatusCode, text: &str) -> Response {
    let look = AccountLook::of(api, request.account);
    answer::page(status, &Message { look: look.look(), title: "Sign-out", text, link: None, goes_to: None })
}
