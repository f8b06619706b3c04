//! `/console/administration-tokens/{token}/revoke`: a token stops working.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Scope};
use vestibule_model::AdministrationTokenId;
use vestibule_serve::forms::Zone;

use crate::forms::{Deed, Done};
use crate::frame::Frame;
use crate::parts::{Cell, Fact};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ADMINISTRATION_TOKENS;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer, words};

async fn page(
    console: &ConsoleState,
    signed_in: &SignedIn,
    id: AdministrationTokenId,
) -> Result<Deed, AdministrationError> {
    let caller = &signed_in.caller;
    caller.require(Scope::WriteInstallation)?;
    let token = console.administration().administration_token_of_id(caller, id).await?;
    let zone = Zone::of("UTC");
    let title = format!("Revoke the token {}?", token.name);
    Ok(Deed {
        frame: Frame::of(signed_in.viewer(), title).below([("Administration tokens", ADMINISTRATION_TOKENS)]),
        consequences: vec![
            "The program that holds it is refused from its next request on. It does not come back."
                .to_owned(),
        ],
        facts: vec![
            Fact::one("Name", Cell::whole(&token.name)),
            Fact::one("Role", Cell::words(words::administrator_role(token.role))),
            Fact::one("Made by", Cell::whole(&token.created_by)),
            Fact::one("Last used", Cell::time_or(token.last_used, &zone, "never")),
        ],
        typed: None,
        submit: None,
        button: "Revoke".to_owned(),
        is_an_end: true,
        back: ADMINISTRATION_TOKENS.to_owned(),
    })
}

/// `GET`: what would be done.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(page(&console, &signed_in, AdministrationTokenId(place.number("token")?)).await?.page())
}

/// `POST`: does it.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let id = AdministrationTokenId(place.number("token")?);
    let mut page = page(&console, &signed_in, id).await?;
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    match console.administration().revoke_administration_token(&signed_in.caller, id, |_| Ok(())).await {
        Ok(()) => Ok(answer::see_other(&Done::Revoked.at(ADMINISTRATION_TOKENS))),
        Err(error) => page.refused(error),
    }
}
