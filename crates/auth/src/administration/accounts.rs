//! Accounts: listed, made, changed, deleted.

use vestibule_model::{
    Account, AccountId, AccountState, HostPort, LockoutPolicy, NamedPolicy, PasswordPolicy, SessionPolicy,
    SignOn,
};
use vestibule_store::Change;

use super::audited_write::{AuditDetails, AuditedWrite};
use super::caller::administrators_account;
use super::names::check_name;
use super::{AdministrationError, Caller, Idempotency, Scope};
use crate::service::Auth;
use crate::strength::STRONGEST;

/// A page of accounts, in the order of their ids.
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// Ask again with this; None: that was all.
    pub next: Option<String>,
}

const QUESTION: &str = "accounts";

/// The longest time zone, service or host, in characters.
const LONGEST: usize = 253;

/// The longest `min_length` and `history` of passwords.
const LONGEST_MINIMUM: u16 = 128;
const LONGEST_HISTORY: u16 = 50;

/// How many services an account may list.
const MOST_SERVICES: usize = 1_000;

impl Auth {
    /// The accounts that the caller may see.
    pub fn accounts(
        &self,
        caller: &Caller,
        (limit, cursor): (usize, Option<&str>),
    ) -> Result<AccountPage, AdministrationError> {
        let behind: Option<AccountId> = match cursor {
            Some(cursor) => {
                let id = self.read_cursor(QUESTION, cursor)?;
                Some(id.parse().map_err(|_| AdministrationError::Cursor)?)
            }
            None => None,
        };
        let mut ids = self.directory.account_ids();
        ids.sort_unstable();
        let visible = |id: &AccountId| caller.require(Scope::ReadAccount(*id)).is_ok();
        let mut wanted =
            ids.into_iter().filter(|id| behind.is_none_or(|behind| *id > behind)).filter(visible);
        let page: Vec<AccountId> = wanted.by_ref().take(limit).collect();
        let is_more = wanted.next().is_some();
        let next = page.last().filter(|_| is_more).map(|last| self.cursor(QUESTION, last.as_str()));
        let of_id = |id| self.directory.account(id).map(|entry| entry.account.clone());
        Ok(AccountPage { accounts: page.into_iter().filter_map(of_id).collect(), next })
    }

    /// One account.
    pub fn account_of_id(&self, caller: &Caller, id: AccountId) -> Result<Account, AdministrationError> {
        caller.require(Scope::ReadAccount(id))?;
        self.present_account(id)
    }

    /// Refuses who may not do this, and what concerns an account that is not there: asked before the rest of a request is
    /// looked at.
    pub fn expect_account(&self, caller: &Caller, scope: Scope) -> Result<(), AdministrationError> {
        caller.require(scope)?;
        match scope {
            Scope::ReadAccount(id) | Scope::WriteAccount(id) => self.account_entry(id).map(drop),
            Scope::ReadInstallation | Scope::WriteInstallation => Ok(()),
        }
    }

    /// Makes an account. `fill` is given one with this policy.
    pub async fn make_account(
        &self,
        caller: &Caller,
        (id, policy): (AccountId, NamedPolicy),
        fill: impl Fn(Account) -> Result<Account, AdministrationError>,
        idempotency: Idempotency<'_, Account>,
    ) -> Result<Account, AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        self.write_directory(caller, || {
            if self.directory.account(id).is_some() {
                return Err(AdministrationError::Taken("id"));
            }
            let blank = policy.copied_into(new_account(id, self.directory.highest_number()));
            let account = Account { id, ..fill(blank)? };
            self.check_account(&account)?;
            let details = AuditDetails::made(&account).in_account(id);
            let written = AuditedWrite::one(Change::PutAccount(account.clone().into()), details);
            Ok((Some(written.remembered_under(self, caller, (&idempotency, &account))), account))
        })
        .await
    }

    /// Changes an account. `edit` is given the present one, and may refuse; `unchanged` is asked about it last. Code and number are for owners to change.
    pub async fn change_account(
        &self,
        caller: &Caller,
        id: AccountId,
        edit: impl Fn(&Account) -> Result<Account, AdministrationError>,
        unchanged: impl Fn(&Account) -> Result<(), AdministrationError>,
    ) -> Result<Account, AdministrationError> {
        caller.require(Scope::WriteAccount(id))?;
        self.write_directory(caller, || {
            let before = self.present_account(id)?;
            let after = Account { id, ..edit(&before)? };
            if (&before.code, before.number) != (&after.code, after.number) {
                caller.require(Scope::WriteInstallation)?;
            }
            if after != before {
                self.check_account(&after)?;
            }
            unchanged(&before)?;
            if after == before {
                return Ok((None, after));
            }
            let details = AuditDetails::changed(&before, &after).in_account(id);
            Ok((Some(AuditedWrite::one(Change::PutAccount(after.clone().into()), details)), after))
        })
        .await
    }

    /// Deletes an account with everything that belongs to it. `unchanged` is asked about the present one.
    pub async fn delete_account(
        &self,
        caller: &Caller,
        id: AccountId,
        unchanged: impl Fn(&Account) -> Result<(), AdministrationError>,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        self.write_directory(caller, || {
            let account = self.present_account(id)?;
            unchanged(&account)?;
            if id == administrators_account() {
                let reason = "the administrators' account cannot be deleted";
                return Err(AdministrationError::Conflict(reason.into()));
            }
            let details = AuditDetails::deleted(&account).in_account(id);
            Ok((Some(AuditedWrite::one(Change::DeleteAccount(id), details)), ()))
        })
        .await
    }

    fn present_account(&self, id: AccountId) -> Result<Account, AdministrationError> {
        let entry = self.directory.account(id).ok_or(AdministrationError::NotFound("account"))?;
        Ok(entry.account.clone())
    }

    fn check_account(&self, account: &Account) -> Result<(), AdministrationError> {
        check_name("code", &account.code)?;
        if self.directory.account_with_code(&account.code).is_some_and(|other| other != account.id) {
            return Err(AdministrationError::Taken("code"));
        }
        if self.directory.account_with_number(account.number).is_some_and(|other| other != account.id) {
            return Err(AdministrationError::Taken("number"));
        }
        if account.number < 0 {
            return Err(AdministrationError::invalid("number", "this has to be 0 or more"));
        }
        if account.time_zone.len() > LONGEST || jiff::tz::TimeZone::get(&account.time_zone).is_err() {
            let reason = "there is no such time zone; names are such as Europe/Athens";
            return Err(AdministrationError::invalid("time_zone", reason));
        }
        check_policies(account)?;
        let locks_out = account.state == AccountState::Disabled || account.sign_on == SignOn::SsoOnly;
        if account.id == administrators_account() && locks_out {
            let reason = "nobody could administer any more";
            return Err(AdministrationError::Conflict(reason.into()));
        }
        check_services(account)
    }
}

/// Policies under which nobody could have a password, or a session, or that would take a hash for each of many passwords.
fn check_policies(account: &Account) -> Result<(), AdministrationError> {
    let PasswordPolicy { min_length, history, min_strength, .. } = account.password_policy;
    if min_strength > STRONGEST {
        let reason = format!("{STRONGEST} at most");
        return Err(AdministrationError::invalid("password_policy.min_strength", reason));
    }
    if min_length > LONGEST_MINIMUM {
        let reason = format!("{LONGEST_MINIMUM} at most");
        return Err(AdministrationError::invalid("password_policy.min_length", reason));
    }
    if history > LONGEST_HISTORY {
        let reason = format!("{LONGEST_HISTORY} at most");
        return Err(AdministrationError::invalid("password_policy.history", reason));
    }
    let idle = [
        ("session_policy.idle_seconds", account.session_policy.idle_seconds),
        ("livevox_session_policy.idle_seconds", account.livevox_session_policy.idle_seconds),
    ];
    match idle.into_iter().find(|(_, seconds)| *seconds == 0) {
        Some((field, _)) => Err(AdministrationError::invalid(field, "at least 1")),
        None => Ok(()),
    }
}

fn check_services(account: &Account) -> Result<(), AdministrationError> {
    let invalid = |reason: String| Err(AdministrationError::invalid("services", reason));
    if account.services.len() > MOST_SERVICES {
        return invalid(format!("{MOST_SERVICES} at most"));
    }
    for (place, service) in account.services.iter().enumerate() {
        check_name("services", &service.name)?;
        if account.services[..place].iter().any(|other| other.name == service.name) {
            return invalid(format!("{} is there twice", service.name));
        }
        if service.base_uri.as_ref().is_some_and(|uri| uri.len() > LONGEST) {
            return invalid(format!("base_uri of {}: {LONGEST} characters at most", service.name));
        }
        let host = service.base_uri.as_ref().map(|uri| uri.parse::<HostPort>());
        if let Some(Err(error)) = host {
            return invalid(format!("base_uri of {}: {error}", service.name));
        }
    }
    Ok(())
}

/// An account as new ones are: enabled, with the default policies, its id as its code, and the next number.
pub fn new_account(id: AccountId, highest_number: Option<i32>) -> Account {
    Account {
        id,
        code: id.to_string(),
        number: highest_number.unwrap_or(0).saturating_add(1).max(1),
        time_zone: "UTC".to_owned(),
        state: AccountState::Enabled,
        sign_on: SignOn::Password,
        features: [].into(),
        services: Vec::new(),
        password_policy: PasswordPolicy::default(),
        lockout_policy: LockoutPolicy::default(),
        agent_lockout_policy: LockoutPolicy::default(),
        session_policy: SessionPolicy::default(),
        livevox_session_policy: SessionPolicy::livevox(),
    }
}
