//! Administrators and their tokens: who may change the installation or an account, and by what they prove it.

pub(crate) mod edit;
mod list;
pub(crate) mod make;
pub(crate) mod remove;
mod role;
pub(crate) mod token_make;
pub(crate) mod token_revoke;
mod tokens;

pub(crate) use list::show as list;
pub(crate) use tokens::show as tokens;
