//! `/console/accounts/{account}/logo/delete`: an account's pages show its name in the place of a picture.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Scope};
use vestibule_model::{Account, AccountId};

use super::account_address;
use super::logo::{digest, expect_shown, logo_address, with_logo};
use crate::forms::{Deed, Done, SUBMIT};
use crate::frame::Frame;
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer};

fn page(console: &ConsoleState, signed_in: &SignedIn, id: AccountId) -> Result<Deed, AdministrationError> {
    signed_in.caller.require(Scope::WriteAccount(id))?;
    let account = console.administration().account_of_id(&signed_in.caller, id)?;
    let (own, logo) = (account_address(id), logo_address(id));
    let frame = Frame::of(signed_in.viewer(), format!("Take the logo of {id} away?"));
    Ok(Deed {
        frame: frame.below([("Accounts", ACCOUNTS), (id.as_str(), &own), ("Logo", &logo)]),
        consequences: vec!["Its pages show the name in its place.".to_owned()],
        facts: Vec::new(),
        typed: None,
        submit: Some(digest(account.look.logo.as_ref())),
        button: "Take the logo away".to_owned(),
        is_an_end: false,
        back: logo,
    })
}

/// `GET`: what would be done.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(page(&console, &signed_in, place.account()?)?.page())
}

/// `POST`: does it. What has none has none.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let id = place.account()?;
    let mut page = page(&console, &signed_in, id)?;
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    let edit = |present: &Account| Ok(with_logo(present, None));
    let unchanged = |present: &Account| match &present.look.logo {
        None => Ok(()),
        Some(_) => expect_shown(present, fields.get(SUBMIT)),
    };
    match console.administration().change_account(&signed_in.caller, id, edit, unchanged).await {
        Ok(_) => Ok(answer::see_other(&Done::Deleted.at(&logo_address(id)))),
        Err(error) => page.refused(error),
    }
}
