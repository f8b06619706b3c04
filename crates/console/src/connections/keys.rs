//! `/console/accounts/{account}/connections/{connection}/keys`: a connection of SAML is given another key of ours.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{
    AccountResourceId, AdministrationError, ConnectionCertificate, ConnectionCertificates, NewKey,
    PendingCreation, Scope,
};
use vestibule_model::Connection;
use vestibule_serve::forms::{Fields, Zone};

use super::{above, address_of, changeable};
use crate::ConsoleState;
use crate::forms::{
    Choice, Done, Field, FormSpec, Made, MakeForm, Values, as_shown, make_upon, secret, show_make,
};
use crate::frame::{Frame, Viewer};
use crate::place::{Place, not_found};
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};

/// The field that says where the key is from, and its values.
const FROM: &str = "from";
const MADE_HERE: &str = "here";
const GIVEN: &str = "given";

struct KeyForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    at: AccountResourceId,
    connection: Connection,
}

impl<'a> KeyForm<'a> {
    fn of(console: &'a ConsoleState, signed_in: &'a SignedIn, place: &Place) -> Result<Self, ConsoleError> {
        let at = place.connection()?;
        let connection = changeable(console, signed_in, at)?;
        connection.saml().ok_or_else(not_found)?;
        Ok(Self { console, signed_in, at, connection })
    }

    /// What becomes of the keys that there are.
    fn what_follows(&self) -> String {
        let zone = Zone::of("UTC");
        let until = |own: &ConnectionCertificate| zone.day(own.not_after);
        let ConnectionCertificates { own, previous, .. } = ConnectionCertificates::of(&self.connection);
        let present = own.as_ref().map_or_else(
            || "There is no key of ours yet.".to_owned(),
            |own| format!("What is encrypted for the present key, whose certificate is valid until {}, is still read.", until(own)),
        );
        let before = previous.as_ref().map_or_else(String::new, |own| {
            format!(
                " The key before it, valid until {}, is forgotten: what is encrypted for it is refused.",
                until(own)
            )
        });
        let is_signing = self.connection.saml().is_some_and(|saml| saml.sign_requests);
        let requests = if is_signing {
            " Requests are signed by the new key at once: an identity provider that verifies them has to be given the metadata anew now."
        } else {
            " Then give the identity provider the metadata anew, so that it encrypts for the new key."
        };
        format!("{present}{before}{requests}")
    }
}

/// What tells these keys from others, and whatever else the page says of them.
fn shown(connection: &Connection) -> Values {
    let ConnectionCertificates { own, previous, .. } = ConnectionCertificates::of(connection);
    let mut values = Values::default();
    values.set_optional("key", own.map(|own| own.fingerprint));
    values.set_optional("previous_key", previous.map(|own| own.fingerprint));
    values.set_on("sign_requests", connection.saml().is_some_and(|saml| saml.sign_requests));
    values
}

impl FormSpec for KeyForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        let name = &self.connection.display_name;
        above(Frame::of(viewer, format!("New key for {name}")), self.at, Some(name))
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let from = vec![Choice::new(MADE_HERE, "made here"), Choice::new(GIVEN, "brought: as below")];
        vec![
            Field::select(FROM, "The new key is", values, from).hint(self.what_follows()),
            Field::area("certificate", "Its certificate, if it is brought", values).hint("In PEM."),
            Field::secret_area("private_key", "Its private key, if it is brought")
                .hint("RSA, in PEM (PKCS #8) without a password. It is shown to nobody again."),
        ]
    }

    fn deed(&self) -> String {
        "Change the key".to_owned()
    }

    fn back(&self) -> String {
        address_of(self.at)
    }
}

impl MakeForm for KeyForm<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.at.account)
    }

    fn shown(&self) -> Values {
        shown(&self.connection)
    }

    async fn make(
        &self,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let (certificate, private_key) = (values.optional("certificate"), secret(fields, "private_key"));
        let key = match (values.get(FROM), certificate, private_key) {
            (GIVEN, certificate, private_key) => NewKey::Given {
                certificate: certificate.unwrap_or_default(),
                private_key: private_key.unwrap_or_default(),
            },
            (_, None, None) => NewKey::Made,
            _ => {
                let reason = "a certificate or a key is given: say that it is brought, or leave both out";
                return Err(AdministrationError::invalid(FROM, reason));
            }
        };
        let made = || Made::at(self.back()).saying(Done::KeyRenewed);
        let stored = |_: &Connection| made().stored();
        let (administration, caller) = (self.console.administration(), &self.signed_in.caller);
        let unchanged = |present: &Connection| as_shown(fields, &shown(present));
        let once = pending.with_response(&stored);
        administration.renew_connection_key(caller, self.at, key, once, unchanged).await?;
        Ok(made())
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let form = KeyForm::of(&console, &signed_in, &place)?;
    let mut values = Values::default();
    values.set(FROM, MADE_HERE);
    show_make(&console, &signed_in, &form, &values)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    make_upon(&console, &posted, || KeyForm::of(&console, &posted.signed_in, &place)).await
}
