//! `/console/login/code`: the second step of the way in.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, LogInError, Ticket};
use vestibule_pages::{Notice, Page as _};
use vestibule_serve::layers::LimitedBody;

use super::{Failed, Wanted, door, login, signed_in};
use crate::cookies::STEP;
use crate::forms::kept::Sealed;
use crate::refused::{ConsoleError, login_address};
use crate::request::{Browser, Request};
use crate::routes::{CODE, LOGIN};
use crate::said::Said;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage<'a> {
    said: Option<Said>,
    csrf: &'a str,
    next: &'a str,
    kept: &'a str,
}

/// After a right password: the browser keeps the ticket, and asks for the code.
pub(super) fn ask(
    console: &ConsoleState,
    request: &Request,
    ticket: &Ticket,
    wanted: Wanted<'_>,
) -> Response {
    let mut answer = if wanted.kept.is_empty() {
        answer::see_other(&login_address(CODE, wanted.next))
    } else {
        // No address has room for what was typed.
        code_page(console, request, wanted, None)
    };
    STEP.set(answer.headers_mut(), ticket.as_str(), request.secure);
    answer
}

/// That the browser keeps, if it is still good.
fn ticket(console: &ConsoleState, request: &Request) -> Option<Ticket> {
    let ticket = request.cookie(STEP).map(Ticket::from_text)?;
    let is_good = console.administration().awaits_code(&ticket, request.address, console.clock.now());
    is_good.then_some(ticket)
}

/// Back to the first step: nothing counts without a good ticket.
fn begin_anew(console: &ConsoleState, request: &Request, wanted: Wanted<'_>) -> Response {
    let mut answer = if wanted.kept.is_empty() {
        answer::see_other(&login_address(LOGIN, wanted.next))
    } else {
        login::sign_in_again(console, request, &Sealed::Form(wanted.kept.to_owned()))
    };
    STEP.clear(answer.headers_mut(), request.secure);
    answer
}

/// `GET`.
pub(crate) async fn show(State(console): State<ConsoleState>, request: Request) -> Response {
    let next = request.asked("next").unwrap_or_default();
    let wanted = Wanted::page(&next);
    if ticket(&console, &request).is_none() {
        return begin_anew(&console, &request, wanted);
    }
    code_page(&console, &request, wanted, None)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    request: Request,
    body: LimitedBody,
) -> Result<Response, ConsoleError> {
    let fields = request.fields_of_browser(&console, &body)?;
    let wanted = Wanted::of(&fields);
    let Some(ticket) = ticket(&console, &request) else { return Ok(begin_anew(&console, &request, wanted)) };
    let (administration, now) = (console.administration(), console.clock.now());
    match administration.show_console_code(&ticket, fields.get("code"), request.address, now).await {
        Ok(logged_in) => signed_in(&console, &request, &logged_in, wanted).await,
        Err(error @ AdministrationError::LogIn(LogInError::BadCredentials)) => {
            let said = Said::bad(Notice::BadCode.to_string());
            let failed = Failed { status: StatusCode::FORBIDDEN, said, error };
            Ok(code_page(&console, &request, wanted, Some(failed)))
        }
        Err(error) => Ok(code_page(&console, &request, wanted, Some(Failed::of(error)?))),
    }
}

fn code_page(
    console: &ConsoleState,
    request: &Request,
    wanted: Wanted<'_>,
    failed: Option<Failed>,
) -> Response {
    let browser = Browser::of(console, request);
    let (csrf, Wanted { next, kept }) = (browser.csrf.as_str(), wanted);
    door(request, &browser, failed, |said| CodePage { said, csrf, next, kept }.html())
}
