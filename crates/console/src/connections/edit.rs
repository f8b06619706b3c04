//! `/console/accounts/{account}/connections/{connection}/edit`: one is changed.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountResourceId, AdministrationError, Affected, Scope};
use vestibule_model::{Connection, ConnectionId, Profile};

use super::{above, address_of, changeable, fields};
use crate::ConsoleState;
use crate::forms::{EditForm, Field, FormSpec, Values, edit, show_edit};
use crate::frame::{Frame, Viewer};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::resources::{Of, all};
use crate::signed_in::{Posted, SignedIn};
use crate::users::ends;

struct ConnectionForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    at: AccountResourceId,
    connection: Connection,
    profiles: Vec<Profile>,
}

impl<'a> ConnectionForm<'a> {
    fn of(console: &'a ConsoleState, signed_in: &'a SignedIn, place: &Place) -> Result<Self, ConsoleError> {
        let at = place.connection()?;
        let connection = changeable(console, signed_in, at)?;
        let administration = console.administration();
        let of = Of { administration: &administration, caller: &signed_in.caller, account: at.account };
        let profiles = all(of)?;
        Ok(Self { console, signed_in, at, connection, profiles })
    }
}

impl FormSpec for ConnectionForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        let name = &self.connection.display_name;
        above(Frame::of(viewer, format!("Edit {name}")), self.at, Some(name))
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        fields::of(&self.connection, &self.profiles, values)
    }

    fn deed(&self) -> String {
        "Save".to_owned()
    }

    fn back(&self) -> String {
        address_of(self.at)
    }
}

impl EditForm for ConnectionForm<'_> {
    type Thing = Connection;

    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.at.account)
    }

    fn present(&self) -> Result<Connection, AdministrationError> {
        changeable(self.console, self.signed_in, self.at)
    }

    fn values(&self, thing: &Connection) -> Values {
        fields::values(thing)
    }

    fn apply(&self, values: &Values, thing: &mut Connection) -> Result<(), AdministrationError> {
        fields::apply(values, thing)
    }

    async fn consequences(
        &self,
        before: &Connection,
        after: &Connection,
    ) -> Result<Vec<String>, AdministrationError> {
        let mut told = Vec::new();
        if before.enabled && !after.enabled {
            let affected = Affected::Connection(self.at.account, ConnectionId(self.at.id));
            let (administration, caller) = (self.console.administration(), &self.signed_in.caller);
            told.extend(ends(administration.consequences(caller, affected).await?.sessions));
        }
        let has_secret =
            |one: &Connection| one.oidc().is_some_and(|oidc| oidc.sealed_client_secret.is_some());
        if has_secret(before) && !has_secret(after) {
            told.push(
                "The client secret is forgotten, since it was meant for another provider: set it again."
                    .to_owned(),
            );
        }
        if before.name != after.name {
            told.push(
                "Its addresses change: give the identity provider those on the page of the connection anew."
                    .to_owned(),
            );
        }
        Ok(told)
    }

    async fn change(
        &self,
        edit: impl Fn(&mut Connection) -> Result<(), AdministrationError> + Send + Sync,
        unchanged: impl Fn(&Connection) -> Result<(), AdministrationError> + Send + Sync,
    ) -> Result<(), AdministrationError> {
        let edit = |present: &Connection| {
            let mut after = present.clone();
            edit(&mut after)?;
            Ok(after)
        };
        let administration = self.console.administration();
        let caller = &self.signed_in.caller;
        administration.change_account_resource(caller, self.at, edit, unchanged).await.map(drop)
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    show_edit(&signed_in, &ConnectionForm::of(&console, &signed_in, &place)?)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    edit(&posted, &ConnectionForm::of(&console, &posted.signed_in, &place)?).await
}
