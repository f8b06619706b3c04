//! `/console/administration-tokens`: those that work, and those that have not been forgotten yet.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_model::{AdministrationToken, Millis};
use vestibule_serve::forms::Zone;

use crate::accounts::Tab;
use crate::frame::Frame;
use crate::parts::{Cell, Pager, Shape, Table, counted, number_of};
use crate::refused::ConsoleError;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer, words};

#[derive(Template)]
#[template(path = "resources.html")]
struct TokensPage {
    frame: Frame,
    tabs: Vec<Tab>,
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
    let row = |token: &AdministrationToken| {
        vec![
            Cell::text(&token.name),
            state(token, now),
            Cell::words(words::administrator_role(token.role)),
            Cell::text(&token.created_by),
            Cell::time(token.created, &zone),
            Cell::time(token.expires, &zone),
            Cell::time_or(token.last_used, &zone, "never"),
        ]
    };
    let page = TokensPage {
        frame: Frame::of(signed_in.viewer(), "Administration tokens"),
        tabs: Vec::new(),
        count: format!(
            "{}, {} of them valid",
            counted(tokens.len(), "administration token", "administration tokens"),
            number_of(valid)
        ),
        table: Table {
            name: "Administration tokens",
            head: vec!["Name", "State", "Role", "Made by", "Made", "Expires", "Last used"],
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
