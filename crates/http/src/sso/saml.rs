//! `/sso/saml/{account}/{connection}/…`: a login at a SAML identity provider, begun here or there.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use vestibule_auth::{AttemptFor, FederatedAttempt, SAML_METADATA, ShownAssertion};
use vestibule_model::Dialect;
use vestibule_serve::forms::ComesBy;
use vestibule_serve::layers::{LimitedBody, Refusal};

use super::attempt::ATTEMPTS;
use super::connection_test::{self, Begun};
use super::{ConnectionPath, addresses, finish};
use crate::api::ApiState;
use crate::pages::{PageRefused, PageRequest, answer};

/// `GET …/login`: sends the browser to the identity provider.
pub(super) async fn begin(
    State(api): State<ApiState>,
    Path(path): Path<ConnectionPath>,
    request: PageRequest,
    headers: HeaderMap,
) -> Result<Response, PageRefused> {
    let Begun { usable, test } = match connection_test::begun(&api, &request, &path.connection) {
        Ok(begun) => begun,
        Err(page) => return Ok(*page),
    };
    let now = api.clock.now();
    let wanted = request.wanted(&api);
    let (account, connection) = (request.account, path.connection.as_str());
    let wanted = AttemptFor { account, connection, wanted: wanted.as_deref(), test };
    let (attempt, kept) = api.auth.begin_attempt(wanted, now);
    let own = addresses::service_addresses(&api.public_origin, request.account, &path.connection);
    let mut answer = answer::found(&usable.saml_login(&attempt, &own, now).ok_or(Refusal::NotFound)?);
    let how = (request.secure, ComesBy::ForeignForm);
    ATTEMPTS.keep(answer.headers_mut(), &headers, (attempt.key(), &kept), how);
    Ok(answer)
}

/// `POST …/acs`: takes a response.
pub(super) async fn consume(
    State(api): State<ApiState>,
    Path(path): Path<ConnectionPath>,
    request: PageRequest,
    headers: HeaderMap,
    LimitedBody(body): LimitedBody,
) -> Result<Response, PageRefused> {
    let form = ResponseForm::read(&headers, &body?).ok_or(Refusal::BadRequest)?;
    let attempt = form.attempt(&api, &request, &headers, Some(&path.connection));
    if let Some(attempt) = attempt.as_ref().filter(|attempt| attempt.is_test()) {
        return connection_test::by_response(&api, &request, form, attempt).await;
    }
    if let Some(attempt) = &attempt {
        return consume_answer(&api, &request, form, attempt).await;
    }
    let names_attempt = FederatedAttempt::is_key(&form.relay_state);
    if names_attempt && super::enabled(&api, request.account, &path.connection).is_err() {
        return Ok(connection_test::over(&api, &request));
    }
    let wanted = form.relay_state.clone();
    let at = finish::log_in(&api, &request, Dialect::Pages, None);
    let shown = form.shown(&api, &request, Some(&path.connection), None);
    match api.auth.log_in_by_assertion(at, shown).await {
        Ok(logged_in) => {
            let usable = logged_in.connection.and_then(|id| logged_in.entry.connection(id));
            let wanted =
                usable.and_then(|usable| finish::registered_target(&api, request.account, usable, &wanted));
            finish::signed_in_to_pages(&api, &request, &logged_in, wanted).await
        }
        Err(error) if names_attempt => Ok(finish::refused_without_attempt(&api, &request, error)),
        Err(error) => Ok(finish::refused(&api, &request, error)),
    }
}

/// Ends the login that this browser began with what it brings: it goes on where it began, and its attempt is over.
pub(super) async fn consume_answer(
    api: &ApiState,
    request: &PageRequest,
    form: ResponseForm,
    attempt: &FederatedAttempt,
) -> Result<Response, PageRefused> {
    let at = finish::log_in(api, request, Dialect::Pages, Some(attempt));
    let shown = form.shown(api, request, Some(attempt.place().1), Some(attempt));
    let mut answer = match api.auth.log_in_by_assertion(at, shown).await {
        Ok(logged_in) => {
            finish::signed_in_to_pages(api, request, &logged_in, attempt.wanted.as_deref()).await?
        }
        Err(error) => finish::refused(api, request, error),
    };
    ATTEMPTS.forget(answer.headers_mut(), attempt.key(), request.secure);
    Ok(answer)
}

/// `GET …/metadata`: what the identity provider is to know of this service, also before the connection is enabled.
pub(super) async fn metadata(
    State(api): State<ApiState>,
    Path(path): Path<ConnectionPath>,
    request: PageRequest,
) -> Result<Response, PageRefused> {
    let entry = api.auth.public_account(request.account).ok_or(Refusal::NotFound)?;
    let usable = entry.connection_named(&path.connection).ok_or(Refusal::NotFound)?;
    let own = addresses::service_addresses(&api.public_origin, request.account, &path.connection);
    let logout_url = addresses::saml_url(&api.public_origin, request.account, &path.connection, "logout");
    let metadata = usable.saml_metadata(&own, Some(&logout_url)).ok_or(Refusal::NotFound)?;
    Ok(([(CONTENT_TYPE, SAML_METADATA)], metadata).into_response())
}

/// The form that a browser brings from an identity provider (SAML bindings §3.5).
pub(super) struct ResponseForm {
    document: String,
    pub(super) relay_state: String,
}

impl ResponseForm {
    /// Reads it; None: it is no such form.
    pub(super) fn read(headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        let (document, relay_state) = fields(body, "SAMLResponse")?;
        Some(Self { document, relay_state })
    }

    /// The attempt of this browser that the response says it answers, at the connection of this name, or at any.
    pub(super) fn attempt(
        &self,
        api: &ApiState,
        request: &PageRequest,
        headers: &HeaderMap,
        connection: Option<&str>,
    ) -> Option<FederatedAttempt> {
        let key = &self.relay_state;
        let kept =
            FederatedAttempt::is_key(key).then(|| ATTEMPTS.kept(headers, key, request.secure)).flatten();
        api.auth.attempt_of(request.account, connection, key, kept?, api.clock.now())
    }

    /// What is shown to the engine.
    pub(super) fn shown(
        self,
        api: &ApiState,
        request: &PageRequest,
        connection: Option<&str>,
        attempt: Option<&FederatedAttempt>,
    ) -> ShownAssertion {
        ShownAssertion {
            document: self.document,
            connection: connection.map(str::to_owned),
            addresses: Box::new(addresses::of_account(&api.public_origin, request.account)),
            attempt: attempt.cloned(),
        }
    }
}

/// The document of a form with this name, and what goes with it. None: it is not there, or one of both is there twice, and nobody
/// knows which is meant.
pub(super) fn fields(body: &Bytes, document: &str) -> Option<(String, String)> {
    let field = |name: &str| {
        let mut values = form_urlencoded::parse(body).filter(|(key, _)| key == name);
        match (values.next(), values.next()) {
            (value, None) => Some(value.map(|(_, value)| value.into_owned())),
            (_, Some(_)) => None,
        }
    };
    Some((field(document)??, field("RelayState")?.unwrap_or_default()))
}
