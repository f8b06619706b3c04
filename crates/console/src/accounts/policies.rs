//! `/console/accounts/{account}/policies`: each rule that holds for the account, in a sentence.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{PolicyInWords, Scope, policies_in_words};

use super::{Tab, account_address, tabs};
use crate::forms::Done;
use crate::frame::Frame;
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "policies.html")]
struct PoliciesPage {
    frame: Frame,
    tabs: Vec<Tab>,
    policies: Vec<PolicyInWords>,
    path: String,
    may_change: bool,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let id = place.account()?;
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let account = administration.account_of_id(caller, id)?;
    let counts = administration.account_counts(caller, id)?;
    let page = PoliciesPage {
        frame: Frame::of(signed_in.viewer(), format!("Policies of {id}"))
            .below([("Accounts", ACCOUNTS), (id.as_str(), &account_address(id))])
            .saying(Done::said(&signed_in.request)),
        tabs: tabs(id, &counts, signed_in.request.path()),
        policies: policies_in_words(&account),
        path: signed_in.request.path().to_owned(),
        may_change: caller.require(Scope::WriteAccount(id)).is_ok(),
    };
    Ok(answer::page(StatusCode::OK, &page))
}
