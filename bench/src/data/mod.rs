//! Data at scale: up to ten million live sessions, and the tokens that show them.

mod bulk;
mod house;
mod tokens;

pub(crate) use house::{House, Size, enough_for};
pub(crate) use tokens::Tokens;
