//! The audit: who did what to whom, when, from where and by which means; what an entry says, and all of them as a file.

pub(crate) mod entry;
pub(crate) mod export;
mod filter;
mod list;
mod subject;
mod words;

pub(crate) use list::show as list;

use vestibule_model::AuditPlace;

use crate::routes::AUDIT;

/// Where the page of an entry is.
fn address(place: AuditPlace) -> String {
    format!("{AUDIT}/{place}")
}
