//! `/console/login`: the way in with a password.

use askama::Template;
use axum::extract::{Extension, State};
use axum::http::Extensions;
use axum::response::{IntoResponse, Response};
use vestibule_auth::{AdministrationError, ConsoleCredentials, ConsoleStep, IneligibleReason, LogInError};
use vestibule_pages::Page as _;
use vestibule_serve::layers::LimitedBody;
use zeroize::Zeroizing;

use super::{Failed, code, door, password, signed_in};
use crate::cookies::SESSION;
use crate::refused::ConsoleError;
use crate::request::{Browser, Request};
use crate::routes::{HOME, next_or_home};
use crate::said::Said;
use crate::signed_in::prove;
use crate::surrounding::ProvedCaller;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    said: Option<Said>,
    csrf: &'a str,
    next: &'a str,
    user_name: &'a str,
}

/// `GET`. Whoever is signed in already goes on.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    Extension(proved): Extension<ProvedCaller>,
    request: Request,
) -> Response {
    let wanted = request.asked("next").unwrap_or_default();
    let next = next_or_home(&wanted);
    let is_signed_out = request.asked("done").as_deref() == Some("signed-out");
    let browser = Browser::of(&console, &request);
    if request.cookie(SESSION).is_some() {
        // A cookie that is tried here is noted as anywhere.
        let mut extensions = Extensions::new();
        extensions.insert(proved);
        match prove(&console, request.clone(), &extensions).await {
            Ok(_) => return answer::see_other(next),
            Err(ConsoleError::SignIn(_)) => {}
            Err(error) => return error.into_response(),
        }
    }
    let said = is_signed_out.then(|| Said::good("You are signed out."));
    login_page(&request, &browser, None, said, ("", next))
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    request: Request,
    body: LimitedBody,
) -> Result<Response, ConsoleError> {
    let fields = request.fields_of_browser(&console, &body)?;
    let credentials = ConsoleCredentials {
        user_name: fields.get("user_name").to_owned(),
        password: Zeroizing::new(fields.get("password").as_bytes().to_vec()),
    };
    with_password(&console, &request, credentials, next_or_home(fields.get("next"))).await
}

/// Signs somebody in, or says why not.
pub(super) async fn with_password(
    console: &ConsoleState,
    request: &Request,
    credentials: ConsoleCredentials,
    next: &str,
) -> Result<Response, ConsoleError> {
    let user_name = credentials.user_name.clone();
    let now = console.clock.now();
    match console.administration().log_in_to_console(credentials, request.address, now).await {
        Ok(ConsoleStep::LoggedIn(logged_in)) => signed_in(console, request, &logged_in, next).await,
        Ok(ConsoleStep::Code(ticket)) => Ok(code::ask(request, &ticket, next)),
        Err(error) if must_change(&error) => {
            Ok(password::ask(console, request, (&user_name, next), Some(Failed::of(error)?)))
        }
        Err(error) => {
            let browser = Browser::of(console, request);
            Ok(login_page(request, &browser, Some(Failed::of(error)?), None, (&user_name, next)))
        }
    }
}

/// Whether the password was right, and has to be changed before anything else.
const fn must_change(error: &AdministrationError) -> bool {
    matches!(
        error,
        AdministrationError::LogIn(LogInError::Refused(
            IneligibleReason::MustChangePassword | IneligibleReason::PasswordExpired
        ))
    )
}

fn login_page(
    request: &Request,
    browser: &Browser,
    failed: Option<Failed>,
    told: Option<Said>,
    (user_name, next): (&str, &str),
) -> Response {
    let csrf = browser.csrf.as_str();
    // The beginning is where everybody goes on to who wants nothing else.
    let next = if next == HOME { "" } else { next };
    door(request, browser, failed, |said| LoginPage { said: said.or(told), csrf, next, user_name }.html())
}
