//! `/console/start/account`: an account is made, and the next step follows.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, PendingCreation, Scope};
use vestibule_model::{Account, AccountId, NamedPolicy};
use vestibule_serve::forms::Fields;

use super::set_up_address;
use crate::ConsoleState;
use crate::forms::{Field, FormSpec, Made, MakeForm, Values, make, show_make};
use crate::frame::{Frame, Viewer};
use crate::refused::ConsoleError;
use crate::routes::START;
use crate::signed_in::{Posted, SignedIn};

struct FirstStep<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
}

impl FormSpec for FirstStep<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        Frame::of(viewer, "New account").below([("Set up a bot and a LiveVox client", START)])
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        vec![
            Field::text("id", "Account id", values)
                .hint("It stands in the addresses that clients ask, and stays as it is.")
                .needed(),
            Field::text("code", "Code", values)
                .hint("What LiveVox clients send as clientName. The id, unless something else is said."),
        ]
    }

    fn deed(&self) -> String {
        "Make the account".to_owned()
    }

    fn back(&self) -> String {
        START.to_owned()
    }
}

impl MakeForm for FirstStep<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteInstallation
    }

    async fn make(
        &self,
        values: &Values,
        _: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let id = values.get("id").parse::<AccountId>();
        let id = id.map_err(|error| AdministrationError::invalid("id", error.to_string()))?;
        let fill = |mut account: Account| {
            account.code = values.optional("code").unwrap_or(account.code);
            Ok(account)
        };
        let made = |account: &Account| Made::at(set_up_address(account.id));
        let stored = |account: &Account| made(account).stored();
        let (caller, answer) = (&self.signed_in.caller, pending.with_response(&stored));
        let administration = self.console.administration();
        let account = administration.make_account(caller, id, NamedPolicy::default(), fill, answer).await?;
        Ok(made(&account))
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let form = FirstStep { console: &console, signed_in: &signed_in };
    show_make(&console, &signed_in, &form, &Values::default())
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let form = FirstStep { console: &console, signed_in: &posted.signed_in };
    make(&console, &posted, &form).await
}
