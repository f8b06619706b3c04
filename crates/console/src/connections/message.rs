//! `/console/accounts/{account}/connections/{connection}/message`: what an identity provider sent at another time is examined as a login would examine it.
//!
//! What is pasted may open a session yet: it is a secret of its form, kept by nobody and not sent back.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::sso_addresses::ConnectionAddresses;
use vestibule_auth::{AccountResourceId, AdministrationError, ShownMessage, has_browser_tests};
use vestibule_model::{Connection, Protocol};

use super::report::report;
use super::test::told;
use super::{above, address_of, changeable};
use crate::ConsoleState;
use crate::forms::{Field, Form, FormSpec, Values, secret};
use crate::frame::{Frame, Viewer};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};

/// The most characters of a message: as much as a form may have.
const LONGEST: usize = 60 * 1_024;

/// How a connection of administrators is tried instead.
const NO_BROWSER_TEST: &str = "A connection of administrators has no test in a browser: instead of this, enable it and sign in by it in a private window.";

struct MessageForm {
    at: AccountResourceId,
    connection: Connection,
}

impl MessageForm {
    fn of(console: &ConsoleState, signed_in: &SignedIn, place: &Place) -> Result<Self, ConsoleError> {
        let at = place.connection()?;
        Ok(Self { at, connection: changeable(console, signed_in, at)? })
    }

    /// What the field is called.
    const fn field(&self) -> &'static str {
        match self.connection.protocol {
            Protocol::Saml(_) => "saml_response",
            Protocol::Oidc(_) => "id_token",
        }
    }
}

impl FormSpec for MessageForm {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        let name = &self.connection.display_name;
        above(Frame::of(viewer, format!("Examine a message from {name}")), self.at, Some(name))
    }

    fn fields(&self, _: &Values) -> Vec<Field> {
        let (label, hint) = match self.connection.protocol {
            Protocol::Saml(_) => (
                "SAMLResponse",
                "What a browser posted in the field SAMLResponse (developer tools, network, the request to …/acs), or an assertion in base64. The request that it answers belongs to a browser that is not here: it is taken as right.",
            ),
            Protocol::Oidc(_) => {
                ("ID token", "The nonce belongs to a browser that is not here: it is taken as right.")
            }
        };
        let hint = if has_browser_tests(self.at.account) {
            hint.to_owned()
        } else {
            format!("{hint} {NO_BROWSER_TEST}")
        };
        vec![Field::secret_area(self.field(), label).hint(hint).longest(LONGEST).needed()]
    }

    fn deed(&self) -> String {
        "Examine it".to_owned()
    }

    fn back(&self) -> String {
        let own = address_of(self.at);
        if has_browser_tests(self.at.account) { format!("{own}/test") } else { own }
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let form = MessageForm::of(&console, &signed_in, &place)?;
    let page = Form::of(&form, signed_in.viewer(), &Values::default());
    // What cannot be examined is not asked for without a word.
    match ConnectionAddresses::of(&console.origins, form.at.account, &form.connection) {
        Ok(_) => Ok(page.page()),
        Err(missing) => page.refused(missing.into()),
    }
}

/// `POST`: tells what comes of it.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let form = MessageForm::of(&console, &signed_in, &place)?;
    let Some(pasted) = secret(&fields, form.field()) else {
        let error = AdministrationError::invalid(form.field(), "this is needed");
        return Form::of(&form, signed_in.viewer(), &Values::default()).refused(error);
    };
    let shown = match form.connection.protocol {
        Protocol::Saml(_) => ShownMessage::SamlResponse(pasted.trim().to_owned()),
        Protocol::Oidc(_) => ShownMessage::IdToken(pasted.trim().to_owned().into()),
    };
    let (at, origins) = (form.at, &console.origins);
    match console.administration().test_connection(&signed_in.caller, at, shown, origins).await {
        Ok(came) => Ok(told(&signed_in, at, &form.connection, report(at.account, &came))),
        Err(error) => Form::of(&form, signed_in.viewer(), &Values::default()).refused(error),
    }
}
