//! Profiles, groups and skills: named things of an account, numbered within it, that users refer to.

use std::collections::HashMap;

use vestibule_model::{AccountId, Group, Profile, RoleType, Skill, User};
use vestibule_store::Change;

use super::account_resources::AccountResource;
use super::audited_write::{AuditDetails, AuditedWrite};
use super::names::check_name;
use super::{AdministrationError, Caller, Idempotency, Scope};
use crate::directory::AccountEntry;
use crate::service::Auth;

/// How many of each kind an account may have.
const MOST: usize = 10_000;

/// How many permissions a profile may give.
const MOST_PERMISSIONS: usize = 10_000;

/// The largest id that every reader of JSON keeps as it is.
const LARGEST_ID: i64 = (1 << 53) - 1;

/// A named thing that is numbered within its account.
pub trait NumberedResource: AccountResource {
    /// One with nothing in it.
    fn blank(id: i64) -> Self;

    /// What people call this one.
    fn name(&self) -> &str;
}

/// The id that something gets when nobody says which: one more than the highest, and at least 1. None: there is none left.
pub fn next_id(present: impl IntoIterator<Item = i64>) -> Option<i64> {
    let next = present.into_iter().max().unwrap_or(0).max(0).checked_add(1)?;
    (next <= LARGEST_ID).then_some(next)
}

impl Auth {
    /// Makes a profile, group or skill, with the next id unless one is given. `fill` is given a blank one.
    pub async fn create_numbered_resource<P: NumberedResource>(
        &self,
        caller: &Caller,
        (account, id): (AccountId, Option<i64>),
        fill: impl Fn(P) -> Result<P, AdministrationError>,
        idempotency: Idempotency<'_, P>,
    ) -> Result<P, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let id = free_id::<P>(&entry, id)?;
            let mut part = fill(P::blank(id))?;
            part.check(&entry, None)?;
            let details = AuditDetails::made(&part).in_account(account);
            let written = AuditedWrite::one(part.clone().put(account), details);
            Ok((Some(written.remembered_under(self, caller, (&idempotency, &part))), part))
        })
        .await
    }
}

fn free_id<P: AccountResource>(
    account: &AccountEntry,
    wanted: Option<i64>,
) -> Result<i64, AdministrationError> {
    let all = P::all(account);
    if all.len() >= MOST {
        let reason = format!("the account has {MOST} of this kind already, and may not have more");
        return Err(AdministrationError::Conflict(reason));
    }
    let Some(id) = wanted else {
        return next_id(all.iter().map(|part| part.id())).ok_or(AdministrationError::Taken("id"));
    };
    if !(-LARGEST_ID..=LARGEST_ID).contains(&id) {
        let reason = format!("from -{LARGEST_ID} to {LARGEST_ID}");
        return Err(AdministrationError::invalid("id", reason));
    }
    if all.iter().any(|part| part.id() == id) {
        return Err(AdministrationError::Taken("id"));
    }
    Ok(id)
}

/// A name says which one is meant: no other of the kind has it in the account.
fn check_own_name<P: NumberedResource>(
    part: &P,
    account: &AccountEntry,
    before: Option<&P>,
) -> Result<(), AdministrationError> {
    if before.is_some_and(|before| before.name() == part.name()) {
        return Ok(());
    }
    check_name("name", part.name())?;
    let is_taken =
        P::all(account).into_iter().any(|other| other.name() == part.name() && other.id() != part.id());
    if is_taken { Err(AdministrationError::Taken("name")) } else { Ok(()) }
}

impl AccountResource for Profile {
    const KIND: &'static str = "profile";

    fn id(&self) -> i64 {
        self.id
    }

    fn all(account: &AccountEntry) -> Vec<&Self> {
        account.profiles()
    }

    fn check(&mut self, account: &AccountEntry, before: Option<&Self>) -> Result<(), AdministrationError> {
        self.permissions.sort_unstable();
        self.permissions.dedup();
        if self.permissions.len() > MOST_PERMISSIONS {
            return Err(AdministrationError::invalid("permissions", format!("{MOST_PERMISSIONS} at most")));
        }
        check_own_name(self, account, before)
    }

    fn expect_deletable(&self, account: &AccountEntry) -> Result<(), AdministrationError> {
        refuse_if_named(users_who(account, |user| user.profiles.contains(&self.id)), 0)
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutProfile(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteProfile(account, self.id)
    }
}

impl NumberedResource for Profile {
    fn blank(id: i64) -> Self {
        Self { id, name: String::new(), role: RoleType::Agent, rank: None, permissions: Vec::new() }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl AccountResource for Group {
    const KIND: &'static str = "group";

    fn id(&self) -> i64 {
        self.id
    }

    fn all(account: &AccountEntry) -> Vec<&Self> {
        account.groups().iter().collect()
    }

    fn check(&mut self, account: &AccountEntry, before: Option<&Self>) -> Result<(), AdministrationError> {
        check_own_name(self, account, before)?;
        check_parent(self, account)
    }

    fn expect_deletable(&self, account: &AccountEntry) -> Result<(), AdministrationError> {
        let users =
            users_who(account, |user| user.member_of == Some(self.id) || user.manager_of.contains(&self.id));
        let groups = account.groups().iter().filter(|group| group.parent == Some(self.id)).count();
        refuse_if_named(users, groups)
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutGroup(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteGroup(account, self.id)
    }
}

impl NumberedResource for Group {
    fn blank(id: i64) -> Self {
        Self { id, name: String::new(), parent: None }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl AccountResource for Skill {
    const KIND: &'static str = "skill";

    fn id(&self) -> i64 {
        self.id
    }

    fn all(account: &AccountEntry) -> Vec<&Self> {
        account.skills().iter().collect()
    }

    fn check(&mut self, account: &AccountEntry, before: Option<&Self>) -> Result<(), AdministrationError> {
        check_own_name(self, account, before)
    }

    fn expect_deletable(&self, account: &AccountEntry) -> Result<(), AdministrationError> {
        refuse_if_named(users_who(account, |user| user.skills.contains(&self.id)), 0)
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutSkill(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteSkill(account, self.id)
    }
}

impl NumberedResource for Skill {
    fn blank(id: i64) -> Self {
        Self { id, name: String::new() }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// The group above has to be there, and there must be no way from it back to this one.
fn check_parent(group: &Group, account: &AccountEntry) -> Result<(), AdministrationError> {
    let parents: HashMap<i64, Option<i64>> =
        account.groups().iter().map(|other| (other.id, other.parent)).collect();
    if let Some(id) = group.parent.filter(|id| !parents.contains_key(id)) {
        return Err(AdministrationError::invalid("parent", format!("there is no group with the id {id}")));
    }
    let mut above = group.parent;
    // Groups that already lead back to themselves, as they may when another program wrote them, end the walk as well.
    for _ in 0..=parents.len() {
        match above {
            None => return Ok(()),
            Some(id) if id == group.id => break,
            Some(id) => above = parents.get(&id).copied().flatten(),
        }
    }
    Err(AdministrationError::invalid("parent", "this group would be above itself"))
}

fn users_who(account: &AccountEntry, refers: impl Fn(&User) -> bool) -> usize {
    account.count_users(refers)
}

/// Whoever deletes takes it from those who refer to it first: nothing is left that refers to nothing.
fn refuse_if_named(users: usize, groups: usize) -> Result<(), AdministrationError> {
    let counted = |count: usize, noun: &str| match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        more => Some(format!("{more} {noun}s")),
    };
    let all: Vec<String> = counted(users, "user").into_iter().chain(counted(groups, "group")).collect();
    if all.is_empty() {
        return Ok(());
    }
    let verb = if users + groups == 1 { "refers" } else { "refer" };
    Err(AdministrationError::Conflict(format!("{} {verb} to it", all.join(" and "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_id_is_one_more_than_the_highest_and_at_least_one() {
        assert_eq!([vec![], vec![-1], vec![-1, 7, 3]].map(next_id), [Some(1), Some(1), Some(8)]);
    }

    #[test]
    fn the_largest_id_has_none_behind_it() {
        assert_eq!(next_id([LARGEST_ID - 1]), Some(LARGEST_ID));
        assert_eq!([next_id([LARGEST_ID]), next_id([i64::MAX])], [None, None]);
    }

    #[test]
    fn a_refusal_says_how_many_refer() {
        let said = |users, groups| refuse_if_named(users, groups).map_err(|error| error.to_string());
        assert_eq!(said(0, 0), Ok(()));
        assert_eq!(said(1, 0), Err("1 user refers to it".to_owned()));
        assert_eq!(said(0, 1), Err("1 group refers to it".to_owned()));
        assert_eq!(said(2, 1), Err("2 users and 1 group refer to it".to_owned()));
    }
}
