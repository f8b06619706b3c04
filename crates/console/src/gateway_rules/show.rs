//! `/console/gateway-rules/{name}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::Scope;
use vestibule_model::{GatewayRule, visible};

use super::in_words::{facts, summary};
use super::rule_address;
use crate::forms::Done;
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
    actions: Vec<(&'static str, String)>,
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
    let may = signed_in.caller.require(Scope::WriteInstallation).is_ok();
    let own = rule_address(name);
    let delete = if name == GatewayRule::DEFAULT { "Put back" } else { "Delete" };
    let actions = [("Edit", format!("{own}/edit")), (delete, format!("{own}/delete"))];
    let actions = actions.into_iter().filter(|_| may).collect();
    let frame = frame.saying(Done::said(&signed_in.request));
    let page =
        RulePage { frame, actions, summary: visible(&summary(&rule.settings)), facts: facts(&rule.settings) };
    Ok(answer::page(StatusCode::OK, &page))
}
