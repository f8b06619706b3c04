//! The fields of a role.

use vestibule_auth::{AdministrationError, RoleKind};
use vestibule_model::AdministratorRole;

use crate::forms::{Choice, Field, Values};

const ROLE: &str = "role";
const ACCOUNT: &str = "account";

const KINDS: [(&str, RoleKind, &str); 3] = [
    ("owner", RoleKind::Owner, "owner: everything, everywhere"),
    ("administrator", RoleKind::Administrator, "administrator: everything in one account"),
    ("auditor", RoleKind::Auditor, "auditor: reads one account, or everything"),
];

/// The role, and the account that it is limited to.
pub(super) fn fields(values: &Values) -> [Field; 2] {
    let kinds = KINDS.map(|(word, _, label)| Choice::new(word, label));
    [
        Field::select(ROLE, "Role", values, kinds.into()),
        Field::text(ACCOUNT, "Account", values)
            .hint("The id of the account to which an administrator, or an auditor, is limited.")
            .longest(20),
    ]
}

pub(super) fn set(role: AdministratorRole, values: &mut Values) {
    values.set_one_of(ROLE, &KINDS.map(|(word, kind, _)| (word, kind)), &RoleKind::of(role));
    values.set_optional(ACCOUNT, role.account());
}

pub(super) fn read(values: &Values) -> Result<AdministratorRole, AdministrationError> {
    let kind = values.one_of(ROLE, &KINDS.map(|(word, kind, _)| (word, kind)))?;
    kind.limited_to(values.optional(ACCOUNT).as_deref())
}
