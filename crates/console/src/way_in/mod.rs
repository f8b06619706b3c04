//! The way in: password, code, a password that has to be changed first, or an identity provider; and the way out.

pub(crate) mod code;
pub(crate) mod log_out;
pub(crate) mod login;
pub(crate) mod password;
pub(crate) mod sso;

use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, LoggedInAdministrator, Touch};
use vestibule_serve::forms::Fields;

use crate::cookies::{SESSION, STEP};
use crate::forms::kept;
use crate::refused::ConsoleError;
use crate::request::{Browser, Request};
use crate::routes::{HOME, next_or_home};
use crate::said::{self, Said};
use crate::{ConsoleState, answer};

/// What is said of an attempt that has failed, and what is logged of it.
struct Failed {
    status: StatusCode,
    said: Said,
    error: AdministrationError,
}

impl Failed {
    /// Of an attempt that the engine has refused. The rest is no matter of the form.
    fn of(error: AdministrationError) -> Result<Self, ConsoleError> {
        let (status, said) = match &error {
            AdministrationError::LogIn(error) => said::of_log_in(error),
            // Told to whoever has proved who they are alone.
            AdministrationError::NotAllowed => (
                StatusCode::FORBIDDEN,
                Said::bad("This user has no role: an owner gives one under Administrators."),
            ),
            AdministrationError::Invalid { reason, .. } => {
                let words = format!("The new password was not taken: {reason}.");
                (StatusCode::UNPROCESSABLE_ENTITY, Said::bad(words))
            }
            _ => return Err(error.into()),
        };
        Ok(Self { status, said, error })
    }

    /// A page that says so.
    fn told(self, page: impl FnOnce(Said) -> String) -> Response {
        let mut answer = answer::html(self.status, page(self.said));
        if let AdministrationError::LogIn(error) = &self.error {
            answer::wait(answer.headers_mut(), said::wait(error));
        }
        answer::caused_by(answer, self.error)
    }
}

/// What somebody wants who signs in.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    /// Where they go on.
    next: &'a str,
    /// What they had typed when their session ended, sealed; empty: nothing.
    kept: &'a str,
}

impl<'a> Wanted<'a> {
    /// To go on there, and nothing else.
    fn page(next: &'a str) -> Self {
        Self { next: next_or_home(next), kept: "" }
    }

    /// As a form of the way in says it.
    fn of(fields: &'a Fields) -> Self {
        Self { kept: fields.get("kept"), ..Self::page(fields.get("next")) }
    }

    /// What a form says of it: the beginning is where everybody goes on to who wants nothing else.
    fn next_if_any(self) -> &'a str {
        if self.next == HOME { "" } else { self.next }
    }
}

/// A page of the way in, for this browser.
fn door(
    request: &Request,
    browser: &Browser,
    failed: Option<Failed>,
    page: impl FnOnce(Option<Said>) -> String,
) -> Response {
    let mut answer = match failed {
        None => answer::html(StatusCode::OK, page(None)),
        Some(failed) => failed.told(|said| page(Some(said))),
    };
    browser.keep(&mut answer, request);
    answer
}

/// What was kept of a form, for whoever has typed it; anybody else gets nothing of it.
async fn kept_form(
    console: &ConsoleState,
    request: &Request,
    logged_in: &LoggedInAdministrator,
    wanted: Wanted<'_>,
) -> Result<Option<Response>, ConsoleError> {
    let (administration, now) = (console.administration(), console.clock.now());
    let cookie = &logged_in.opened.shown_by;
    let caller = administration.console_caller(cookie, Touch::Look, request.address, now).await?;
    if caller.expect_second_factor().is_err() {
        return Ok(None);
    }
    let csrf = administration.console_csrf(&caller).map(|csrf| csrf.to_string()).unwrap_or_default();
    Ok(kept::shown(console, &caller, &csrf, wanted.kept))
}

/// Goes on with the cookie of a new session. The one that this browser had ends: nobody else's stays behind.
async fn signed_in(
    console: &ConsoleState,
    request: &Request,
    logged_in: &LoggedInAdministrator,
    wanted: Wanted<'_>,
) -> Result<Response, ConsoleError> {
    if let Some(cookie) = request.cookie(SESSION) {
        let (administration, now) = (console.administration(), console.clock.now());
        administration.end_console_session(cookie, request.address, now).await?;
    }
    let shown =
        if wanted.kept.is_empty() { None } else { kept_form(console, request, logged_in, wanted).await? };
    let mut answer = shown.unwrap_or_else(|| answer::see_other(wanted.next));
    SESSION.set(answer.headers_mut(), &logged_in.opened.shown_by, request.secure);
    STEP.clear(answer.headers_mut(), request.secure);
    Ok(answer)
}
