//! `/console/gateway-rules`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::Scope;
use vestibule_model::GatewayRule;

use super::in_words::summary;
use super::rule_address;
use crate::accounts::Tab;
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, Pager, Table, counted};
use crate::refused::ConsoleError;
use crate::routes::NEW_GATEWAY_RULE;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "list.html")]
struct RulesPage {
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
) -> Result<Response, ConsoleError> {
    let rules = console.administration().gateway_rules(&signed_in.caller)?;
    let may = signed_in.caller.require(Scope::WriteInstallation).is_ok();
    let row = |rule: &GatewayRule| {
        vec![Cell::code(&rule.name).to(rule_address(&rule.name)), Cell::whole(&summary(&rule.settings))]
    };
    let page = RulesPage {
        frame: Frame::of(signed_in.viewer(), "Gateway rules").saying(Done::said(&signed_in.request)),
        tabs: Vec::new(),
        actions: may.then(|| ("New rule", NEW_GATEWAY_RULE.to_owned())).into_iter().collect(),
        count: counted(rules.len(), "rule", "rules"),
        table: Table {
            name: "Gateway rules",
            head: vec!["Rule", "What it lets through"],
            rows: rules.iter().map(row).collect(),
            empty: "There is no rule.",
        },
        pager: Pager::none(),
    };
    Ok(answer::page(StatusCode::OK, &page))
}
