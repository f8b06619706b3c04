//! `/console/accounts/{account}/users/{user}/edit`: what is known of a user is changed.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountUser, AdministrationError, Affected, Scope};
use vestibule_model::{User, UserId, UserKind};

use super::fields::{Offered, apply, values};
use super::{above, ends, user_address};
use crate::ConsoleState;
use crate::forms::{EditForm, Field, FormSpec, Values, edit, show_edit};
use crate::frame::{Frame, Viewer};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};

struct UserForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    of: AccountUser,
    login_name: String,
    kind: UserKind,
    offered: Offered,
}

impl<'a> UserForm<'a> {
    fn of(console: &'a ConsoleState, signed_in: &'a SignedIn, place: &Place) -> Result<Self, ConsoleError> {
        let of = AccountUser { account: place.account()?, user: UserId(place.number("user")?) };
        let (administration, caller) = (console.administration(), &signed_in.caller);
        let user = administration.user_of_id(caller, of.account, of.user)?;
        let offered = Offered::of(&administration, caller, of.account, user.kind)?;
        let (login_name, kind) = (user.login_name.clone(), user.kind);
        Ok(Self { console, signed_in, of, login_name, kind, offered })
    }
}

impl FormSpec for UserForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        above(Frame::of(viewer, format!("Edit {}", self.login_name)), self.of, Some(&self.login_name))
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let mut fields = Offered::names(values, "");
        fields.extend(self.offered.key(values));
        if self.kind != UserKind::Bot {
            let label = "The password has to be changed at the next login";
            fields.push(Field::check("must_change_password", label, values));
        }
        fields.extend(self.offered.belongings(values));
        fields
    }

    fn deed(&self) -> String {
        "Save".to_owned()
    }

    fn back(&self) -> String {
        user_address(self.of.account, self.of.user)
    }
}

impl EditForm for UserForm<'_> {
    type Thing = User;

    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.of.account)
    }

    fn present(&self) -> Result<User, AdministrationError> {
        let administration = self.console.administration();
        let user = administration.user_of_id(&self.signed_in.caller, self.of.account, self.of.user)?;
        Ok(User::clone(&user))
    }

    fn values(&self, user: &User) -> Values {
        values(user)
    }

    fn apply(&self, values: &Values, user: &mut User) -> Result<(), AdministrationError> {
        // A bot's form does not ask for it.
        let must_change = user.must_change_password;
        apply(values, user)?;
        if self.kind == UserKind::Bot {
            user.must_change_password = must_change;
        }
        Ok(())
    }

    async fn consequences(&self, before: &User, after: &User) -> Result<Vec<String>, AdministrationError> {
        if !after.invalidates_sessions_of(before) {
            return Ok(Vec::new());
        }
        let (administration, caller) = (self.console.administration(), &self.signed_in.caller);
        let affected = administration.consequences(caller, Affected::User(self.of)).await?;
        Ok(ends(affected.sessions).into_iter().collect())
    }

    async fn change(
        &self,
        edit: impl Fn(&mut User) -> Result<(), AdministrationError> + Send + Sync,
        unchanged: impl Fn(&User) -> Result<(), AdministrationError> + Send + Sync,
    ) -> Result<(), AdministrationError> {
        let (administration, caller) = (self.console.administration(), &self.signed_in.caller);
        administration.change_user(caller, self.of, edit, unchanged).await.map(drop)
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    show_edit(&signed_in, &UserForm::of(&console, &signed_in, &place)?)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let form = UserForm::of(&console, &posted.signed_in, &place)?;
    edit(&posted, &form).await
}
