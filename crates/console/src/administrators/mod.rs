//! Administrators and their tokens: who may change the installation or an account, and by what they prove it.

mod list;
mod tokens;

pub(crate) use list::show as list;
pub(crate) use tokens::show as tokens;
