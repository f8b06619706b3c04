//! `/console/administration-tokens/new`: a program is given a token.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, LONGEST_NAME, MadeToken, NewToken, PendingCreation, Scope};
use vestibule_serve::forms::Fields;

use super::role;
use crate::ConsoleState;
use crate::forms::{Choice, Field, FormSpec, Made, MakeForm, Values, make, show_make};
use crate::frame::{Frame, Viewer};
use crate::refused::ConsoleError;
use crate::routes::ADMINISTRATION_TOKENS;
use crate::signed_in::{Posted, SignedIn};

/// As the engine calls it.
const EXPIRES: &str = "expires";

/// After how many days one may expire.
const DAYS: [(&str, u64, &str); 5] = [
    ("1", 1, "in a day"),
    ("7", 7, "in a week"),
    ("30", 30, "in 30 days"),
    ("90", 90, "in 90 days"),
    ("365", 365, "in a year"),
];

struct NewTokenForm<'a> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
}

impl FormSpec for NewTokenForm<'_> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        Frame::of(viewer, "New administration token")
            .below([("Administration tokens", ADMINISTRATION_TOKENS)])
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let days = DAYS.map(|(word, _, label)| Choice::new(word, label));
        let mut fields = vec![
            Field::text("name", "Name", values)
                .hint("What it is for; no two tokens have the same.")
                .longest(LONGEST_NAME)
                .needed(),
        ];
        fields.extend(role::fields(values));
        fields.push(Field::select(EXPIRES, "Stops working", values, days.into()));
        fields
    }

    fn deed(&self) -> String {
        "Make the token".to_owned()
    }

    fn back(&self) -> String {
        ADMINISTRATION_TOKENS.to_owned()
    }
}

impl MakeForm for NewTokenForm<'_> {
    fn scope(&self) -> Scope {
        Scope::WriteInstallation
    }

    async fn make(
        &self,
        values: &Values,
        _fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let caller = &self.signed_in.caller;
        let days = values.one_of(EXPIRES, &DAYS.map(|(word, days, _)| (word, days)))?;
        let new = NewToken {
            name: values.text("name"),
            role: role::read(values)?,
            expires: caller.now.plus(Duration::from_hours(24 * days)),
        };
        let made = |made: &MadeToken| {
            Made::at(ADMINISTRATION_TOKENS.to_owned())
                .with_secret("Administration token", made.secret.clone())
        };
        let stored = |token: &MadeToken| made(token).stored();
        let answer = pending.with_response(&stored);
        let token = self.console.administration().make_administration_token(caller, new, answer).await?;
        Ok(made(&token))
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let mut values = Values::default();
    values.set(EXPIRES, 30);
    show_make(&console, &signed_in, &NewTokenForm { console: &console, signed_in: &signed_in }, &values)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    make(&console, &posted, &NewTokenForm { console: &console, signed_in: &posted.signed_in }).await
}
