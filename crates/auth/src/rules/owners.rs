//! That somebody is left who administers.

use vestibule_model::{AccountId, Administrator, AdministratorRole, User, UserId};

use super::rule::Rule;
use super::violation::Violation;
use crate::administration::HOME;

/// Whether an account may be deleted.
///
/// # Errors
///
/// That of the administrators may not.
pub fn check_deleted_account(id: AccountId) -> Result<(), Violation> {
    if id.as_str() == HOME { Err(Violation::of(Rule::AdministratorsAccount)) } else { Ok(()) }
}

/// Whether an owner is left who may log in, a lock left aside, which ends, when `without` is none any more. `user` finds the
/// users of the administrators' account.
///
/// # Errors
///
/// `without` is an owner, and no other may log in.
pub fn check_owner_left<'a, U: std::ops::Deref<Target = User> + 'a>(
    administrators: &[Administrator],
    without: UserId,
    user: impl Fn(UserId) -> Option<U>,
) -> Result<(), Violation> {
    let may_log_in =
        |id: UserId| user(id).is_some_and(|user| user.enabled && user.password.is_some());
    let mut owners = administrators.iter().filter(|known| known.role == AdministratorRole::Owner);
    let is_owner = owners.clone().any(|owner| owner.user == without);
    let is_left = owners.any(|owner| owner.user != without && may_log_in(owner.user));
    if is_owner && !is_left { Err(Violation::of(Rule::OwnerLeft)) } else { Ok(()) }
}
