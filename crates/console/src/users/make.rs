//! `/console/accounts/{account}/users/new`: a person is made, or with `?kind=bot` a bot.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, NewUser, PendingCreation, Scope};
use vestibule_model::{AccountId, Population, User, UserKind};
use vestibule_serve::forms::Fields;

use super::fields::{Offered, apply};
use super::{user_address, users_address};
use crate::accounts::account_address;
use crate::forms::{Choice, Field, FormSpec, Made, MakeForm, Values, make, secret, show_make};
use crate::frame::{Frame, Viewer};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, words};

struct NewUserForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    account: AccountId,
    kind: UserKind,
    offered: Offered,
}

impl<'a> NewUserForm<'a> {
    fn of(
        console: &'a ConsoleState,
        signed_in: &'a SignedIn,
        place: &Place,
        kind: &str,
    ) -> Result<Self, ConsoleError> {
        let account = place.account()?;
        let kind = if kind == BOT { UserKind::Bot } else { UserKind::Human };
        let offered = Offered::of(&console.administration(), &signed_in.caller, account, kind)?;
        Ok(Self { console, signed_in, account, kind, offered })
    }
}

/// The kind, as addresses have it.
const BOT: &str = "bot";

impl FormSpec for NewUserForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        Frame::of(viewer, format!("New {}", words::kind(self.kind))).below([
            ("Accounts", ACCOUNTS),
            (self.account.as_str(), &account_address(self.account)),
            ("Users", &users_address(self.account)),
        ])
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let populations = [Population::User, Population::Agent];
        let populations = populations.map(|one| Choice::new(words::population(one), words::population(one)));
        let mut fields = Offered::names(values, "The login name, unless something else is said.");
        fields.push(
            Field::select("population", "Population", values, populations.into())
                .hint("Login names of users and of agents are apart from each other. This stays as it is."),
        );
        fields.extend(self.offered.key(values));
        if self.kind != UserKind::Bot {
            fields.push(
                Field::secret("password", "Password")
                    .hint("Nobody logs in with a password as this user before there is one."),
            );
            fields.push(Field::check(
                "must_change_password",
                "It has to be changed at the first login",
                values,
            ));
        }
        fields.extend(self.offered.belongings(values));
        fields
    }

    fn deed(&self) -> String {
        format!("Make the {}", words::kind(self.kind))
    }

    fn back(&self) -> String {
        users_address(self.account)
    }
}

impl MakeForm for NewUserForm<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.account)
    }

    async fn make(
        &self,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let is_agent = values.get("population") == words::population(Population::Agent);
        let password = secret(fields, "password");
        let has_password = password.is_some();
        let new = NewUser {
            population: if is_agent { Population::Agent } else { Population::User },
            kind: self.kind,
            password,
        };
        let fill = |user: &mut User| {
            apply(values, user)?;
            user.must_change_password &= has_password;
            Ok(())
        };
        let made = |user: &User| Made::at(user_address(user.account, user.id));
        let stored = |user: &User| made(user).stored();
        let (caller, answer) = (&self.signed_in.caller, pending.with_response(&stored));
        let user = self.console.administration().make_user(caller, self.account, new, fill, answer).await?;
        Ok(made(&user))
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let kind = signed_in.request.asked("kind").unwrap_or_default();
    let form = NewUserForm::of(&console, &signed_in, &place, &kind)?;
    let mut values = Values::default();
    values.set_on("must_change_password", true);
    show_make(&console, &signed_in, &form, &values)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let kind = posted.signed_in.request.asked("kind").unwrap_or_default();
    let form = NewUserForm::of(&console, &posted.signed_in, &place, &kind)?;
    make(&console, &posted, &form).await
}
