//! What an entry concerns, and where that is.

use vestibule_model::{AccountId, AuditAction, AuditRecord, AuditTarget, TargetKind, UserId};

use super::words;
use crate::accounts::account_address;
use crate::parts::Cell;
use crate::resources::Kind;
use crate::users::user_address;

/// The thing that was made, changed or deleted, or else whom it is about.
pub(super) fn cell(record: &AuditRecord) -> Cell {
    record.target.as_ref().map_or_else(|| user(record), |target| thing(record, target))
}

/// The thing that was made, changed or deleted.
pub(super) fn thing(record: &AuditRecord, target: &AuditTarget) -> Cell {
    let name = if target.name.is_empty() { &target.id } else { &target.name };
    let words = match target.kind {
        TargetKind::Audit => name.clone(),
        // Some are named by their kind and their id.
        kind if name.strip_prefix(words::kind(kind)).is_some_and(|rest| rest.starts_with(' ')) => {
            name.clone()
        }
        kind => format!("{} {name}", words::kind(kind)),
    };
    // What is gone has no page.
    let page = page(record.account, target).filter(|_| record.action != AuditAction::Deleted);
    page.into_iter().fold(Cell::text(&words), Cell::to)
}

/// The user that it is about.
pub(super) fn user(record: &AuditRecord) -> Cell {
    let Some(id) = record.user else { return Cell::words("") };
    let name = record.given_user_name().map_or_else(|| Cell::code(id), Cell::text);
    record.account.map_or(name.clone(), |account| name.to(user_address(account, id)))
}

fn page(account: Option<AccountId>, target: &AuditTarget) -> Option<String> {
    match target.kind {
        TargetKind::Account => AccountId::new(&target.id).map(account_address),
        TargetKind::User => Some(user_address(account?, UserId(target.id.parse().ok()?))),
        kind => {
            let kind = Kind::ALL.into_iter().find(|known| known.target() == kind)?;
            let id: i64 = target.id.parse().ok()?;
            Some(format!("{}/{id}", kind.address(account?)))
        }
    }
}
