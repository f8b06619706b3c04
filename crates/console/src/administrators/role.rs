//! The fields of a role.

use vestibule_auth::{AdministrationError, RoleKind};
use vestibule_model::{AccountId, AdministratorRole};

use crate::forms::{Choice, Field, Values};

const ROLE: &str = "role";
const ACCOUNT: &str = "account";

/// The kinds by their words.
fn kinds() -> [(&'static str, RoleKind); 3] {
    RoleKind::ALL.map(|kind| (kind.word(), kind))
}

const fn may(kind: RoleKind) -> &'static str {
    match kind {
        RoleKind::Owner => "everything, everywhere",
        RoleKind::Administrator => "everything in one account",
        RoleKind::Auditor => "reads one account, or everything",
    }
}

/// The role, and the account that it is limited to.
pub(super) fn fields(values: &Values) -> [Field; 2] {
    let kinds = kinds().map(|(word, kind)| Choice::new(word, format!("{word}: {}", may(kind))));
    [
        Field::select(ROLE, "Role", values, kinds.into()),
        Field::text(ACCOUNT, "Account", values)
            .hint("The id of the account to which an administrator, or an auditor, is limited.")
            .longest(AccountId::LONGEST),
    ]
}

pub(super) fn set(role: AdministratorRole, values: &mut Values) {
    values.set_one_of(ROLE, &kinds(), &RoleKind::of(role));
    values.set_optional(ACCOUNT, role.account());
}

pub(super) fn read(values: &Values) -> Result<AdministratorRole, AdministrationError> {
    let kind = values.one_of(ROLE, &kinds())?;
    kind.limited_to(values.optional(ACCOUNT).as_deref())
}
