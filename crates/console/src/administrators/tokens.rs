//! `/console/administration-tokens`: those that work, and those that have not been forgotten yet.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::Scope;
use vestibule_model::{AdministrationToken, Millis};
use vestibule_serve::forms::Zone;

use crate::accounts::Tab;
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, Pager, Shape, Table, counted, number_of};
use crate::refused::ConsoleError;
use crate::routes::ADMINISTRATION_TOKENS;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer, words};

#[derive(Template)]
#[template(path = "list.html")]
struct TokensPage {
    frame: Frame,
    tabs: Vec<Tab>,
    actions: Vec<(&'static str, String)>,
    count: String,
    table: Table,
    pager: Pager,
}

/// `GET`. Those that work come first, the one that expires soonest at the top.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let now = signed_in.caller.now;
    let mut tokens = console.administration().administration_tokens(&signed_in.caller).await?;
    tokens.sort_by_key(|token| (!token.is_valid(now), token.expires, Reverse(token.id)));
    let valid = tokens.iter().filter(|token| token.is_valid(now)).count();
    let zone = Zone::of("UTC");
    let may = signed_in.caller.require(Scope::WriteInstallation).is_ok();
    let new = [("New token", format!("{ADMINISTRATION_TOKENS}/new"))];
    let row = |token: &AdministrationToken| {
        let revoke = || Cell::words("Revoke").to(format!("{ADMINISTRATION_TOKENS}/{}/revoke", token.id));
        let mut row = vec![
            Cell::text(&token.name),
            state(token, now),
            Cell::words(words::administrator_role(token.role)),
            Cell::text(&token.created_by),
            Cell::time(token.created, &zone),
            Cell::time(token.expires, &zone),
            Cell::time_or(token.last_used, &zone, "never"),
        ];
        if may {
            row.push(if token.is_valid(now) { revoke() } else { Cell::words("") });
        }
        row
    };
    let page = TokensPage {
        frame: Frame::of(signed_in.viewer(), "Administration tokens").saying(Done::said(&signed_in.request)),
        tabs: Vec::new(),
        actions: new.into_iter().filter(|_| may).collect(),
        count: format!(
            "{}, {} of them valid",
            counted(tokens.len(), "administration token", "administration tokens"),
            number_of(valid)
        ),
        table: Table {
            name: "Administration tokens",
            head: ["Name", "State", "Role", "Made by", "Made", "Expires", "Last used"]
                .into_iter()
                .chain(may.then_some("Action"))
                .collect(),
            rows: tokens.iter().map(row).collect(),
            empty: "There is no administration token: programs that administer need one.",
        },
        pager: Pager::none(),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn state(token: &AdministrationToken, now: Millis) -> Cell {
    if token.revoked.is_some() {
        Cell::tag(Shape::Quiet, "revoked")
    } else if token.is_valid(now) {
        Cell::tag(Shape::Good, "valid")
    } else {
        Cell::tag(Shape::Quiet, "expired")
    }
}
