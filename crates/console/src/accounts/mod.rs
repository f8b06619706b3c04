//! Accounts: the list of them, and each with what belongs to it.

pub(crate) mod delete;
pub(crate) mod edit;
mod form;
mod list;
pub(crate) mod logo;
pub(crate) mod logo_delete;
pub(crate) mod look;
pub(crate) mod make;
pub(crate) mod policies;
pub(crate) mod policy_edit;
mod policy_fields;
pub(crate) mod services;
pub(crate) mod services_edit;
mod show;
mod tabs;

pub(crate) use list::show as list;
pub(crate) use show::show;
pub(crate) use tabs::{Tab, account_address, tabs};
