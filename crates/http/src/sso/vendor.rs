//! The vendor's own consumer paths (contract single-sign-on): they open a session of the `LivePerson` dialect, with its cookies.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use http::request::Parts;
use vestibule_auth::FederatedAttempt;
use vestibule_model::{AccountId, Dialect};
use vestibule_serve::layers::{LimitedBody, Refusal};

use super::saml::{self, ResponseForm};
use super::{connection_test, finish};
use crate::api::ApiState;
use crate::liveperson::set_session_cookies;
use crate::pages::{AccountLook, PageRefused, PageRequest, answer};
use crate::query;

/// `POST /hc/s-{account}/web/m-LP/samlAssertionMembersArea/home.jsp?lpservice=&servicepath=`: of logins that begin at the identity
/// provider. The connection is found by the issuer.
pub(super) async fn legacy(
    State(api): State<ApiState>,
    Path(site): Path<String>,
    parts: Parts,
    LimitedBody(body): LimitedBody,
) -> Result<Response, PageRefused> {
    let account = site.strip_prefix("s-").and_then(|account| account.parse().ok());
    let account: AccountId = account.ok_or(Refusal::NotFound)?;
    let wanted = query::value(parts.uri.query().unwrap_or_default(), "servicepath");
    let wanted = wanted.map(std::borrow::Cow::into_owned);
    consume(&api, &parts, account, None, body, wanted).await
}

/// `POST /login/callback?connection=SAML-{account}-{name}`.
pub(super) async fn named(
    State(api): State<ApiState>,
    parts: Parts,
    LimitedBody(body): LimitedBody,
) -> Result<Response, PageRefused> {
    let name = query::value(parts.uri.query().unwrap_or_default(), "connection").ok_or(Refusal::NotFound)?;
    let (account, connection) = super::addresses::of_vendor_name(&name).ok_or(Refusal::NotFound)?;
    consume(&api, &parts, account, Some(connection), body, None).await
}

async fn consume(
    api: &ApiState,
    parts: &Parts,
    account: AccountId,
    connection: Option<&str>,
    body: Result<bytes::Bytes, Refusal>,
    wanted: Option<String>,
) -> Result<Response, PageRefused> {
    let headers: &HeaderMap = &parts.headers;
    let request = PageRequest::read(parts, account);
    let form = ResponseForm::read(headers, &body?).ok_or(Refusal::BadRequest)?;
    // A test is answered at these addresses too, whichever connection they name: identity providers are set up with them.
    let attempt = form.attempt(api, &request, headers, None);
    if let Some(attempt) = attempt.as_ref().filter(|attempt| attempt.is_test()) {
        return connection_test::by_response(api, &request, form, attempt).await;
    }
    // A login that began here ends where it began, wherever the identity provider sends its answer.
    let is_meant = |attempt: &FederatedAttempt| connection.is_none_or(|name| attempt.place().1 == name);
    if let Some(attempt) = attempt.filter(is_meant) {
        return saml::consume_answer(api, &request, form, &attempt).await;
    }
    let relay_state = Some(form.relay_state.clone()).filter(|text| !text.is_empty());
    let at = finish::log_in(api, &request, Dialect::LivePerson, None);
    let logged_in = match api.auth.log_in_by_assertion(at, form.shown(api, &request, connection, None)).await
    {
        Ok(logged_in) => logged_in,
        Err(error) if relay_state.as_deref().is_some_and(FederatedAttempt::is_key) => {
            return Ok(finish::refused_without_attempt(api, &request, error));
        }
        Err(error) => return Ok(finish::refused(api, &request, error)),
    };
    // Only what the connection has registered; nothing that opens the session is in an address.
    let usable = logged_in.connection.and_then(|id| logged_in.entry.connection(id));
    let registered = |wanted: &String| usable.is_some_and(|usable| finish::is_registered(usable, wanted));
    let target = wanted.filter(registered).or(relay_state.filter(registered));
    let mut answer = if let Some(target) = &target {
        answer::see_other(target)
    } else {
        let look = AccountLook::of(api, account);
        let message = vestibule_pages::Message {
            look: look.look(),
            title: "Signed in",
            text: "You are signed in.",
            link: None,
            goes_to: None,
        };
        answer::page(StatusCode::OK, &message)
    };
    let cookie = api.auth.tokens().cookie(logged_in.session.id);
    set_session_cookies(answer.headers_mut(), cookie.as_str(), request.secure);
    Ok(answer)
}
