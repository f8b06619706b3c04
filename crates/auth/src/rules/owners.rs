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

/// Whether this administrator may log in, a lock left aside, which ends.
pub fn may_log_in(user: &User) -> bool {
    user.enabled && user.password.is_some()
}

/// Whether there is an owner who may log in, where somebody has administered.
///
/// # Errors
///
/// Nobody is one.
pub fn check_has_owner(
    administrators: &[Administrator],
    may_log_in: impl Fn(UserId) -> bool,
) -> Result<(), Violation> {
    let is_one = |known: &Administrator| known.role == AdministratorRole::Owner && may_log_in(known.user);
    if administrators.iter().any(is_one) { Ok(()) } else { Err(Violation::of(Rule::OwnerLeft)) }
}

/// Whether an owner is left who may log in, when `without` is none any more.
///
/// # Errors
///
/// `without` is an owner, and no other one may log in.
pub fn check_owner_left(
    administrators: &[Administrator],
    without: UserId,
    may_log_in: impl Fn(UserId) -> bool,
) -> Result<(), Violation> {
    let owners = || administrators.iter().filter(|known| known.role == AdministratorRole::Owner);
    let is_left = owners().any(|owner| owner.user != without && may_log_in(owner.user));
    let is_owner = owners().any(|owner| owner.user == without);
    if is_owner && !is_left { Err(Violation::of(Rule::OwnerLeft)) } else { Ok(()) }
}
