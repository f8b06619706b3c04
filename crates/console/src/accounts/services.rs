//! `/console/accounts/{account}/services`: the hosts that the Domain API names to clients of the account.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::Scope;
use vestibule_model::Service;

use super::{Tab, account_address, tabs};
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, Pager, Table, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "list.html")]
struct ServicesPage {
    frame: Frame,
    tabs: Vec<Tab>,
    actions: Vec<(&'static str, String)>,
    count: String,
    table: Table,
    pager: Pager,
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
    let may = caller.require(Scope::WriteAccount(id)).is_ok();
    let row = |service: &Service| {
        let host = service.base_uri.as_deref();
        vec![
            Cell::text(&service.name),
            host.map_or_else(|| Cell::words("this server, as it is reached from outside"), Cell::code),
        ]
    };
    let page = ServicesPage {
        frame: Frame::of(signed_in.viewer(), format!("Services of {id}"))
            .below([("Accounts", ACCOUNTS), (id.as_str(), &account_address(id))])
            .saying(Done::said(&signed_in.request)),
        tabs: tabs(id, &counts, signed_in.request.path()),
        actions: may
            .then(|| ("Edit", format!("{}/services/edit", account_address(id))))
            .into_iter()
            .collect(),
        count: counted(account.services.len(), "service", "services"),
        table: Table {
            name: "Services",
            head: vec!["Service", "Host"],
            rows: account.services.iter().map(row).collect(),
            empty: "There is no service: clients that ask the Domain API where something is are told nothing.",
        },
        pager: Pager::none(),
    };
    Ok(answer::page(StatusCode::OK, &page))
}
