//! `/sso/oidc/{account}/{connection}/…`: a login at an OpenID provider.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use vestibule_auth::{FederatedAttempt, ShownCode};
use vestibule_model::{Dialect, Population};
use vestibule_oidc::{AuthorizationRequest, Callback, CodeVerifier};
use vestibule_serve::layers::Refusal;
use zeroize::Zeroizing;

use super::attempt::{self, ComesBy};
use super::{ConnectionPath, addresses, finish};
use crate::api::ApiState;
use crate::pages::{PageRefused, PageRequest, answer};

/// `GET …/login`: sends the browser to the provider.
pub(super) async fn begin(
    State(api): State<ApiState>,
    Path(path): Path<ConnectionPath>,
    request: PageRequest,
    headers: HeaderMap,
) -> Result<Response, PageRefused> {
    let usable = super::enabled(&api, request.account, &path.connection)?;
    let oidc = usable.connection.oidc().ok_or(Refusal::NotFound)?;
    let now = api.clock.now();
    let wanted = request.wanted();
    let (attempt, kept) = api.auth.begin_attempt(request.account, &path.connection, wanted.as_deref(), now);
    let verifier = CodeVerifier::from_text(attempt.verifier.clone());
    let asked = AuthorizationRequest {
        authorization_endpoint: &oidc.authorization_endpoint,
        client_id: &oidc.client_id,
        redirect_uri: &redirect_uri(&api, &request, &path.connection, usable.connection.population),
        scope: &oidc.scopes.join(" "),
        state: &attempt.id,
        nonce: &attempt.nonce,
        verifier: &verifier,
    };
    let mut answer = answer::found(&asked.to_url());
    attempt::keep(answer.headers_mut(), &headers, &attempt, &kept, (request.secure, ComesBy::Redirect));
    Ok(answer)
}

/// `GET …/callback`: of users.
pub(super) async fn user_callback(
    state: State<ApiState>,
    path: Path<ConnectionPath>,
    request: PageRequest,
    headers: HeaderMap,
) -> Result<Response, PageRefused> {
    callback(state, path, request, headers, Population::User).await
}

/// `GET …/callback/agent`: of agents.
pub(super) async fn agent_callback(
    state: State<ApiState>,
    path: Path<ConnectionPath>,
    request: PageRequest,
    headers: HeaderMap,
) -> Result<Response, PageRefused> {
    callback(state, path, request, headers, Population::Agent).await
}

/// The browser comes back with a code, or with the provider's refusal.
async fn callback(
    State(api): State<ApiState>,
    Path(path): Path<ConnectionPath>,
    request: PageRequest,
    headers: HeaderMap,
    population: Population,
) -> Result<Response, PageRefused> {
    let usable = super::enabled(&api, request.account, &path.connection)?;
    let oidc = usable.connection.oidc().ok_or(Refusal::NotFound)?;
    if usable.connection.population != population {
        return Err(Refusal::NotFound.into());
    }
    // Whose attempt it is comes first: nothing else that is said counts without it.
    let read = Callback::read(&request.query, &oidc.issuer, oidc.names_itself_in_callbacks);
    let state = read.as_ref().map_or("", |callback| callback.state.as_str());
    let key = state.get(..16).filter(|key| FederatedAttempt::is_key(key)).unwrap_or_default();
    let kept = attempt::kept(&headers, key, request.secure);
    let attempt = kept
        .and_then(|kept| api.auth.attempt_of(request.account, &path.connection, key, kept, api.clock.now()));
    // The rest of the state is compared too: it is sealed in what the browser keeps.
    let Some(attempt) = attempt.filter(|attempt| attempt.id == state) else {
        return Ok(finish::attempt_is_over(&api, &request));
    };
    let at = finish::log_in(&api, &request, Dialect::Pages, Some(&attempt));
    let logged_in = match read.and_then(|callback| callback.outcome) {
        Ok(code) => {
            let shown = ShownCode {
                connection: path.connection.clone(),
                code: Zeroizing::new(code),
                redirect_uri: redirect_uri(&api, &request, &path.connection, population),
                verifier: CodeVerifier::from_text(attempt.verifier.clone()),
                nonce: Zeroizing::new(attempt.nonce.clone()),
            };
            api.auth.log_in_by_code(at, shown).await
        }
        Err(error) => Err(api.auth.refuse_callback(at, &path.connection, &error)),
    };
    let mut answer = match logged_in {
        Ok(logged_in) => {
            finish::signed_in_to_pages(&api, &request, &logged_in, attempt.wanted.as_deref()).await?
        }
        Err(error) => finish::refused(&api, &request, error),
    };
    attempt::forget(answer.headers_mut(), attempt.key(), request.secure);
    Ok(answer)
}

fn redirect_uri(api: &ApiState, request: &PageRequest, connection: &str, population: Population) -> String {
    let operation = addresses::oidc_callback(population);
    addresses::oidc_url(&api.public_origin, request.account, connection, operation)
}
