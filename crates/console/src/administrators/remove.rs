//! `/console/administrators/{user}/remove`: an administrator's role is taken away.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Scope};
use vestibule_model::{Actor, UserId};

use crate::forms::{Deed, Done};
use crate::frame::Frame;
use crate::parts::{Cell, Fact};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ADMINISTRATORS;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer, words};

async fn page(
    console: &ConsoleState,
    signed_in: &SignedIn,
    user: UserId,
) -> Result<Deed, AdministrationError> {
    let caller = &signed_in.caller;
    caller.require(Scope::WriteInstallation)?;
    let named = console.administration().administrator_of_id(caller, user).await?;
    let is_oneself = matches!(&caller.actor, Actor::User { id, .. } if *id == user);
    let mut consequences = vec!["They administer nothing from their next request on.".to_owned()];
    consequences.push("They stay in the account “administrators”, and may be given a role again.".to_owned());
    consequences.extend(is_oneself.then(|| "This is you: you will be signed out.".to_owned()));
    let title = format!("Take the role of {} away?", named.name);
    Ok(Deed {
        frame: Frame::of(signed_in.viewer(), title).below([("Administrators", ADMINISTRATORS)]),
        consequences,
        facts: vec![
            Fact::one("Login name", Cell::whole(&named.name)),
            Fact::one("Role", Cell::words(words::administrator_role(named.administrator.role))),
        ],
        typed: None,
        submit: None,
        button: "Take the role away".to_owned(),
        is_an_end: true,
        back: ADMINISTRATORS.to_owned(),
    })
}

/// `GET`: what would be done.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(page(&console, &signed_in, UserId(place.number("administrator")?)).await?.page())
}

/// `POST`: does it. Who has no role any more has none.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let user = UserId(place.number("administrator")?);
    let done = || Ok(answer::see_other(&Done::RoleTaken.at(ADMINISTRATORS)));
    let mut page = match page(&console, &signed_in, user).await {
        Err(AdministrationError::NotFound("administrator")) => return done(),
        page => page?,
    };
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    match console.administration().remove_administrator(&signed_in.caller, user, |_| Ok(())).await {
        Ok(()) | Err(AdministrationError::NotFound("administrator")) => done(),
        Err(error) => page.refused(error),
    }
}
