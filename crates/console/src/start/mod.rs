//! `/console/start`: the way to a bot and a LiveVox client that log in, in steps: an account is chosen or made, then an API key, a bot
//! that is tied to it and an application token are made in one form, which is answered with lines to paste into a shell.

pub mod lines;
mod parts;
pub(crate) mod set_up;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AccountSearch, AdministrationError, Caller, HOME, PageRequest, Scope};
use vestibule_model::AccountId;

use crate::accounts::make::THEN;
use crate::forms::Choice;
use crate::frame::Frame;
use crate::refused::ConsoleError;
use crate::routes::{NEW_ACCOUNT, START};
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

/// What follows after an account was made on this way.
pub(crate) const BOT: &str = "bot";

/// The most accounts that are offered.
const MOST: usize = 1_000;

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    frame: Frame,
    accounts: Vec<Choice>,
    /// Whether there are more.
    is_cut: bool,
    /// Where an account is made, for those who may.
    new: Option<String>,
}

/// Refuses whoever may change no account.
pub(crate) fn expect_writer(caller: &Caller) -> Result<(), AdministrationError> {
    let scope = caller.role.account().map_or(Scope::WriteInstallation, Scope::WriteAccount);
    caller.require(scope)
}

/// Where the form of an account is.
pub(crate) fn set_up_address(account: AccountId) -> String {
    format!("{START}/{account}/bot")
}

/// `GET`: the first step, in which an account is chosen.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let caller = &signed_in.caller;
    expect_writer(caller)?;
    let asked = signed_in.request.asked("account").and_then(|account| account.parse().ok());
    if let Some(account) = asked.or(caller.role.account()) {
        return Ok(answer::see_other(&set_up_address(account)));
    }
    let wanted = PageRequest { limit: MOST, cursor: None };
    let found = console.administration().search_accounts(caller, &AccountSearch::default(), wanted)?;
    let accounts = found.accounts.iter().filter(|account| account.id.as_str() != HOME);
    let choice = |id: AccountId, code: &str| {
        let label = if id.as_str() == code { id.to_string() } else { format!("{id} ({code})") };
        Choice::new(id, label)
    };
    let page = StartPage {
        frame: Frame::of(signed_in.viewer(), "Set up a bot and a LiveVox client"),
        accounts: accounts.map(|account| choice(account.id, &account.code)).collect(),
        is_cut: found.next.is_some(),
        new: caller.require(Scope::WriteInstallation).is_ok().then(|| format!("{NEW_ACCOUNT}?{THEN}={BOT}")),
    };
    Ok(answer::page(StatusCode::OK, &page))
}
