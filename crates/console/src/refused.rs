//! What is not done, as pages tell it: errors of the engine as answers. Those of a login and of a second factor are told beside its
//! form, where it is.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use vestibule_auth::AdministrationError;
use vestibule_model::told;
use vestibule_pages::Page as _;
use vestibule_serve::layers::Refusal;

use crate::parts::sentence;
use crate::routes::{HOME, LOGIN, SECOND_FACTOR};
use crate::{REFUSAL, answer, said};

/// Why a page is not shown, or something is not done.
#[derive(Debug)]
pub(crate) enum ConsoleError {
    /// As any request is.
    Server(Refusal),
    /// Its form is none of this service, this browser or this session.
    Foreign,
    /// Nobody is signed in; where they go on afterwards.
    SignIn(String),
    /// It was typed in a session that has ended: a page that keeps it.
    Kept(Box<Response>),
    /// The engine has refused it.
    Engine(AdministrationError),
}

impl From<AdministrationError> for ConsoleError {
    fn from(error: AdministrationError) -> Self {
        Self::Engine(error)
    }
}

/// A page of a few words.
#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    title: &'a str,
    text: &'a str,
    /// The way on, in words and as an address.
    link: (&'a str, &'a str),
}

const TO_THE_CONSOLE: (&str, &str) = ("To the console", HOME);

/// A page of a few words, for whoever cannot be shown more.
pub(crate) fn plain_message(title: &str, text: &str) -> String {
    Message { title, text, link: TO_THE_CONSOLE }.html()
}

/// That somebody is not signed in, who may begin anew and then go on to `next`. Without a form, so that the browser is given no cookie
/// that forms are bound to.
pub(crate) fn not_signed_in(text: &str, next: &str) -> String {
    Message { title: "Not signed in", text, link: ("Sign in", &login_address(LOGIN, next)) }.html()
}

/// The most characters of what is repeated of the engine's words.
pub(crate) const LONGEST: usize = 400;

fn message(status: StatusCode, title: &str, text: &str) -> Response {
    answer::html(status, plain_message(title, text))
}

/// Where somebody signs in, who then goes on to `next`.
pub(crate) fn login_address(page: &str, next: &str) -> String {
    if next == HOME {
        return page.to_owned();
    }
    let start = page.len() + 1;
    form_urlencoded::Serializer::for_suffix(format!("{page}?"), start).append_pair("next", next).finish()
}

impl IntoResponse for ConsoleError {
    fn into_response(self) -> Response {
        match self {
            Self::Server(refusal) => REFUSAL.answer(refusal),
            Self::Foreign => message(
                StatusCode::FORBIDDEN,
                "Nothing was done",
                "This form was too old, or came from somewhere else. Go back, load the page again, and try once more.",
            ),
            Self::SignIn(next) => answer::see_other(&login_address(LOGIN, &next)),
            Self::Kept(page) => *page,
            Self::Engine(error) => of_engine(error),
        }
    }
}

fn of_engine(error: AdministrationError) -> Response {
    let words = |error: &AdministrationError| sentence(&told(&error.to_string(), LONGEST));
    let mut answer = match &error {
        AdministrationError::NotProved => answer::see_other(LOGIN),
        AdministrationError::SecondFactorToBeSetUp => answer::see_other(SECOND_FACTOR),
        AdministrationError::NotAllowed => message(
            StatusCode::FORBIDDEN,
            "Not for you",
            "Your role does not allow this, or there is no such account.",
        ),
        AdministrationError::NotFound("session") => message(
            StatusCode::NOT_FOUND,
            "Not found",
            "There is no such session. Paste what you have of it under Why.",
        ),
        AdministrationError::NotFound(what) => {
            let text = format!("There is no such {what}, or there is none any more.");
            message(StatusCode::NOT_FOUND, "Not found", &text)
        }
        AdministrationError::Invalid { .. } | AdministrationError::Taken(_) => {
            message(StatusCode::UNPROCESSABLE_ENTITY, "Nothing was done", &words(&error))
        }
        AdministrationError::Conflict(_)
        | AdministrationError::Changed
        | AdministrationError::Unconditional => {
            message(StatusCode::CONFLICT, "Nothing was done", &words(&error))
        }
        AdministrationError::Cursor => message(
            StatusCode::BAD_REQUEST,
            "Begin at the first page",
            "This page belongs to another list, or to one from before the last start of the service.",
        ),
        AdministrationError::LogIn(error) => {
            let (status, said) = said::of_log_in(error);
            message(status, "Nothing was done", &said.words)
        }
        AdministrationError::Overloaded => message(
            StatusCode::SERVICE_UNAVAILABLE,
            "Too busy",
            "There is more work than can be done in time. Try again in a few seconds.",
        ),
        AdministrationError::Store(_) => {
            let status = match error.retry_after() {
                Some(_) => StatusCode::SERVICE_UNAVAILABLE,
                None => StatusCode::INTERNAL_SERVER_ERROR,
            };
            message(status, "The database does not answer", "Try again later.")
        }
    };
    if let Some(wait) = error.retry_after() {
        let seconds = u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX);
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer::caused_by(answer, error)
}
