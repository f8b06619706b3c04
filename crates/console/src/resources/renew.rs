//! `/console/accounts/{account}/{kind}/{id}/renew`: an application is given other secrets.

use std::marker::PhantomData;

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountResourceId, AdministrationError, Overlap, PendingCreation, Scope, WithSecrets};
use vestibule_model::LONGEST_OVERLAP;
use vestibule_serve::forms::Fields;

use super::formed::Keyed;
use super::{above, resting, with_secrets};
use crate::ConsoleState;
use crate::forms::{Choice, Field, FormSpec, Made, MakeForm, Values, make, show_make};
use crate::frame::{Frame, Viewer};
use crate::parts::counted;
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};

/// For how many seconds the secrets so far go on working.
const OVERLAP: &str = "overlap_seconds";

/// The overlaps that are offered.
const OFFERED: [(u64, &str); 6] = [
    (3_600, "for an hour"),
    (Overlap::USUAL.seconds(), "for a day"),
    (604_800, "for a week"),
    (2_592_000, "for 30 days"),
    (LONGEST_OVERLAP.as_secs(), "for 90 days"),
    (0, "no more: they and their sessions end at once"),
];

struct RenewForm<'a, P> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    at: AccountResourceId,
    name: String,
    /// How many live sessions were opened with it.
    sessions: usize,
    both_work: bool,
    kind: PhantomData<fn() -> P>,
}

impl<'a, P> RenewForm<'a, P> {
    async fn of<const N: usize>(
        console: &'a ConsoleState,
        signed_in: &'a SignedIn,
        at: AccountResourceId,
    ) -> Result<Self, ConsoleError>
    where
        P: Keyed<N>,
    {
        let (administration, caller) = (console.administration(), &signed_in.caller);
        caller.require(Scope::WriteAccount(at.account))?;
        let thing = administration.account_resource::<P>(caller, at.account, at.id)?;
        let sessions = resting(console, caller, P::OF, at).await?.sessions;
        let both_work = thing.overlap().is_some_and(|overlap| overlap.counts(caller.now));
        let name = thing.name().to_owned();
        Ok(Self { console, signed_in, at, name, sessions, both_work, kind: PhantomData })
    }
}

/// The form of a kind that has N secrets.
struct Renewal<'a, P, const N: usize>(RenewForm<'a, P>);

impl<P: Keyed<N>, const N: usize> FormSpec for Renewal<'_, P, N> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        let thing = Some((&*self.0.name, self.0.at.id));
        let title = format!("New secrets for {}", self.0.name);
        above(Frame::of(viewer, title), P::OF, self.0.at.account, thing)
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let choices = OFFERED.map(|(seconds, words)| Choice::new(seconds, words)).into();
        let opened = counted(self.0.sessions, "live session was", "live sessions were");
        let both = if self.0.both_work {
            " The secrets before the present ones still work: until they do not, new ones are made only without an overlap."
        } else {
            ""
        };
        let hint = format!(
            "The new ones work at once. {opened} opened with it; they end when the secrets so far do.{both}"
        );
        vec![Field::select(OVERLAP, "The secrets so far go on working", values, choices).hint(hint)]
    }

    fn deed(&self) -> String {
        "Make new secrets".to_owned()
    }

    fn back(&self) -> String {
        P::OF.address_of(self.0.at)
    }
}

impl<P: Keyed<N>, const N: usize> MakeForm for Renewal<'_, P, N> {
    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.0.at.account)
    }

    async fn make(
        &self,
        values: &Values,
        _: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let overlap = Overlap::of_seconds(values.number(OVERLAP)?, OVERLAP)?;
        let RenewForm { console, signed_in, at, .. } = &self.0;
        let shown = |renewed: &WithSecrets<P, N>| P::shown_once(at.account, renewed);
        let stored = |renewed: &WithSecrets<P, N>| shown(renewed).stored();
        let answer = pending.with_response(&stored);
        let renewed = console.administration().renew::<P, N>(&signed_in.caller, *at, overlap, answer).await?;
        Ok(shown(&renewed))
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let at = place.resource()?;
    let mut values = Values::default();
    values.set(OVERLAP, Overlap::USUAL.seconds());
    with_secrets!(place.kind()?, P, N => {
        let form = Renewal::<P, N>(RenewForm::of::<N>(&console, &signed_in, at).await?);
        show_make(&console, &signed_in, &form, &values)
    })
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let at = place.resource()?;
    with_secrets!(place.kind()?, P, N => {
        let form = Renewal::<P, N>(RenewForm::of::<N>(&console, &posted.signed_in, at).await?);
        make(&console, &posted, &form).await
    })
}
