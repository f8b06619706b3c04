//! `/console/login`: the way in with a password, or by one of the identity providers that it names.

use askama::Template;
use axum::extract::{Extension, State};
use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Response};
use vestibule_auth::{
    AdministrationError, ConsoleConnection, ConsoleCredentials, ConsoleStep, IneligibleReason, LogInError,
    Touch,
};
use vestibule_model::visible;
use vestibule_pages::Page as _;
use vestibule_serve::layers::LimitedBody;
use zeroize::Zeroizing;

use super::{Failed, Wanted, code, door, password, signed_in, sso};
use crate::cookies::SESSION;
use crate::forms::kept::Sealed;
use crate::refused::ConsoleError;
use crate::request::{Browser, Request};
use crate::routes::HOME;
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
    kept: &'a str,
    user_name: &'a str,
    connections: Vec<Button>,
}

/// By which somebody goes to an identity provider.
struct Button {
    name: String,
    address: String,
}

/// `GET`. Whoever is signed in already goes on.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    Extension(proved): Extension<ProvedCaller>,
    request: Request,
) -> Response {
    let next = request.asked("next").unwrap_or_default();
    let wanted = Wanted::page(&next);
    let done = match request.asked("done").as_deref() {
        Some("signed-out") => Some("You are signed out."),
        Some("password-changed") => {
            Some("Your password is changed, and your sessions have ended. Sign in again.")
        }
        _ => None,
    };
    let browser = Browser::of(&console, &request);
    if request.cookie(SESSION).is_some() {
        // A cookie that is tried here is noted as anywhere.
        let mut extensions = Extensions::new();
        extensions.insert(proved);
        match prove(&console, request.clone(), Touch::Use, &extensions).await {
            Ok(_) => return answer::see_other(wanted.next),
            Err(ConsoleError::SignIn(_)) => {}
            Err(error) => return error.into_response(),
        }
    }
    let said = done.map(Said::good);
    login_page(&console, &request, (&browser, None), said, ("", wanted))
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
    with_password(&console, &request, credentials, Wanted::of(&fields)).await
}

/// For somebody whose session has ended before their form came: what they typed is kept, if it is not too long.
pub(crate) fn sign_in_again(console: &ConsoleState, request: &Request, sealed: &Sealed) -> Response {
    let (kept, said) = match sealed {
        Sealed::Form(kept) => {
            (kept.as_str(), "Sign in again: what you typed is kept, and nothing was done yet.")
        }
        Sealed::TooLong => (
            "",
            "What you typed is too long to be kept. Sign in in another window; then go back here, and send it again.",
        ),
    };
    let said = Said::bad(format!("Your session has ended. {said}"));
    let wanted = Wanted { kept, ..Wanted::page(HOME) };
    let browser = Browser::of(console, request);
    let mut answer = login_page(console, request, (&browser, None), Some(said), ("", wanted));
    *answer.status_mut() = StatusCode::UNAUTHORIZED;
    answer
}

/// Signs somebody in, or says why not.
pub(super) async fn with_password(
    console: &ConsoleState,
    request: &Request,
    credentials: ConsoleCredentials,
    wanted: Wanted<'_>,
) -> Result<Response, ConsoleError> {
    let user_name = credentials.user_name.clone();
    let now = console.clock.now();
    match console.administration().log_in_to_console(credentials, request.address, now).await {
        Ok(ConsoleStep::LoggedIn(logged_in)) => signed_in(console, request, &logged_in, wanted).await,
        Ok(ConsoleStep::Code(ticket)) => Ok(code::ask(console, request, &ticket, wanted)),
        Err(error) if must_change(&error) => {
            Ok(password::ask(console, request, (&user_name, wanted), Some(Failed::of(error)?)))
        }
        Err(error) => {
            let browser = Browser::of(console, request);
            let failed = (&browser, Some(Failed::of(error)?));
            Ok(login_page(console, request, failed, None, (&user_name, wanted)))
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
    console: &ConsoleState,
    request: &Request,
    (browser, failed): (&Browser, Option<Failed>),
    told: Option<Said>,
    (user_name, wanted): (&str, Wanted<'_>),
) -> Response {
    let (csrf, next, kept) = (browser.csrf.as_str(), wanted.next_if_any(), wanted.kept);
    door(request, browser, failed, |said| {
        let connections = buttons(console, wanted.next);
        LoginPage { said: said.or(told), csrf, next, kept, user_name, connections }.html()
    })
}

/// None without an origin to which identity providers could send anybody back.
fn buttons(console: &ConsoleState, next: &str) -> Vec<Button> {
    let button = |connection: ConsoleConnection| Button {
        address: sso::begin_address(&connection.name, next),
        name: visible(&connection.display_name),
    };
    let connections =
        console.origins.administration().map(|_| console.administration().console_connections());
    connections.unwrap_or_default().into_iter().map(button).collect()
}
