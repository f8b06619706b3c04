//! The gate: what a gateway's rule asks for, compiled once, and decided at each check.
//!
//! A file for paths, their normal form and the patterns that are matched with it; one for rules as they are compiled; one for the
//! decision, one for whom it is about; one for requests that are signed, one for that each of them counts once, and
//! one for the tokens of clients.

mod client_token;
mod decision;
mod nonces;
pub(crate) mod path;
mod principal;
mod rule;
mod signature;

pub use decision::{Decision, HeldRequest, SignedUse, Stored, Unauthenticated};
pub(crate) use nonces::Nonces;
pub use principal::{ApplicationMethod, ApplicationPrincipal, Principal};
pub(crate) use rule::Rules;
pub use rule::{CompiledRule, Objection};
