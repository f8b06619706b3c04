//! `/console/accounts/{account}/connections/{connection}/end-overlap`: our key before the present one is forgotten.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountResourceId, AdministrationError, ConnectionCertificate, ConnectionCertificates};
use vestibule_model::Connection;
use vestibule_serve::forms::Zone;

use super::{above, address_of, changeable};
use crate::forms::{Deed, Done, SUBMIT};
use crate::frame::Frame;
use crate::parts::{Cell, Fact};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer};

/// The certificate of that key.
fn previous(connection: &Connection) -> Option<ConnectionCertificate> {
    ConnectionCertificates::of(connection).previous
}

/// The key that is meant, as the form carries it: after another change of the key it is another.
fn word(previous: Option<&ConnectionCertificate>) -> String {
    previous.map(|own| own.fingerprint.clone()).unwrap_or_default()
}

fn page(
    console: &ConsoleState,
    signed_in: &SignedIn,
    at: AccountResourceId,
) -> Result<Deed, AdministrationError> {
    let connection = changeable(console, signed_in, at)?;
    let (name, previous) = (&connection.display_name, previous(&connection));
    let consequence = if previous.is_some() {
        "What is encrypted for it is refused, and our metadata has its certificate no more. The present key goes on."
    } else {
        "Nothing: there is no key before the present one."
    };
    let until = previous.as_ref().map(|own| own.not_after);
    let certificate =
        previous.as_ref().map_or_else(|| Cell::words("none"), |own| Cell::code(&own.fingerprint));
    let frame = Frame::of(signed_in.viewer(), format!("Forget the key before the present one of {name}?"));
    Ok(Deed {
        frame: above(frame, at, Some(name)),
        consequences: vec![consequence.to_owned()],
        facts: vec![
            Fact::one("Its certificate, SHA-256", certificate),
            Fact::one("Valid until", Cell::time_or(until, &Zone::of("UTC"), "there is none")),
        ],
        typed: None,
        submit: Some(word(previous.as_ref())),
        button: "Forget it".to_owned(),
        is_an_end: true,
        back: address_of(at),
    })
}

/// `GET`: what would be done.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(page(&console, &signed_in, place.connection()?)?.page())
}

/// `POST`: does it. What is forgotten already is forgotten.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let at = place.connection()?;
    let mut page = page(&console, &signed_in, at)?;
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    let shown = fields.get(SUBMIT);
    let unchanged = |present: &Connection| match previous(present) {
        Some(other) if word(Some(&other)) != shown => Err(AdministrationError::Changed),
        Some(_) | None => Ok(()),
    };
    match console.administration().forget_previous_key(&signed_in.caller, at, unchanged).await {
        Ok(()) => Ok(answer::see_other(&Done::PreviousKeyForgotten.at(&address_of(at)))),
        Err(error) => page.refused(error),
    }
}
