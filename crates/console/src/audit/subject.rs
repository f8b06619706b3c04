//! What an entry concerns, and where that is.

use vestibule_model::{AccountId, AuditAction, AuditRecord, AuditTarget, TargetKind};

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
    let kind = match target.kind {
        TargetKind::Account => return AccountId::new(&target.id).map(account_address),
        TargetKind::User => {
            return Some(user_address(account?, target.id.parse().ok().map(vestibule_model::UserId)?));
        }
        TargetKind::Profile => Kind::Profiles,
        TargetKind::Group => Kind::Groups,
        TargetKind::Skill => Kind::Skills,
        TargetKind::ApiKey => Kind::ApiKeys,
        TargetKind::OauthClient => Kind::OauthClients,
        TargetKind::ApplicationToken => Kind::ApplicationTokens,
        TargetKind::AdministrationToken
        | TargetKind::Administrator
        | TargetKind::Audit
        | TargetKind::MasterKey
        | TargetKind::Connection
        | TargetKind::SigningKey
        | TargetKind::GatewayRule => return None,
    };
    let id: i64 = target.id.parse().ok()?;
    Some(format!("{}/{id}", kind.address(account?)))
}
