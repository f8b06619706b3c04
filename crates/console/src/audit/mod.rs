//! The audit: who did what to whom, when, from where and by which means; what an entry says, and all of them as a file.

pub(crate) mod check;
pub(crate) mod entry;
pub(crate) mod export;
mod filter;
mod list;
mod subject;
mod words;

pub(crate) use list::show as list;

use vestibule_model::{AccountId, AuditPlace, TargetKey, TargetKind};

use crate::parts;
use crate::parts::Cell;

use crate::routes::AUDIT;

/// Where the entries are that tell of something of an account. `of`: the fields of a query that say of what.
pub(crate) fn link(words: &str, account: AccountId, of: &[(&str, &str)]) -> Cell {
    let named = [("account", account.as_str())].into_iter().chain(of.iter().copied());
    Cell::words(words).to(parts::address(AUDIT, named))
}

/// The same of what made and changed a thing of an account.
pub(crate) fn link_of_thing(account: AccountId, kind: TargetKind, id: i64) -> Cell {
    link("Its audit", account, &[("target", &TargetKey { kind, id: id.to_string() }.to_string())])
}

/// Where the page of an entry is.
fn address(place: AuditPlace) -> String {
    format!("{AUDIT}/{place}")
}
