//! `/console/accounts/{account}/{kind}/new`: one is made.

use std::marker::PhantomData;

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, PendingCreation, Scope};
use vestibule_model::AccountId;
use vestibule_serve::forms::Fields;

use super::formed::{Formed, Offered};
use super::{Of, above, with_kind};
use crate::ConsoleState;
use crate::forms::{Field, FormSpec, Made, MakeForm, Values, make, show_make};
use crate::frame::{Frame, Viewer};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};

struct NewForm<'a, P> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    account: AccountId,
    offered: Offered,
    kind: PhantomData<fn() -> P>,
}

impl<'a, P: Formed> NewForm<'a, P> {
    fn of(
        console: &'a ConsoleState,
        signed_in: &'a SignedIn,
        account: AccountId,
    ) -> Result<Self, ConsoleError> {
        let administration = console.administration();
        let offered =
            Offered::of(Of { administration: &administration, caller: &signed_in.caller, account })?;
        Ok(Self { console, signed_in, account, offered, kind: PhantomData })
    }
}

impl<P: Formed> FormSpec for NewForm<'_, P> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        above(Frame::of(viewer, format!("New {}", P::OF.one())), P::OF, self.account, None)
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let mut fields = P::fields(values, &self.offered);
        fields.extend(P::new_fields(values, &self.offered));
        fields
    }

    fn deed(&self) -> String {
        format!("Make the {}", P::OF.one())
    }

    fn back(&self) -> String {
        P::OF.address(self.account)
    }
}

impl<P: Formed> MakeForm for NewForm<'_, P> {
    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.account)
    }

    async fn make(
        &self,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let administration = self.console.administration();
        let of =
            Of { administration: &administration, caller: &self.signed_in.caller, account: self.account };
        P::make(of, values, fields, pending).await
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let account = place.account()?;
    with_kind!(place.kind()?, P => {
        show_make(&console, &signed_in, &NewForm::<P>::of(&console, &signed_in, account)?, &P::first())
    })
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let account = place.account()?;
    with_kind!(place.kind()?, P => {
        make(&console, &posted, &NewForm::<P>::of(&console, &posted.signed_in, account)?).await
    })
}
