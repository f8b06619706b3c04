//! Data at scale: up to ten million live sessions, and the tokens that show them.

mod bulk;
mod instance;
mod past;
mod tokens;

pub(crate) use instance::{Instance, Size, enough_for};
pub(crate) use tokens::Tokens;
