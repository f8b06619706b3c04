//! Profiles, groups and skills: named things of an account, numbered within it, that users refer to.

use vestibule_model::{AccountId, Group, Profile, RoleType, Skill};
use vestibule_store::Change;

use super::account_resources::{AccountResource, check};
use super::audited_write::{AuditDetails, AuditedWrite};
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::directory::AccountEntry;
use crate::rules::{ResourceKind, next_id};

/// A named thing that is numbered within its account.
pub trait NumberedResource: AccountResource {
    /// Which kind it is, for the rules.
    const RESOURCE: ResourceKind;

    /// One with nothing in it.
    fn blank(id: i64) -> Self;
}

impl Administration<'_> {
    /// Makes a profile, group or skill, with the next id unless one is given. `fill` is given a blank one.
    pub async fn create_numbered_resource<P: NumberedResource>(
        &self,
        caller: &Caller,
        account: AccountId,
        id: Option<i64>,
        fill: impl Fn(P) -> Result<P, AdministrationError>,
        idempotency: Idempotency<'_, P>,
    ) -> Result<P, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let id = free_id::<P>(&entry, id)?;
            let mut part = fill(P::blank(id))?;
            check(&mut part, None, &entry)?;
            let details = AuditDetails::made(&part).in_account(account);
            let written = AuditedWrite::one(part.clone().put(account), details);
            Ok((Some(written.remembered_under(self, caller, &idempotency, &part)), part))
        })
        .await
    }
}

fn free_id<P: NumberedResource>(
    account: &AccountEntry,
    wanted: Option<i64>,
) -> Result<i64, AdministrationError> {
    let all = P::all(account);
    let Some(id) = wanted else {
        return Ok(next_id(P::RESOURCE, all.iter().map(|part| part.id()))?);
    };
    if all.iter().any(|part| part.id() == id) { Err(AdministrationError::Taken("id")) } else { Ok(id) }
}

impl AccountResource for Profile {
    const KIND: &'static str = "profile";

    fn id(&self) -> i64 {
        self.id
    }

    fn all(account: &AccountEntry) -> Vec<&Self> {
        account.profiles()
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutProfile(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteProfile(account, self.id)
    }
}

impl NumberedResource for Profile {
    const RESOURCE: ResourceKind = ResourceKind::Profile;

    fn blank(id: i64) -> Self {
        Self { id, name: String::new(), role: RoleType::Agent, rank: None, permissions: Vec::new() }
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

    fn put(self, account: AccountId) -> Change {
        Change::PutGroup(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteGroup(account, self.id)
    }
}

impl NumberedResource for Group {
    const RESOURCE: ResourceKind = ResourceKind::Group;

    fn blank(id: i64) -> Self {
        Self { id, name: String::new(), parent: None }
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

    fn put(self, account: AccountId) -> Change {
        Change::PutSkill(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteSkill(account, self.id)
    }
}

impl NumberedResource for Skill {
    const RESOURCE: ResourceKind = ResourceKind::Skill;

    fn blank(id: i64) -> Self {
        Self { id, name: String::new() }
    }
}
