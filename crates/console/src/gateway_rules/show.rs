//! `/console/gateway-rules/{name}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_model::visible;

use super::in_words::{facts, summary};
use crate::frame::Frame;
use crate::parts::Fact;
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::GATEWAY_RULES;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "gateway_rule.html")]
struct RulePage {
    frame: Frame,
    summary: String,
    facts: Vec<Fact>,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let name = place.text("name")?;
    let rule = console.administration().gateway_rule(&signed_in.caller, name)?;
    let frame = Frame::of(signed_in.viewer(), rule.name).below([("Gateway rules", GATEWAY_RULES)]);
    let page = RulePage { frame, summary: visible(&summary(&rule.settings)), facts: facts(&rule.settings) };
    Ok(answer::page(StatusCode::OK, &page))
}
