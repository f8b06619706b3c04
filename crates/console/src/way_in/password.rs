//! `/console/login/password`: a password that has to be changed before its holder is let in.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{
    AdministrationError, AdministratorCredentials, AdministratorsPlace, ConsoleCredentials,
};
use vestibule_model::Dialect;
use vestibule_pages::{Notice, Page as _};
use vestibule_serve::layers::LimitedBody;
use zeroize::Zeroizing;

use super::{Failed, Wanted, door, login};
use crate::ConsoleState;
use crate::refused::ConsoleError;
use crate::request::{Browser, Request};
use crate::said::Said;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    said: Option<Said>,
    csrf: &'a str,
    next: &'a str,
    kept: &'a str,
    user_name: &'a str,
}

/// The page for somebody who proved a password that has to be changed.
pub(super) fn ask(
    console: &ConsoleState,
    request: &Request,
    (user_name, wanted): (&str, Wanted<'_>),
    failed: Option<Failed>,
) -> Response {
    let browser = Browser::of(console, request);
    let (csrf, Wanted { next, kept }) = (browser.csrf.as_str(), wanted);
    door(request, &browser, failed, |said| PasswordPage { said, csrf, next, kept, user_name }.html())
}

/// `POST`. Changes it, and signs in with the new one.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    request: Request,
    body: LimitedBody,
) -> Result<Response, ConsoleError> {
    let fields = request.fields_of_browser(&console, &body)?;
    let (wanted, user_name) = (Wanted::of(&fields), fields.get("user_name"));
    if fields.get("new") != fields.get("again") {
        let failed = Failed {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            said: Said::bad(Notice::NotTheSame.to_string()),
            error: AdministrationError::invalid("again", "it is not the same"),
        };
        return Ok(ask(&console, &request, (user_name, wanted), Some(failed)));
    }
    let shown = AdministratorCredentials {
        user_name: user_name.to_owned(),
        password: Zeroizing::new(fields.get("password").as_bytes().to_vec()),
        code: Some(fields.get("code").to_owned()).filter(|code| !code.is_empty()),
    };
    let (new, now) = (fields.secret("new"), console.clock.now());
    let at = AdministratorsPlace { dialect: Dialect::Pages, address: request.address };
    let administration = console.administration();
    match administration.change_administrator_password(shown, new.clone(), at, now).await {
        Ok(()) => {
            let password = Zeroizing::new(new.as_bytes().to_vec());
            let credentials = ConsoleCredentials { user_name: user_name.to_owned(), password };
            login::with_password(&console, &request, credentials, wanted).await
        }
        Err(error) => Ok(ask(&console, &request, (user_name, wanted), Some(Failed::of(error)?))),
    }
}
