//! `/console/accounts/{account}/{kind}/{id}/edit`: one is changed.

use std::marker::PhantomData;

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountResourceId, AdministrationError, Scope};

use super::formed::{Formed, Offered};
use super::{Of, above, with_kind};
use crate::ConsoleState;
use crate::forms::{EditForm, Field, FormSpec, Values, edit, show_edit};
use crate::frame::{Frame, Viewer};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};
use crate::users::ends;

struct ResourceForm<'a, P> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    at: AccountResourceId,
    name: String,
    offered: Offered,
    kind: PhantomData<fn() -> P>,
}

impl<'a, P: Formed> ResourceForm<'a, P> {
    fn of(
        console: &'a ConsoleState,
        signed_in: &'a SignedIn,
        at: AccountResourceId,
    ) -> Result<Self, ConsoleError> {
        let (administration, caller) = (console.administration(), &signed_in.caller);
        let name = administration.account_resource::<P>(caller, at.account, at.id)?.name().to_owned();
        let offered = Offered::of(Of { administration: &administration, caller, account: at.account })?;
        Ok(Self { console, signed_in, at, name, offered, kind: PhantomData })
    }
}

impl<P: Formed> FormSpec for ResourceForm<'_, P> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        let thing = Some((&*self.name, self.at.id));
        above(Frame::of(viewer, format!("Edit {}", self.name)), P::OF, self.at.account, thing)
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        P::fields(values, &self.offered)
    }

    fn deed(&self) -> String {
        "Save".to_owned()
    }

    fn back(&self) -> String {
        P::OF.address_of(self.at)
    }
}

impl<P: Formed> EditForm for ResourceForm<'_, P> {
    type Thing = P;

    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.at.account)
    }

    fn present(&self) -> Result<P, AdministrationError> {
        self.console.administration().account_resource(&self.signed_in.caller, self.at.account, self.at.id)
    }

    fn values(&self, thing: &P) -> Values {
        thing.values()
    }

    fn apply(&self, values: &Values, thing: &mut P) -> Result<(), AdministrationError> {
        thing.apply(values)
    }

    async fn consequences(&self, _: &P, after: &P) -> Result<Vec<String>, AdministrationError> {
        let (administration, caller) = (self.console.administration(), &self.signed_in.caller);
        let ended = administration.sessions_ended_by_resource(caller, self.at.account, after).await?;
        Ok(ends(ended).into_iter().collect())
    }

    async fn change(
        &self,
        edit: impl Fn(&mut P) -> Result<(), AdministrationError> + Send + Sync,
        unchanged: impl Fn(&P) -> Result<(), AdministrationError> + Send + Sync,
    ) -> Result<(), AdministrationError> {
        let edit = |present: &P| {
            let mut after = present.clone();
            edit(&mut after)?;
            Ok(after)
        };
        let administration = self.console.administration();
        administration
            .change_account_resource(&self.signed_in.caller, self.at, edit, unchanged)
            .await
            .map(drop)
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let at = place.resource()?;
    with_kind!(place.kind()?, P => {
        show_edit(&signed_in, &ResourceForm::<P>::of(&console, &signed_in, at)?)
    })
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let at = place.resource()?;
    with_kind!(place.kind()?, P => {
        edit(&posted, &ResourceForm::<P>::of(&console, &posted.signed_in, at)?).await
    })
}
