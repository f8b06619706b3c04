//! `/console/accounts/{account}/{kind}/{id}/end-overlap`: the secrets before the present ones work no more.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountResourceId, AdministrationError, Scope};
use vestibule_model::Millis;
use vestibule_serve::forms::Zone;

use super::formed::Keyed;
use super::{above, with_secrets};
use crate::forms::{Deed, Done, SUBMIT};
use crate::frame::Frame;
use crate::parts::{Cell, Fact};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};
use crate::users::ends;
use crate::{ConsoleState, answer};

async fn page<P: Keyed<N>, const N: usize>(
    console: &ConsoleState,
    signed_in: &SignedIn,
    at: AccountResourceId,
) -> Result<Deed, AdministrationError> {
    let caller = &signed_in.caller;
    caller.require(Scope::WriteAccount(at.account))?;
    let administration = console.administration();
    let thing = administration.account_resource::<P>(caller, at.account, at.id)?;
    let without = thing.clone().without_superseded();
    let ended = administration.sessions_ended_by_resource(caller, at.account, &without).await?;
    let until = thing.overlap().filter(|overlap| overlap.counts(caller.now)).map(|overlap| overlap.until);
    let consequence = if until.is_some() {
        "The secrets before the present ones work no more. Sessions of the present ones go on."
    } else {
        "Nothing: only its present secrets work."
    };
    let title = format!("End the overlap of {}?", thing.name());
    Ok(Deed {
        frame: above(Frame::of(signed_in.viewer(), title), P::OF, at.account, Some((thing.name(), at.id))),
        consequences: ends(ended).into_iter().chain([consequence.to_owned()]).collect(),
        facts: vec![
            Fact::one("Name", Cell::whole(thing.name())),
            Fact::one("The secrets of before work until", Cell::time_or(until, &Zone::of("UTC"), "no more")),
        ],
        typed: None,
        submit: Some(until_word(until)),
        button: "End the overlap".to_owned(),
        is_an_end: true,
        back: P::OF.address_of(at),
    })
}

/// The overlap that is meant, as its form carries it: after another renewal it is another.
fn until_word(until: Option<Millis>) -> String {
    until.map(|until| until.as_unix().to_string()).unwrap_or_default()
}

/// `GET`: what would be done.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let at = place.resource()?;
    with_secrets!(place.kind()?, P, N => Ok(page::<P, N>(&console, &signed_in, at).await?.page()))
}

/// `POST`: does it.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let at = place.resource()?;
    with_secrets!(place.kind()?, P, N => end::<P, N>(&console, posted, at).await)
}

async fn end<P: Keyed<N>, const N: usize>(
    console: &ConsoleState,
    Posted { signed_in, fields }: Posted,
    at: AccountResourceId,
) -> Result<Response, ConsoleError> {
    let mut page = page::<P, N>(console, &signed_in, at).await?;
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    let shown = fields.get(SUBMIT);
    let unchanged = |present: &P| match present.overlap() {
        Some(overlap) if overlap.counts(signed_in.caller.now) && until_word(Some(overlap.until)) != shown => {
            Err(AdministrationError::Changed)
        }
        Some(_) | None => Ok(()),
    };
    match console.administration().end_overlap::<P, N>(&signed_in.caller, at, unchanged).await {
        Ok(()) => Ok(answer::see_other(&Done::OverlapEnded.at(&P::OF.address_of(at)))),
        Err(error) => page.refused(error),
    }
}
