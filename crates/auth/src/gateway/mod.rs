//! The gate: what a gateway's rule asks for, compiled once, and decided at each check.
//!
//! A file for paths, their normal form and the patterns that are matched with it; one for rules as they are compiled; one for the
//! decision.

mod decision;
pub(crate) mod path;
mod rule;

pub use decision::Decision;
pub(crate) use rule::Rules;
pub use rule::{CompiledRule, Objection};
