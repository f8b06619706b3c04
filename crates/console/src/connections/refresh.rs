//! `/console/accounts/{account}/connections/{connection}/refresh`: what the identity provider says of itself is read again, and taken over once it was shown.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountResourceId, AdministrationError, RereadConnection, keys_in_order};
use vestibule_model::{Connection, Protocol, digest};

use super::fields::values;
use super::reread::differences;
use super::{above, address_of, changeable};
use crate::forms::{Deed, Done, SUBMIT, Step};
use crate::frame::Frame;
use crate::parts::{Cell, Fact};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::said::Said;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer};

/// What is shown of it, and what names that and what would be stored: nothing else is done by the form that shows it.
struct Shown {
    differences: Vec<String>,
    name: String,
}

impl Shown {
    fn of(read: &RereadConnection) -> Self {
        let differences = differences(read);
        let mut stored = values(&read.after);
        // A provider that says its keys in another order says the same.
        if let Some(keys) = read.after.oidc().and_then(|oidc| keys_in_order(&oidc.jwks)) {
            stored.set("oidc.jwks", digest(keys.iter().map(String::as_str)));
        }
        let told = differences.iter().map(String::as_str);
        let name = digest(told.chain([stored.digest().as_str()]));
        Self { differences, name }
    }

    /// Nothing was read.
    const fn nothing() -> Self {
        Self { differences: Vec::new(), name: String::new() }
    }
}

/// Where it is read.
fn read_from(connection: &Connection) -> Fact {
    let (name, address) = match &connection.protocol {
        Protocol::Saml(saml) => ("Metadata read from", saml.metadata_url.as_ref()),
        Protocol::Oidc(oidc) => ("Keys read from", oidc.jwks_uri.as_ref()),
    };
    Fact::one(name, address.map_or_else(|| Cell::words("nowhere"), Cell::code))
}

/// The page that shows what would change.
fn page(signed_in: &SignedIn, at: AccountResourceId, connection: &Connection, shown: Shown) -> Deed {
    let name = &connection.display_name;
    let frame = Frame::of(signed_in.viewer(), format!("What the identity provider of {name} says now"));
    let (button, consequences) = if shown.differences.is_empty() {
        ("Read again", vec!["Nothing changes: it says what is stored.".to_owned()])
    } else {
        ("Take it over", shown.differences)
    };
    Deed {
        frame: above(frame, at, Some(name)),
        consequences,
        facts: vec![read_from(connection)],
        typed: None,
        submit: Some(shown.name),
        button: button.to_owned(),
        is_an_end: false,
        back: address_of(at),
    }
}

/// The page that says why it cannot be read.
fn unread(
    signed_in: &SignedIn,
    at: AccountResourceId,
    connection: &Connection,
    error: AdministrationError,
) -> Result<Deed, AdministrationError> {
    let AdministrationError::Conflict(reason) = &error else { return Err(error) };
    let said = Said::bad(format!("It cannot be read: {reason}."));
    let mut page = page(signed_in, at, connection, Shown::nothing());
    page.consequences = vec!["Nothing changes as long as it cannot be read.".to_owned()];
    page.frame.said = Some(said);
    Ok(page)
}

/// What the provider says now, beside what is stored.
async fn asked(
    console: &ConsoleState,
    signed_in: &SignedIn,
    at: AccountResourceId,
) -> Result<Deed, AdministrationError> {
    let connection = changeable(console, signed_in, at)?;
    match console.administration().reread_connection(&signed_in.caller, at).await {
        Ok(read) => Ok(page(signed_in, at, &read.before, Shown::of(&read))),
        Err(error) => unread(signed_in, at, &connection, error),
    }
}

/// `GET`: asks, and shows what would change.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(asked(&console, &signed_in, place.connection()?).await?.page())
}

/// `POST`: asks again, and takes it over if it is what was shown.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let at = place.connection()?;
    let before = changeable(&console, &signed_in, at)?;
    if Step::of(&fields) != Step::Do {
        return Ok(asked(&console, &signed_in, at).await?.page());
    }
    let expected = |read: &RereadConnection| {
        let is_it = Shown::of(read).name == fields.get(SUBMIT);
        if is_it { Ok(()) } else { Err(AdministrationError::Changed) }
    };
    let administration = console.administration();
    match administration.refresh_connection(&signed_in.caller, at, expected).await {
        Ok(after) => {
            let done = if after == before { Done::Same } else { Done::TakenOver };
            Ok(answer::see_other(&done.at(&address_of(at))))
        }
        Err(AdministrationError::Changed) => {
            let mut page = asked(&console, &signed_in, at).await?;
            // Where nothing could be read nothing was shown.
            if !fields.get(SUBMIT).is_empty() {
                page.frame.said.get_or_insert_with(|| Said::bad(MOVED));
            }
            Ok(page.page())
        }
        Err(error) => Ok(unread(&signed_in, at, &before, error)?.page()),
    }
}

const MOVED: &str =
    "Nothing was done: it says something else now than was shown, or the connection was changed.";
