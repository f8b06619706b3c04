//! `/console/administrators/{user}/role`: an administrator is given another role.

use std::sync::{Mutex, PoisonError};

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Idempotency, NamedAdministrator, Scope};
use vestibule_model::{Actor, Administrator, UserId};

use super::role;
use crate::ConsoleState;
use crate::forms::{EditForm, Field, FormSpec, Values, edit, show_edit};
use crate::frame::{Frame, Viewer};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ADMINISTRATORS;
use crate::signed_in::{Posted, SignedIn};

struct RoleForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    name: String,
    /// As the engine has said it last: it is asked in the store, which forms do not wait for.
    present: Mutex<Administrator>,
}

impl<'a> RoleForm<'a> {
    async fn of(
        console: &'a ConsoleState,
        signed_in: &'a SignedIn,
        place: &Place,
    ) -> Result<Self, ConsoleError> {
        let user = UserId(place.number("administrator")?);
        let caller = &signed_in.caller;
        caller.require(Scope::WriteInstallation)?;
        let named = console.administration().administrator_of_id(caller, user).await?;
        Ok(Self { console, signed_in, name: named.name, present: Mutex::new(named.administrator) })
    }

    fn remember(&self, administrator: Administrator) {
        *self.present.lock().unwrap_or_else(PoisonError::into_inner) = administrator;
    }
}

impl FormSpec for RoleForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        Frame::of(viewer, format!("Role of {}", self.name)).below([("Administrators", ADMINISTRATORS)])
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        role::fields(values).into()
    }

    fn deed(&self) -> String {
        "Save".to_owned()
    }

    fn back(&self) -> String {
        ADMINISTRATORS.to_owned()
    }
}

impl EditForm for RoleForm<'_> {
    type Thing = Administrator;

    fn scope(&self) -> Scope {
        Scope::WriteInstallation
    }

    fn present(&self) -> Result<Administrator, AdministrationError> {
        Ok(*self.present.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn values(&self, administrator: &Administrator) -> Values {
        let mut values = Values::default();
        role::set(administrator.role, &mut values);
        values
    }

    fn apply(&self, values: &Values, administrator: &mut Administrator) -> Result<(), AdministrationError> {
        administrator.role = role::read(values)?;
        Ok(())
    }

    async fn consequences(
        &self,
        before: &Administrator,
        _after: &Administrator,
    ) -> Result<Vec<String>, AdministrationError> {
        let is_oneself = matches!(&self.signed_in.caller.actor, Actor::User { id, .. } if *id == before.user);
        let mut told = vec!["It counts from the next request on; sessions go on.".to_owned()];
        told.extend(is_oneself.then(|| "This is you.".to_owned()));
        Ok(told)
    }

    async fn change(
        &self,
        edit: impl Fn(&mut Administrator) -> Result<(), AdministrationError> + Send + Sync,
        unchanged: impl Fn(&Administrator) -> Result<(), AdministrationError> + Send + Sync,
    ) -> Result<(), AdministrationError> {
        let mut wanted = self.present()?;
        edit(&mut wanted)?;
        let unchanged = |present: Option<&NamedAdministrator>| {
            let present = present.ok_or(AdministrationError::NotFound("administrator"))?.administrator;
            self.remember(present);
            unchanged(&present)
        };
        let administration = self.console.administration();
        let (caller, once) = (&self.signed_in.caller, Idempotency::none());
        administration.set_administrator(caller, wanted, unchanged, once).await.map(drop)
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    show_edit(&signed_in, &RoleForm::of(&console, &signed_in, &place).await?)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let form = RoleForm::of(&console, &posted.signed_in, &place).await?;
    edit(&posted, &form).await
}
