//! `/console/`: what needs attention, what there is now, and what this node has seen; `/console/numbers`: the same numbers alone.

mod attention;
mod ending;
mod numbers;
mod operation;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Figures};

use crate::frame::Frame;
use crate::over_time::{OverTime, Span};
use crate::parts::Tile;
use crate::refused::ConsoleError;
use crate::signed_in::SignedIn;
use crate::start::expect_writer;
use crate::{ConsoleState, answer};
use attention::{Attention, attention};

pub(crate) use numbers::show as numbers;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    /// Whether the caller may change some account.
    may_set_up: bool,
    /// What there is of what the caller may see.
    now: Vec<Tile>,
    /// None: the caller's role is for one account.
    node: Option<Node>,
}

/// What is told of this node.
struct Node {
    attention: Vec<Attention>,
    tiles: Vec<Tile>,
    operation: Vec<Tile>,
    over_time: OverTime,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let caller = &signed_in.caller;
    let node = match console.administration().figures(caller) {
        Ok(figures) => Some(node(&console, &signed_in, &figures).await?),
        Err(AdministrationError::NotAllowed) => None,
        Err(error) => return Err(error.into()),
    };
    let page = OverviewPage {
        frame: Frame::of(signed_in.viewer(), "Overview"),
        may_set_up: expect_writer(caller).is_ok(),
        now: numbers::now(&console, caller).await?,
        node,
    };
    Ok(answer::page(StatusCode::OK, &page))
}

async fn node(console: &ConsoleState, signed_in: &SignedIn, figures: &Figures) -> Result<Node, ConsoleError> {
    let caller = &signed_in.caller;
    let facts = operation::facts(console, caller, figures).await?;
    Ok(Node {
        attention: attention(&facts, caller.now),
        tiles: numbers::of_node(&console.auth),
        operation: operation::tiles(console, &facts, caller.now),
        over_time: OverTime::of(figures, Span::named(signed_in.request.asked("span").as_deref())),
    })
}
