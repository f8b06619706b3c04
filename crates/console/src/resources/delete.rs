//! `/console/accounts/{account}/{kind}/{id}/delete`: one is deleted.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountResourceId, AdministrationError, Scope};

use super::formed::Formed;
use super::{Kind, above, resting, with_kind};
use crate::forms::{Deed, Done};
use crate::frame::Frame;
use crate::parts::{Cell, Fact, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};
use crate::users::ends;
use crate::{ConsoleState, answer};

/// What follows from deleting one, but ends of sessions.
const fn consequence(kind: Kind) -> &'static str {
    match kind {
        Kind::Profiles => "A profile that a user has is not deleted.",
        Kind::Groups => "A group that a user or another group names is not deleted.",
        Kind::Skills => "A skill that a user has is not deleted.",
        Kind::ApiKeys | Kind::OauthClients | Kind::ApplicationTokens => {
            "Programs that have its secrets log in with them no more. What the audit tells of it stays."
        }
    }
}

/// That so many bots are tied to it; None: there are none.
fn bots(count: usize) -> Option<String> {
    let log_in = counted(count, "bot logs in with it, and can", "bots log in with it, and can");
    (count > 0).then(|| format!("{log_in} do so no more."))
}

async fn page<P: Formed>(
    console: &ConsoleState,
    signed_in: &SignedIn,
    at: AccountResourceId,
) -> Result<Deed, AdministrationError> {
    let (administration, caller) = (console.administration(), &signed_in.caller);
    caller.require(Scope::WriteAccount(at.account))?;
    let thing = administration.account_resource::<P>(caller, at.account, at.id)?;
    let resting = resting(console, caller, P::OF, at).await?;
    let name = thing.name().to_owned();
    let mut consequences: Vec<_> = ends(resting.sessions).into_iter().chain(bots(resting.users)).collect();
    consequences.push(consequence(P::OF).to_owned());
    let is_in_use = resting.sessions > 0 || resting.users > 0;
    Ok(Deed {
        frame: above(
            Frame::of(signed_in.viewer(), format!("Delete {name}?")),
            P::OF,
            at.account,
            Some((&name, at.id)),
        ),
        consequences,
        facts: vec![
            Fact::one("Name", Cell::whole(&name)),
            Fact::one("Kind", Cell::words(P::OF.one())),
            Fact::one("Account", Cell::code(at.account)),
            Fact::one("Id", Cell::code(at.id)),
        ],
        typed: is_in_use.then_some(name),
        submit: None,
        button: "Delete".to_owned(),
        is_an_end: true,
        back: P::OF.address_of(at),
    })
}

/// `GET`: what would be done.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let at = place.resource()?;
    with_kind!(place.kind()?, P => Ok(page::<P>(&console, &signed_in, at).await?.page()))
}

/// `POST`: does it. What is deleted already is deleted.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let at = place.resource()?;
    with_kind!(place.kind()?, P => delete::<P>(&console, posted, at).await)
}

async fn delete<P: Formed>(
    console: &ConsoleState,
    Posted { signed_in, fields }: Posted,
    at: AccountResourceId,
) -> Result<Response, ConsoleError> {
    let done = || Ok(answer::see_other(&Done::Deleted.at(&P::OF.address(at.account))));
    let mut page = match page::<P>(console, &signed_in, at).await {
        Err(AdministrationError::NotFound(kind)) if kind == P::KIND => return done(),
        page => page?,
    };
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    let administration = console.administration();
    match administration.delete_account_resource::<P>(&signed_in.caller, at, |_| Ok(())).await {
        Ok(()) => done(),
        Err(AdministrationError::NotFound(kind)) if kind == P::KIND => done(),
        Err(error) => page.refused(error),
    }
}
