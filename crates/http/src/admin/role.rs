//! A role on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::AdministrationError;
use vestibule_model::{AccountId, AdministratorRole};

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
    let invalid = |reason: &str| AdministrationError::invalid("account", reason);
    let account: Option<AccountId> = match account {
        Some(text) => Some(text.parse().map_err(|_| invalid("this is no account id"))?),
        None => None,
    };
    match (role, account) {
        (Role::Owner, None) => Ok(AdministratorRole::Owner),
        (Role::Owner, Some(_)) => Err(invalid("an owner is not limited to an account")),
        (Role::Administrator, Some(account)) => Ok(AdministratorRole::Administrator(account)),
        (Role::Administrator, None) => Err(invalid("an administrator is limited to an account: name it")),
        (Role::Auditor, account) => Ok(AdministratorRole::Auditor(account)),
    }
}

/// The role on the wire.
pub(super) fn shown(role: AdministratorRole) -> (Role, Option<String>) {
    let account = role.account().map(|account| account.to_string());
    let role = match role {
        AdministratorRole::Owner => Role::Owner,
        AdministratorRole::Administrator(_) => Role::Administrator,
        AdministratorRole::Auditor(_) => Role::Auditor,
    };
    (role, account)
}
