//! Accounts: the list of them, and each with what belongs to it.

mod list;
pub(crate) mod policies;
pub(crate) mod services;
mod show;
mod tabs;

pub(crate) use list::show as list;
pub(crate) use show::show;
pub(crate) use tabs::{Tab, account_address, tabs};
