//! How a login by a browser ends: with a page session and on to where it began, or with the id of a refusal.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{
    FederatedAttempt, LogIn, LogInError, LoggedIn, LoginScope, LogoutError, UsableConnection,
};
use vestibule_model::{AccountId, Dialect};
use vestibule_pages::{Link, Message};
use vestibule_serve::layers::{Cause, Refusal};

use super::{header_of, refusal_header};
use crate::api::ApiState;
use crate::pages::{AccountLook, PageRefused, PageRequest, Told, answer, continue_to, end_before, signed_in};

/// A login from here, to the pages or to a dialect, by an attempt of this browser or by none.
pub(super) fn log_in(
    api: &ApiState,
    request: &PageRequest,
    dialect: Dialect,
    attempt: Option<&FederatedAttempt>,
) -> LogIn {
    LogIn {
        account: Some(request.account),
        dialect,
        scope: attempt.map_or(LoginScope::Unsolicited, |_| LoginScope::Public),
        address: request.address,
        now: api.clock.now(),
    }
}

/// What an identity provider says of the end of a login, through a browser or by itself.
pub(super) fn log_out(api: &ApiState, request: &PageRequest) -> LogIn {
    LogIn { scope: LoginScope::Logout, ..request.log_in(api) }
}

/// What nobody is told but that it was not done.
pub(super) const fn not_logged_out(error: &LogoutError) -> PageRefused {
    PageRefused::Server(match error {
        LogoutError::NoConnection => Refusal::NotFound,
        _ => Refusal::Overloaded,
    })
}

/// The answer to a logout that was not taken, with how long to wait, the id of the refusal, and what is logged of it.
pub(super) fn with_reason(mut answer: Response, error: LogoutError) -> Response {
    answer::wait(answer.headers_mut(), error.retry_after().map(|wait| wait.as_secs()));
    if let LogoutError::Refused(id) = error {
        answer.headers_mut().extend(header_of(id));
    }
    if !matches!(error, LogoutError::NoConnection) {
        answer.extensions_mut().insert(Cause(Arc::new(error)));
    }
    answer
}

/// Where somebody goes on after a login that did not begin here: a path of the account, or what the connection has registered,
/// letter by letter. Anything else is dropped, whoever wrote it.
pub(super) fn registered_target<'a>(
    api: &ApiState,
    account: AccountId,
    connection: &UsableConnection,
    wanted: &'a str,
) -> Option<&'a str> {
    if is_registered(connection, wanted) { Some(wanted) } else { continue_to(api, account, wanted) }
}

/// Whether a connection has registered this as where somebody may go on.
pub(super) fn is_registered(connection: &UsableConnection, wanted: &str) -> bool {
    connection.connection.targets.iter().any(|target| target == wanted)
}

/// The words for an attempt that this browser does not have.
const OVER: &str =
    "This sign-in took too long, was finished already, or was begun in another browser. Begin it again.";

/// The answer to whoever has a page session now.
pub(super) async fn signed_in_to_pages(
    api: &ApiState,
    request: &PageRequest,
    logged_in: &LoggedIn,
    wanted: Option<&str>,
) -> Result<Response, PageRefused> {
    end_before(api, request).await?;
    Ok(signed_in(api, request, &logged_in.session, wanted))
}

/// The answer to whoever was refused. Why is not told: the id is.
pub(super) fn refused(api: &ApiState, request: &PageRequest, error: LogInError) -> Response {
    let told = Told::from(&error);
    let text = told.notice.to_string();
    not_signed_in(api, request, error, &told, &text)
}

/// The same for an answer to an attempt that this browser does not have. Most who are told so went back to the identity provider's
/// page, or were slow: nothing is wrong with what it sent.
pub(super) fn refused_without_attempt(api: &ApiState, request: &PageRequest, error: LogInError) -> Response {
    let told = Told::from(&error);
    let text = match &error {
        LogInError::NotVouchedFor(id) => format!("{OVER} Whoever runs this service finds it under {id}."),
        _ => told.notice.to_string(),
    };
    not_signed_in(api, request, error, &told, &text)
}

fn not_signed_in(
    api: &ApiState,
    request: &PageRequest,
    error: LogInError,
    told: &Told,
    text: &str,
) -> Response {
    let mut answer = page(api, request, told.status, text);
    answer::wait(answer.headers_mut(), told.wait);
    answer.headers_mut().extend(refusal_header(&error));
    answer.extensions_mut().insert(Cause(Arc::new(error)));
    answer
}

/// The answer to an attempt that is over, or was made in another browser.
pub(super) fn attempt_is_over(api: &ApiState, request: &PageRequest) -> Response {
    page(api, request, StatusCode::BAD_REQUEST, OVER)
}

/// With a way on.
fn page(api: &ApiState, request: &PageRequest, status: StatusCode, text: &str) -> Response {
    let look = AccountLook::of(api, request.account);
    let again = format!("/me/{}/login", request.account);
    let message = Message {
        look: look.look(),
        title: "Not signed in",
        text,
        link: Some(Link { name: "Sign in", address: &again }),
        goes_to: None,
    };
    answer::page(status, &message)
}
