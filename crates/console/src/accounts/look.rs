//! `/console/accounts/{account}/look`: how the pages of an account look. Its logo has a form of its own.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::AdministrationError;
use vestibule_model::{Accent, Account, Look};

use super::form::{AccountPart, show_part, submit_part};
use crate::ConsoleState;
use crate::forms::{Field, Values};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};

struct Pages;

impl AccountPart for Pages {
    fn title(&self) -> &'static str {
        "Look"
    }

    fn shown_at(&self) -> &'static str {
        ""
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        vec![
            Field::text("look.name", "Name", values)
                .hint("It stands in the head of the account's pages.")
                .longest(Look::LONGEST_NAME),
            Field::text("look.accent", "Accent", values)
                .hint("The colour of buttons, such as #2b5797. What is written on them is made so that it can be read.")
                .longest(7),
            Field::text("look.contact", "Contact", values)
                .hint("Whom somebody asks who has forgotten a password: an address for mail or of https is linked.")
                .longest(Look::LONGEST_CONTACT),
        ]
    }

    fn values(&self, account: &Account) -> Values {
        let mut values = Values::default();
        values.set_optional("look.name", account.look.name.as_ref());
        values.set_optional("look.accent", account.look.accent);
        values.set_optional("look.contact", account.look.contact.as_ref());
        values
    }

    fn apply(&self, values: &Values, account: &mut Account) -> Result<(), AdministrationError> {
        let refused =
            |error: vestibule_model::NoColour| AdministrationError::invalid("look.accent", error.to_string());
        let accent = values.optional("look.accent").map(|text| text.parse::<Accent>()).transpose();
        account.look.name = values.optional("look.name");
        account.look.accent = accent.map_err(refused)?;
        account.look.contact = values.optional("look.contact");
        Ok(())
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    show_part(&console, &signed_in, place.account()?, Pages)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    submit_part(&console, &posted, place.account()?, Pages).await
}
