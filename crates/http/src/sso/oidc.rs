//! `/sso/oidc/{account}/{connection}/…`: a login at an OpenID provider.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use vestibule_auth::{AttemptFor, FederatedAttempt, ShownCode, TestError, UsableConnection};
use vestibule_model::{Dialect, OidcConnection, Population};
use vestibule_oidc::CallbackError;
use vestibule_serve::forms::ComesBy;
use vestibule_serve::layers::Refusal;

use super::attempt::ATTEMPTS;
use super::connection_test::{self, Begun};
use super::{ConnectionPath, addresses, finish};
use crate::api::ApiState;
use crate::pages::{PageRefused, PageRequest, answer};
use crate::query;

/// `GET …/login`: sends the browser to the provider.
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
    let redirect_uri = redirect_uri(&api, &request, &path.connection, usable.connection.population);
    let mut answer = answer::found(&usable.oidc_login(&attempt, &redirect_uri).ok_or(Refusal::NotFound)?);
    let how = (request.secure, ComesBy::Redirect);
    ATTEMPTS.keep(answer.headers_mut(), &headers, (attempt.key(), &kept), how);
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
    let connection = path.connection.as_str();
    // Whose attempt it is comes first: nothing else that is said counts without it.
    let state = query::value(&request.query, "state").unwrap_or_default();
    let key = FederatedAttempt::key_of_state(&state).unwrap_or_default();
    let kept = ATTEMPTS.kept(&headers, key, request.secure);
    let (account, now) = (request.account, api.clock.now());
    let attempt = kept.and_then(|kept| api.auth.attempt_of(account, Some(connection), key, kept, now));
    // The rest of the state is compared too: it is sealed in what the browser keeps.
    let attempt = attempt.filter(|attempt| attempt.id == *state);
    let arrived = Arrived { api: &api, request: &request, connection, population };
    let usable = super::enabled(&api, request.account, connection);
    let (mut answer, attempt) = match (attempt, usable) {
        (Some(attempt), _) if attempt.is_test() => (arrived.test(&attempt).await?, attempt),
        (Some(attempt), Err(_)) => (arrived.refused_without_connection(&attempt), attempt),
        (None, Err(_)) if !key.is_empty() => return Ok(connection_test::over(&api, &request)),
        (None, Err(refusal)) => return Err(refusal.into()),
        (attempt, Ok(usable)) => {
            arrived.expect(&usable)?;
            let Some(attempt) = attempt else { return Ok(finish::attempt_is_over(&api, &request)) };
            let shown = arrived.shown(&usable, &attempt)?;
            (arrived.log_in(&attempt, shown).await?, attempt)
        }
    };
    ATTEMPTS.forget(answer.headers_mut(), attempt.key(), request.secure);
    Ok(answer)
}

/// A browser that a provider sent back.
struct Arrived<'a> {
    api: &'a ApiState,
    request: &'a PageRequest,
    connection: &'a str,
    population: Population,
}

impl Arrived<'_> {
    /// Refuses what is not for a connection of this protocol and of whom this address is for.
    fn expect<'u>(&self, usable: &'u UsableConnection) -> Result<&'u OidcConnection, Refusal> {
        let fits = usable.connection.population == self.population;
        usable.connection.oidc().filter(|_| fits).ok_or(Refusal::NotFound)
    }

    /// What it brings for the connection.
    fn shown(
        &self,
        usable: &UsableConnection,
        attempt: &FederatedAttempt,
    ) -> Result<Result<ShownCode, CallbackError>, Refusal> {
        let oidc = self.expect(usable)?;
        let redirect_uri = redirect_uri(self.api, self.request, self.connection, self.population);
        Ok(ShownCode::read(oidc, &self.request.query, redirect_uri, attempt))
    }

    /// The answer where the connection was disabled or deleted since the attempt began.
    fn refused_without_connection(&self, attempt: &FederatedAttempt) -> Response {
        let at = finish::log_in(self.api, self.request, Dialect::Pages, Some(attempt));
        finish::refused(self.api, self.request, self.api.auth.refuse_without_connection(at, self.connection))
    }

    async fn log_in(
        &self,
        attempt: &FederatedAttempt,
        shown: Result<ShownCode, CallbackError>,
    ) -> Result<Response, PageRefused> {
        let Self { api, request, .. } = self;
        let at = finish::log_in(api, request, Dialect::Pages, Some(attempt));
        let logged_in = match shown {
            Ok(shown) => api.auth.log_in_by_code(at, shown).await,
            Err(error) => Err(api.auth.refuse_callback(at, self.connection, &error)),
        };
        match logged_in {
            Ok(logged_in) => {
                finish::signed_in_to_pages(api, request, &logged_in, attempt.wanted.as_deref()).await
            }
            Err(error) => Ok(finish::refused(api, request, error)),
        }
    }

    async fn test(&self, attempt: &FederatedAttempt) -> Result<Response, PageRefused> {
        let Self { api, request, connection, .. } = *self;
        let tested = |test| api.auth.tested_connection(request.account, connection, test);
        let report = match attempt.test().and_then(tested) {
            Some(usable) => {
                let shown = self.shown(&usable, attempt)?;
                let at = finish::log_in(api, request, Dialect::Pages, None);
                api.auth.test_by_code(at, attempt, shown).await
            }
            None => Err(TestError::Over),
        };
        connection_test::told(api, request, report)
    }
}

fn redirect_uri(api: &ApiState, request: &PageRequest, connection: &str, population: Population) -> String {
    let operation = addresses::oidc_callback(population);
    addresses::oidc_url(&api.public_origin, request.account, connection, operation)
}
