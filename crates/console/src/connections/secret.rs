//! `/console/accounts/{account}/connections/{connection}/secret`: a connection of OpenID Connect is given the client secret at its provider.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountResourceId, AdministrationError, PendingCreation, Scope};
use vestibule_model::{Connection, OidcConnection, visible};
use vestibule_serve::forms::Fields;

use super::{above, address_of, changeable};
use crate::ConsoleState;
use crate::forms::{Done, Field, FormSpec, Made, MakeForm, Values, as_shown, make_upon, secret, show_make};
use crate::frame::{Frame, Viewer};
use crate::place::{Place, not_found};
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};

/// The field that says that there is none.
const IS_PUBLIC: &str = "is_public";

struct SecretForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    at: AccountResourceId,
    name: String,
    oidc: OidcConnection,
}

impl<'a> SecretForm<'a> {
    fn of(console: &'a ConsoleState, signed_in: &'a SignedIn, place: &Place) -> Result<Self, ConsoleError> {
        let at = place.connection()?;
        let connection = changeable(console, signed_in, at)?;
        let oidc = connection.oidc().ok_or_else(not_found)?.clone();
        Ok(Self { console, signed_in, at, name: connection.display_name, oidc })
    }
}

/// To whom the secret goes, and whatever else the page says of it.
fn shown(oidc: &OidcConnection) -> Values {
    let mut values = Values::default();
    values.set("issuer", &oidc.issuer);
    values.set("client_id", &oidc.client_id);
    values.set("token_endpoint", &oidc.token_endpoint);
    values.set_on("has_client_secret", oidc.sealed_client_secret.is_some());
    values
}

impl FormSpec for SecretForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        above(Frame::of(viewer, format!("Client secret of {}", self.name)), self.at, Some(&self.name))
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let now = if self.oidc.sealed_client_secret.is_some() {
            "There is one now, which this replaces at once: the provider has to know the new one."
        } else {
            "There is none now: the client is public."
        };
        let [issuer, client, to] =
            [&self.oidc.issuer, &self.oidc.client_id, &self.oidc.token_endpoint].map(|text| visible(text));
        let hint = format!(
            "As {issuer} shows it for the client {client}. {now} It is sent to {to}, and is shown to nobody again."
        );
        vec![
            Field::secret("client_secret", "Client secret").hint(hint),
            Field::check(IS_PUBLIC, "The client is public: it has no secret", values),
        ]
    }

    fn deed(&self) -> String {
        "Set the client secret".to_owned()
    }

    fn back(&self) -> String {
        address_of(self.at)
    }
}

impl MakeForm for SecretForm<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.at.account)
    }

    fn shown(&self) -> Values {
        shown(&self.oidc)
    }

    async fn make(
        &self,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let given = secret(fields, "client_secret");
        let wanted = match (given, values.is_on(IS_PUBLIC)) {
            (Some(_), true) => {
                let reason = "a public client has no secret: leave one of the two out";
                return Err(AdministrationError::invalid(IS_PUBLIC, reason));
            }
            (None, true) => None,
            (given, false) => Some(given.unwrap_or_default()),
        };
        let made = || Made::at(self.back()).saying(Done::ClientSecretSet);
        let stored = |_: &Connection| made().stored();
        let (administration, caller) = (self.console.administration(), &self.signed_in.caller);
        let unchanged =
            |present: &Connection| as_shown(fields, &present.oidc().map(shown).unwrap_or_default());
        let once = pending.with_response(&stored);
        administration.set_client_secret(caller, self.at, wanted, once, unchanged).await?;
        Ok(made())
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let form = SecretForm::of(&console, &signed_in, &place)?;
    show_make(&console, &signed_in, &form, &Values::default())
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    make_upon(&console, &posted, || SecretForm::of(&console, &posted.signed_in, &place)).await
}
