//! `/console/accounts/{account}/logo`: the picture in the head of an account's pages. Which may be one, the engine says.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use vestibule_auth::{AdministrationError, Scope};
use vestibule_model::{Account, AccountId, Logo, Look, told};

use super::account_address;
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{address, sentence};
use crate::place::{Place, not_found};
use crate::refused::{ConsoleError, LONGEST};
use crate::routes::ACCOUNTS;
use crate::said::Said;
use crate::signed_in::{Posted, PostedFile, SignedIn};
use crate::{ConsoleState, answer};

/// The field that says which picture there was.
const WAS: &str = "was";

/// The page of an account's logo.
#[derive(Template)]
#[template(path = "logo.html")]
struct LogoPage {
    frame: Frame,
    /// Where the present one is.
    picture: Option<String>,
    hidden: Vec<(&'static str, String)>,
    error: Option<String>,
    delete: String,
    back: String,
}

/// Where the page of an account's logo is.
pub(super) fn logo_address(account: AccountId) -> String {
    format!("{}/logo", account_address(account))
}

/// What names a picture; nothing names none.
pub(super) fn digest(logo: Option<&Logo>) -> String {
    logo.map(Logo::digest).unwrap_or_default()
}

/// The account with this picture, or without one.
pub(super) fn with_logo(account: &Account, logo: Option<Logo>) -> Account {
    Account { look: Look { logo, ..account.look.clone() }, ..account.clone() }
}

/// Refuses unless the picture is the one that a page has shown.
pub(super) fn expect_shown(account: &Account, shown: &str) -> Result<(), AdministrationError> {
    let is_shown = digest(account.look.logo.as_ref()) == shown;
    if is_shown { Ok(()) } else { Err(AdministrationError::Changed) }
}

fn page(console: &ConsoleState, signed_in: &SignedIn, id: AccountId) -> Result<LogoPage, ConsoleError> {
    signed_in.caller.require(Scope::WriteAccount(id))?;
    let account = console.administration().account_of_id(&signed_in.caller, id)?;
    let (own, here, was) = (account_address(id), logo_address(id), digest(account.look.logo.as_ref()));
    let frame = Frame::of(signed_in.viewer(), format!("Logo of {id}"));
    Ok(LogoPage {
        frame: frame
            .below([("Accounts", ACCOUNTS), (id.as_str(), &own)])
            .saying(Done::said(&signed_in.request)),
        picture: account.look.logo.is_some().then(|| address(&format!("{here}/picture"), [("of", &*was)])),
        hidden: vec![(WAS, was)],
        error: None,
        delete: format!("{here}/delete"),
        back: own,
    })
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(answer::page(StatusCode::OK, &page(&console, &signed_in, place.account()?)?))
}

/// `GET …/picture`: the present one.
pub(crate) async fn picture(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let account = console.administration().account_of_id(&signed_in.caller, place.account()?)?;
    let logo = account.look.logo.ok_or_else(not_found)?;
    let kind = logo.kind().ok_or_else(not_found)?;
    let mut answer = answer::with_headers(Bytes::copy_from_slice(logo.bytes()).into_response());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind.media_type()));
    Ok(answer)
}

/// `POST`: sets the one that was chosen.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    PostedFile { posted: Posted { signed_in, fields }, file }: PostedFile,
) -> Result<Response, ConsoleError> {
    let id = place.account()?;
    let mut page = page(&console, &signed_in, id)?;
    let chosen = file.ok_or_else(|| AdministrationError::invalid("logo", "no file was chosen"));
    let set = async {
        let logo = Logo::new(&*chosen?);
        let edit = |present: &Account| Ok(with_logo(present, Some(logo.clone())));
        let unchanged = |present: &Account| match &present.look.logo {
            Some(present) if *present == logo => Ok(()),
            _ => expect_shown(present, fields.get(WAS)),
        };
        console.administration().change_account(&signed_in.caller, id, edit, unchanged).await
    };
    let Err(error) = set.await else { return Ok(answer::see_other(&Done::Changed.at(&page.back))) };
    let status = match &error {
        AdministrationError::Invalid { reason, .. } => {
            page.error = Some(sentence(&told(reason, LONGEST)));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        AdministrationError::Changed => {
            let said =
                "Nothing was done: somebody else has changed the logo in the meantime. This is it now.";
            page.frame.said = Some(Said::bad(said));
            StatusCode::CONFLICT
        }
        _ => return Err(error.into()),
    };
    Ok(answer::caused_by(answer::page(status, &page), error))
}
