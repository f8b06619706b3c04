//! A role on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{AdministrationError, RoleKind};
use vestibule_model::AdministratorRole;

/// What an administrator may do.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    /// Everything, everywhere.
    Owner,
    /// Everything in one account.
    Administrator,
    /// Reads only: one account, or everything.
    Auditor,
}

/// The role and its limit as the engine has them.
pub(super) fn role(role: Role, account: Option<&str>) -> Result<AdministratorRole, AdministrationError> {
    let kind = match role {
        Role::Owner => RoleKind::Owner,
        Role::Administrator => RoleKind::Administrator,
        Role::Auditor => RoleKind::Auditor,
    };
    kind.limited_to(account)
}

/// The role on the wire.
pub(super) fn shown(role: AdministratorRole) -> (Role, Option<String>) {
    let account = role.account().map(|account| account.to_string());
    let role = match RoleKind::of(role) {
        RoleKind::Owner => Role::Owner,
        RoleKind::Administrator => Role::Administrator,
        RoleKind::Auditor => Role::Auditor,
    };
    (role, account)
}
