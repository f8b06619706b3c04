//! `/console/sso/{connection}/…`: the way in by an identity provider, by a connection of the administrators' account (ADR 69).
//!
//! Nothing that comes from there counts without the attempt that this browser has begun here. Who is refused gets a page without a form:
//! with what a page of another site sends, a browser shows no cookie that forms are bound to, and a new one would make those of open
//! pages stale.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::response::Response;
use vestibule_auth::{
    AdministrationError, AnswerBy, AtConsole, BegunAtConsole, ConsoleStep, FederatedAttempt,
    NoAdministrationOrigin, SAML_METADATA,
};
use vestibule_serve::forms::{ComesBy, Fields};
use vestibule_serve::layers::LimitedBody;

use super::{Failed, Wanted, code, signed_in};
use crate::cookies::ATTEMPTS;
use crate::place::{Place, not_found};
use crate::refused::{ConsoleError, not_signed_in};
use crate::request::Request;
use crate::routes::HOME;
use crate::{ConsoleState, answer};

/// The page that goes on by itself.
#[derive(Template)]
#[template(path = "go_on.html")]
struct GoOn<'a> {
    to: &'a str,
}

/// The words for an attempt that this browser does not have.
const OVER: &str =
    "This sign-in took too long, was finished already, or was begun in another browser. Begin it again.";

/// `GET`. Sends the browser to the identity provider.
pub(crate) async fn begin(
    State(console): State<ConsoleState>,
    place: Place,
    request: Request,
) -> Result<Response, ConsoleError> {
    let at = at_console(&console, &request)?;
    let next = request.asked("next").unwrap_or_default();
    let wanted = Some(Wanted::page(&next).next);
    let begun = console.administration().begin_at_console(at, place.text("connection")?, wanted);
    let BegunAtConsole { address, attempt, kept, answer_by } = begun.map_err(|_| not_found())?;
    let mut answer = answer::found(&address);
    let comes_by = match answer_by {
        AnswerBy::Form => ComesBy::ForeignForm,
        AnswerBy::Redirect => ComesBy::Redirect,
    };
    let how = (request.secure, comes_by);
    ATTEMPTS.keep(answer.headers_mut(), request.headers(), (attempt.key(), &kept), how);
    Ok(answer)
}

/// `POST …/acs`. A response of SAML, which a page of the identity provider sends: without the cookies of a page of ours.
pub(crate) async fn consume(
    State(console): State<ConsoleState>,
    place: Place,
    request: Request,
    body: LimitedBody,
) -> Result<Response, ConsoleError> {
    let at = at_console(&console, &request)?;
    let body = body.0.as_ref().map_err(|refusal| ConsoleError::Server(*refusal))?;
    let form = Fields::read(request.headers(), body).map_err(|_| ConsoleError::Foreign)?;
    let attempt = attempt(&console, &request, place.text("connection")?, form.get("RelayState"));
    let Some(attempt) = attempt else { return Ok(attempt_is_over()) };
    let document = form.get("SAMLResponse").to_owned();
    let step = console.administration().end_by_response(at, attempt.clone(), document).await;
    ended(&console, &request, &attempt, step).await.map(through_a_page)
}

/// `GET …/callback`. The browser comes back with a code of OpenID Connect, or with the provider's refusal.
pub(crate) async fn callback(
    State(console): State<ConsoleState>,
    place: Place,
    request: Request,
) -> Result<Response, ConsoleError> {
    let at = at_console(&console, &request)?;
    let state = request.asked("state").unwrap_or_default();
    let key = FederatedAttempt::key_of_state(&state).unwrap_or_default();
    let attempt = attempt(&console, &request, place.text("connection")?, key);
    // The rest of the state is compared too: it is sealed in what the browser keeps.
    let Some(attempt) = attempt.filter(|attempt| attempt.id == state) else {
        return Ok(attempt_is_over());
    };
    let step = console.administration().end_by_callback(at, &attempt, request.query()).await;
    ended(&console, &request, &attempt, step).await
}

/// `GET …/metadata`. What an identity provider of SAML is to know of the console, also before the connection is enabled.
pub(crate) async fn metadata(
    State(console): State<ConsoleState>,
    place: Place,
) -> Result<Response, ConsoleError> {
    let origin = console.origins.administration().map_err(|NoAdministrationOrigin| not_found())?;
    let metadata = console.administration().console_metadata(origin, place.text("connection")?);
    Ok(answer::document(SAML_METADATA, metadata.ok_or_else(not_found)?))
}

/// Where somebody signs in by a connection, who then goes on to `next`.
pub(super) fn begin_address(connection: &str, next: &str) -> String {
    crate::refused::login_address(&format!("/console/sso/{connection}"), next)
}

/// Without an origin there is nothing here.
fn at_console<'a>(console: &'a ConsoleState, request: &Request) -> Result<AtConsole<'a>, ConsoleError> {
    let origin = console.origins.administration().map_err(|NoAdministrationOrigin| not_found())?;
    Ok(AtConsole { origin, address: request.address, now: console.clock.now() })
}

/// The attempt of this browser at the connection, by its name.
fn attempt(
    console: &ConsoleState,
    request: &Request,
    connection: &str,
    key: &str,
) -> Option<FederatedAttempt> {
    let kept = ATTEMPTS.kept(request.headers(), key, request.secure)?;
    console.administration().attempt_at_console(connection, key, kept, console.clock.now())
}

/// The answer to a browser that has no attempt which this would be the end of.
fn attempt_is_over() -> Response {
    answer::html(StatusCode::BAD_REQUEST, not_signed_in(OVER, HOME))
}

/// What becomes of the browser. Its attempt is over, whatever came of it.
async fn ended(
    console: &ConsoleState,
    request: &Request,
    attempt: &FederatedAttempt,
    step: Result<ConsoleStep, AdministrationError>,
) -> Result<Response, ConsoleError> {
    let wanted = Wanted::page(attempt.wanted.as_deref().unwrap_or(HOME));
    let mut answer = match step {
        Ok(ConsoleStep::LoggedIn(logged_in)) => signed_in(console, request, &logged_in, wanted).await?,
        Ok(ConsoleStep::Code(ticket)) => code::ask(console, request, &ticket, wanted),
        Err(error) => Failed::of(error)?.told(|said| not_signed_in(&said.words, wanted.next)),
    };
    ATTEMPTS.forget(answer.headers_mut(), attempt.key(), request.secure);
    Ok(answer)
}

/// In the place of a redirect: a browser that follows one from another site's form counts the next page as asked for by that site, and
/// may send it no cookie of ours.
fn through_a_page(answer: Response) -> Response {
    let Some(to) = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()) else { return answer };
    let mut page = answer::page(StatusCode::OK, &GoOn { to });
    for cookie in answer.headers().get_all(SET_COOKIE) {
        page.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    page
}
