//! Rules of the gate: the list of them, and what each lets through.

pub(crate) mod delete;
pub(crate) mod edit;
mod fields;
mod in_words;
mod list;
pub(crate) mod make;
mod show;

pub(crate) use list::show as list;
pub(crate) use show::show;

use crate::routes::GATEWAY_RULES;

/// Where the page of a rule is.
fn rule_address(name: &str) -> String {
    format!("{GATEWAY_RULES}/{name}")
}
