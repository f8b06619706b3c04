//! `/console/gateway-rules/{name}/delete`: a rule of the gate is deleted; the one that there always is goes back to what it was.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Scope};
use vestibule_model::{GatewayRule, GatewayRuleSettings, visible};

use super::in_words::summary;
use super::rule_address;
use crate::forms::{Deed, Done};
use crate::frame::Frame;
use crate::parts::{Cell, Fact};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::GATEWAY_RULES;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer};

fn page(console: &ConsoleState, signed_in: &SignedIn, name: &str) -> Result<Deed, AdministrationError> {
    signed_in.caller.require(Scope::WriteInstallation)?;
    let rule = console.administration().gateway_rule(&signed_in.caller, name)?;
    let own = rule_address(name);
    let (title, consequence, deed) = if name == GatewayRule::DEFAULT {
        let first = summary(&GatewayRuleSettings::default());
        (format!("Put the rule {name} back?"), first, "Put it back")
    } else {
        let refused = "Checks of gateways that name it are refused from now on.".to_owned();
        (format!("Delete the rule {name}?"), refused, "Delete the rule")
    };
    Ok(Deed {
        frame: Frame::of(signed_in.viewer(), title).below([("Gateway rules", GATEWAY_RULES), (name, &own)]),
        consequences: vec![consequence],
        facts: vec![Fact::one("Now", Cell::words(visible(&summary(&rule.settings))))],
        typed: None,
        submit: None,
        button: deed.to_owned(),
        is_an_end: true,
        back: own,
    })
}

/// `GET`: what would be done.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(page(&console, &signed_in, place.text("name")?)?.page())
}

/// `POST`: does it. What is deleted already is deleted.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let name = place.text("name")?;
    let done = if name == GatewayRule::DEFAULT { Done::PutBack } else { Done::Deleted };
    let done = || Ok(answer::see_other(&done.at(GATEWAY_RULES)));
    let mut page = match page(&console, &signed_in, name) {
        Err(AdministrationError::NotFound("gateway rule")) => return done(),
        page => page?,
    };
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    match console.administration().delete_gateway_rule(&signed_in.caller, name, |_| Ok(())).await {
        Ok(()) | Err(AdministrationError::NotFound("gateway rule")) => done(),
        Err(error) => page.refused(error),
    }
}
