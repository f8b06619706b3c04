//! `/console/accounts/{account}/users/{user}/password`: a user is given another password.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountUser, AdministrationError, AtNextLogin, PendingCreation, Scope};
use vestibule_model::UserId;
use vestibule_serve::forms::Fields;

use super::{above, user_address};
use crate::ConsoleState;
use crate::forms::{Done, Field, FormSpec, Made, MakeForm, Values, make, secret, show_make};
use crate::frame::{Frame, Viewer};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};

struct PasswordForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    of: AccountUser,
    login_name: String,
}

impl<'a> PasswordForm<'a> {
    fn of(console: &'a ConsoleState, signed_in: &'a SignedIn, place: &Place) -> Result<Self, ConsoleError> {
        let of = AccountUser { account: place.account()?, user: UserId(place.number("user")?) };
        let user = console.administration().user_of_id(&signed_in.caller, of.account, of.user)?;
        Ok(Self { console, signed_in, of, login_name: user.login_name.clone() })
    }
}

impl FormSpec for PasswordForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        let title = format!("New password for {}", self.login_name);
        above(Frame::of(viewer, title), self.of, Some(&self.login_name))
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let ends = "All sessions of this user end. A lock stays.";
        vec![
            Field::secret("password", "Password").hint(ends).needed(),
            Field::check("must_change_password", "It has to be changed at the next login", values),
        ]
    }

    fn deed(&self) -> String {
        "Set the password".to_owned()
    }

    fn back(&self) -> String {
        user_address(self.of.account, self.of.user)
    }
}

impl MakeForm for PasswordForm<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.of.account)
    }

    async fn make(
        &self,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let at_next_login =
            if values.is_on("must_change_password") { AtNextLogin::MustChange } else { AtNextLogin::MayKeep };
        let made = || Made::at(self.back()).saying(Done::PasswordSet);
        let stored = |(): &()| made().stored();
        let (caller, password) = (&self.signed_in.caller, secret(fields, "password").unwrap_or_default());
        let answer = pending.with_response(&stored);
        let administration = self.console.administration();
        administration.set_user_password(caller, self.of, password, at_next_login, answer).await?;
        Ok(made())
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let form = PasswordForm::of(&console, &signed_in, &place)?;
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
    let form = PasswordForm::of(&console, &posted.signed_in, &place)?;
    make(&console, &posted, &form).await
}
