//! `/console/new-account`: an account is made after a policy.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, PendingCreation, Scope};
use vestibule_model::{Account, AccountId, NamedPolicy};
use vestibule_serve::forms::Fields;

use super::account_address;
use super::edit::{feature, names, set_feature, zone};
use super::services_edit;
use crate::ConsoleState;
use crate::forms::{Choice, Field, FormSpec, Made, MakeForm, Values, make, show_make};
use crate::frame::{Frame, Viewer};
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::{Posted, SignedIn};
use crate::start;

/// Names in its query what follows.
pub(crate) const THEN: &str = "then";

struct NewAccountForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
}

fn policies() -> [(&'static str, NamedPolicy); 3] {
    NamedPolicy::ALL.map(|policy| (policy.name(), policy))
}

impl FormSpec for NewAccountForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        Frame::of(viewer, "New account").below([("Accounts", ACCOUNTS)])
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let policies = policies().map(|(name, _)| Choice::new(name, name));
        let purposes = NamedPolicy::ALL.map(|policy| format!("{}: {}", policy.name(), policy.purpose()));
        let [code, number] = names(values);
        vec![
            Field::text("id", "Account id", values)
                .hint("It stands in addresses and stays as it is: 1 to 20 of A-Z, a-z, 0-9 and _.")
                .longest(AccountId::LONGEST)
                .needed(),
            Field::select("policy", "Policy", values, policies.into()).hint(purposes.join(" ")),
            zone(values),
            code.hint("The account id, unless something else is said."),
            number.hint("The next number, unless another is said."),
            feature(values),
            services_edit::field(values),
        ]
    }

    fn deed(&self) -> String {
        "Make the account".to_owned()
    }

    fn back(&self) -> String {
        ACCOUNTS.to_owned()
    }
}

impl MakeForm for NewAccountForm<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteInstallation
    }

    async fn make(
        &self,
        values: &Values,
        _fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let id = values.get("id").parse::<AccountId>();
        let id = id.map_err(|error| AdministrationError::invalid("id", error.to_string()))?;
        let policy = values.one_of("policy", &policies())?;
        let number = values.optional_number("number")?;
        let fill = |mut account: Account| {
            account.time_zone = values.text("time_zone");
            account.code = values.optional("code").unwrap_or(account.code);
            account.number = number.unwrap_or(account.number);
            set_feature(values, &mut account);
            account.services = services_edit::services(values);
            Ok(account)
        };
        let is_on_the_way = self.signed_in.request.asked(THEN).as_deref() == Some(start::BOT);
        let next = if is_on_the_way { start::set_up_address } else { account_address };
        let made = |account: &Account| Made::at(next(account.id));
        let stored = |account: &Account| made(account).stored();
        let (caller, answer) = (&self.signed_in.caller, pending.with_response(&stored));
        let administration = self.console.administration();
        let account = administration.make_account(caller, id, policy, fill, answer).await?;
        Ok(made(&account))
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let mut values = Values::default();
    values.set("time_zone", "UTC");
    let form = NewAccountForm { console: &console, signed_in: &signed_in };
    show_make(&console, &signed_in, &form, &values)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let form = NewAccountForm { console: &console, signed_in: &posted.signed_in };
    make(&console, &posted, &form).await
}
