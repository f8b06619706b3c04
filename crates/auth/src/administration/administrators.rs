//! Administrators: users of the administrators' account, and their roles.

use std::collections::HashMap;

use vestibule_model::{
    AccountId, Administrator, AdministratorRole, AuditTarget, Audited, Millis, Population, UserId, UserKind,
};
use vestibule_store::{Change, StoreError};

use super::audited_write::{AuditDetails, AuditedWrite};
use super::caller::administrators_account;
use super::rests_on::owners;
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::rules::{check_owner_left, may_log_in};

/// A user who administers, with the name to log in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedAdministrator {
    /// Who, and what they may do.
    pub administrator: Administrator,
    /// The login name.
    pub name: String,
    /// Whether they may log in.
    pub enabled: bool,
    /// Whether they have a second factor.
    pub has_second_factor: bool,
}

/// The kinds of role, which may be limited to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleKind {
    /// Never limited.
    Owner,
    /// Always limited.
    Administrator,
    /// As it is said.
    Auditor,
}

impl RoleKind {
    /// Every one, the one that may do most first.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Administrator, Self::Auditor];

    /// As people and forms call it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }

    /// That of a role.
    pub const fn of(role: AdministratorRole) -> Self {
        match role {
            AdministratorRole::Owner => Self::Owner,
            AdministratorRole::Administrator(_) => Self::Administrator,
            AdministratorRole::Auditor(_) => Self::Auditor,
        }
    }

    /// The role that is limited to the account of this id; None: to none.
    pub fn limited_to(self, account: Option<&str>) -> Result<AdministratorRole, AdministrationError> {
        let invalid = |reason: &str| AdministrationError::invalid("account", reason);
        let account: Option<AccountId> = match account {
            Some(text) => Some(text.parse().map_err(|_| invalid("this is no account id"))?),
            None => None,
        };
        match (self, account) {
            (Self::Owner, None) => Ok(AdministratorRole::Owner),
            (Self::Owner, Some(_)) => Err(invalid("an owner is not limited to an account")),
            (Self::Administrator, Some(account)) => Ok(AdministratorRole::Administrator(account)),
            (Self::Administrator, None) => Err(invalid("an administrator is limited to an account: name it")),
            (Self::Auditor, account) => Ok(AdministratorRole::Auditor(account)),
        }
    }
}

/// What is known of an administrator's logins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastSeen {
    /// Whether failed logins keep them out at present.
    pub is_locked: bool,
    /// When they last opened a session; None: never.
    pub last_login: Option<Millis>,
}

impl Administration<'_> {
    pub(super) async fn role_of(&self, user: UserId) -> Result<Option<AdministratorRole>, StoreError> {
        let all = self.auth.store.administrators().await?;
        Ok(all.into_iter().find(|administrator| administrator.user == user).map(|known| known.role))
    }

    /// Every administrator, by user id.
    pub async fn administrators(
        &self,
        caller: &Caller,
    ) -> Result<Vec<NamedAdministrator>, AdministrationError> {
        caller.require(Scope::ReadInstallation)?;
        let all = self.auth.store.administrators().await?;
        Ok(all.into_iter().filter_map(|administrator| self.with_name(administrator)).collect())
    }

    /// One administrator.
    pub async fn administrator_of_id(
        &self,
        caller: &Caller,
        user: UserId,
    ) -> Result<NamedAdministrator, AdministrationError> {
        let all = self.administrators(caller).await?;
        let found = all.into_iter().find(|known| known.administrator.user == user);
        found.ok_or(AdministrationError::NotFound("administrator"))
    }

    /// The logins of administrators, by user id: for whoever may look into their account.
    pub async fn administrators_last_seen(
        &self,
        caller: &Caller,
    ) -> Result<HashMap<UserId, LastSeen>, AdministrationError> {
        let home = administrators_account();
        caller.require(Scope::ReadAccount(home))?;
        let entry = self.account_entry(home)?;
        let all = self.auth.store.administrators().await?;
        let users: Vec<_> = all.iter().filter_map(|known| entry.user(known.user)).collect();
        let ids = users.iter().map(|user| user.id).collect();
        let last_logins: HashMap<UserId, Millis> =
            self.auth.store.last_logins(home, ids).await?.into_iter().collect();
        let seen = users.iter().map(|user| {
            let is_locked = self.auth.login_guard.is_locked(user, caller.now);
            (user.id, LastSeen { is_locked, last_login: last_logins.get(&user.id).copied() })
        });
        Ok(seen.collect())
    }

    /// Gives a user of the administrators' account a role, or another one. `unchanged` is asked about the present one.
    pub async fn set_administrator(
        &self,
        caller: &Caller,
        administrator: Administrator,
        unchanged: impl Fn(Option<&NamedAdministrator>) -> Result<(), AdministrationError>,
        idempotency: Idempotency<'_, NamedAdministrator>,
    ) -> Result<NamedAdministrator, AdministrationError> {
        self.expect_person(caller, administrator.user)?;
        self.check_role(administrator.role)?;
        let named = self.with_name(administrator).ok_or(AdministrationError::NotFound("user"))?;
        let _turn = self.state().lock_administrators().await;
        self.auth.follow().await?;
        let since = self.auth.follower.sequence();
        let all = self.auth.store.administrators().await?;
        let before = all.iter().copied().find(|old| old.user == administrator.user);
        if administrator.role != AdministratorRole::Owner {
            self.keep_an_owner(&all, administrator.user)?;
        }
        unchanged(before.and_then(|before| self.with_name(before)).as_ref())?;
        let details = match before {
            Some(administrator) => {
                AuditDetails::changed(&NamedAdministrator { administrator, ..named.clone() }, &named)
            }
            None => AuditDetails::made(&named),
        };
        let change = Change::PutAdministrator(administrator);
        let written = AuditedWrite::one(change, about(details, &named)).resting_on(owners());
        let written = written.remembered_under(self, caller, &idempotency, &named);
        self.write_since(caller, since, written).await?;
        Ok(named)
    }

    /// Takes a user's role.
    pub async fn remove_administrator(
        &self,
        caller: &Caller,
        user: UserId,
        unchanged: impl Fn(&NamedAdministrator) -> Result<(), AdministrationError>,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        let _turn = self.state().lock_administrators().await;
        self.auth.follow().await?;
        let since = self.auth.follower.sequence();
        let named = self.administrator_of_id(caller, user).await?;
        unchanged(&named)?;
        self.keep_an_owner(&self.auth.store.administrators().await?, user)?;
        let details = about(AuditDetails::deleted(&named), &named);
        let written = AuditedWrite::one(Change::DeleteAdministrator(user), details).resting_on(owners());
        self.write_since(caller, since, written).await
    }

    /// Refuses when nobody who may log in would be owner but `without`.
    pub(super) fn keep_an_owner(
        &self,
        administrators: &[Administrator],
        without: UserId,
    ) -> Result<(), AdministrationError> {
        let home = self.auth.directory.account(administrators_account());
        let user = |id| home.as_ref()?.user(id);
        Ok(check_owner_left(administrators, without, |id| user(id).is_some_and(|user| may_log_in(&user)))?)
    }

    /// A role has to be limited to an account that exists, and not to that of the administrators.
    pub(super) fn check_role(&self, role: AdministratorRole) -> Result<(), AdministrationError> {
        let Some(account) = role.account() else { return Ok(()) };
        if account == administrators_account() {
            return Err(AdministrationError::invalid(
                "account",
                "only owners act on the administrators' account",
            ));
        }
        let known = self.auth.directory.account(account).is_some();
        known.then_some(()).ok_or_else(|| AdministrationError::invalid("account", "there is no such account"))
    }

    /// Refuses who may not give roles, and who cannot log in as an administrator, whatever they have: asked before the
    /// rest of a request is looked at.
    pub fn expect_person(&self, caller: &Caller, user: UserId) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        let user = self.present_user(administrators_account(), user)?;
        if user.kind == UserKind::Human && user.population == Population::User {
            return Ok(());
        }
        let reason = "only a human of the population of users administers";
        Err(AdministrationError::Conflict(reason.into()))
    }

    /// Whether this administrator may log in, a lock left aside, which ends.
    pub(super) fn may_log_in(&self, user: UserId) -> bool {
        let user = self.auth.directory.account(administrators_account()).and_then(|entry| entry.user(user));
        user.is_some_and(|user| may_log_in(&user))
    }

    fn with_name(&self, administrator: Administrator) -> Option<NamedAdministrator> {
        let user = self.auth.directory.account(administrators_account())?.user(administrator.user)?;
        Some(NamedAdministrator {
            administrator,
            name: user.login_name.clone(),
            enabled: user.enabled,
            has_second_factor: user.second_factor.is_some(),
        })
    }
}

impl Audited for NamedAdministrator {
    fn audit_target(&self) -> AuditTarget {
        AuditTarget { name: self.name.clone(), ..self.administrator.audit_target() }
    }

    fn audited_fields(&self) -> serde_json::Map<String, serde_json::Value> {
        self.administrator.audited_fields()
    }
}

fn about(details: AuditDetails, named: &NamedAdministrator) -> AuditDetails {
    let Administrator { user, role } = named.administrator;
    details.in_account(role.account()).about(user)
}
