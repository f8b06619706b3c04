//! `/console/accounts/{account}/edit`: what an account is, its policies, services and look left aside.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Caller, LONGEST_NAME, Scope};
use vestibule_model::{Account, AccountState, Feature, SignOn};

use super::form::{AccountPart, show_part, submit_part};
use crate::ConsoleState;
use crate::forms::{Choice, Field, Values};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};
use crate::words;

const STATES: [(&str, AccountState); 2] =
    [("enabled", AccountState::Enabled), ("disabled", AccountState::Disabled)];
const WAYS: [(&str, SignOn); 2] = [("password", SignOn::Password), ("sso-only", SignOn::SsoOnly)];

struct Details {
    /// Whether code and number are the caller's to change.
    of_installation: bool,
}

impl Details {
    fn of(caller: &Caller) -> Self {
        Self { of_installation: caller.require(Scope::WriteInstallation).is_ok() }
    }
}

impl AccountPart for Details {
    fn title(&self) -> &'static str {
        "Settings"
    }

    fn shown_at(&self) -> &'static str {
        ""
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let states = STATES.map(|(word, _)| Choice::new(word, word)).into();
        let ways = WAYS.map(|(word, way)| Choice::new(word, words::sign_on(way)));
        let mut fields = vec![
            Field::select("state", "State", values, states)
                .hint("In a disabled account nobody logs in, and its sessions end."),
            Field::select("sign_on", "Users log in", values, ways.into())
                .hint("Where they log in by the identity provider alone, sessions that were opened by password end."),
            feature(values),
            zone(values),
        ];
        if self.of_installation {
            fields.extend(names(values).map(Field::needed));
        }
        fields
    }

    fn values(&self, account: &Account) -> Values {
        let mut values = Values::default();
        values.set_one_of("state", &STATES, &account.state);
        values.set_one_of("sign_on", &WAYS, &account.sign_on);
        values.set_on("features", account.features.contains(&Feature::UserTypeBot));
        values.set("time_zone", &account.time_zone);
        if self.of_installation {
            values.set("code", &account.code);
            values.set("number", account.number);
        }
        values
    }

    fn apply(&self, values: &Values, account: &mut Account) -> Result<(), AdministrationError> {
        account.state = values.one_of("state", &STATES)?;
        account.sign_on = values.one_of("sign_on", &WAYS)?;
        set_feature(values, account);
        account.time_zone = values.text("time_zone");
        if self.of_installation {
            account.code = values.text("code");
            account.number = values.number("number")?;
        }
        Ok(())
    }
}

/// Whether bots log in.
pub(super) fn feature(values: &Values) -> Field {
    Field::check("features", "Bots log in as applications", values)
        .hint("The feature \u{201c}User Type - Bot\u{201d}.")
}

/// Switches on what is checked, and the rest off.
pub(super) fn set_feature(values: &Values, account: &mut Account) {
    if values.is_on("features") {
        account.features.insert(Feature::UserTypeBot);
    } else {
        account.features.remove(&Feature::UserTypeBot);
    }
}

/// The time zone of an account.
pub(super) fn zone(values: &Values) -> Field {
    Field::text("time_zone", "Time zone", values).hint("Such as Europe/Athens.").needed()
}

/// As LiveVox knows an account.
pub(super) fn names(values: &Values) -> [Field; 2] {
    [
        Field::text("code", "LiveVox client code", values).longest(LONGEST_NAME),
        Field::number("number", "LiveVox client number", values),
    ]
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    show_part(&console, &signed_in, place.account()?, Details::of(&signed_in.caller))
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let part = Details::of(&posted.signed_in.caller);
    submit_part(&console, &posted, place.account()?, part).await
}
