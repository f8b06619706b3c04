//! Accounts: looked for, made, changed, deleted.

use vestibule_model::{
    Account, AccountId, AccountState, LockoutPolicy, Look, NamedPolicy, PasswordPolicy, SecondFactorPolicy,
    SessionPolicy, SignOn,
};
use vestibule_store::Change;

use super::audited_write::{AuditDetails, AuditedWrite};
use super::named::PageRequest;
use super::ordered_page::{OrderedPage, Selected};
use super::user_search::SearchText;
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::rules::{account_id_violation, account_violations, check_deleted_account};

/// Which accounts are wanted. Every field that is set has to be met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSearch {
    /// Whose id or code has this in it, regardless of case, or whose number it is.
    pub text: Option<String>,
    /// In this state.
    pub state: Option<AccountState>,
}

/// A page of accounts, in the order of their ids.
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// How many are wanted in all, on this page and on others.
    pub total: usize,
    /// Ask again with this; None: that was all.
    pub next: Option<String>,
}

impl Administration<'_> {
    /// The accounts that are looked for and that the caller may see: at most `limit`.
    pub fn search_accounts(
        &self,
        caller: &Caller,
        search: &AccountSearch,
        PageRequest { limit, cursor }: PageRequest<'_>,
    ) -> Result<AccountPage, AdministrationError> {
        let question = format!("accounts {search:?}");
        let behind: Option<AccountId> = match cursor {
            Some(cursor) => {
                let id = self.read_cursor(&question, cursor)?;
                Some(id.parse().map_err(|_| AdministrationError::Cursor)?)
            }
            None => None,
        };
        let text = search.text.as_deref().and_then(SearchText::new);
        let is_wanted = |account: &Account| {
            search.state.is_none_or(|state| account.state == state)
                && text.as_ref().is_none_or(|text| {
                    text.is_in(account.id.as_str())
                        || text.is_in(&account.code)
                        || text.is_number(i64::from(account.number))
                })
        };
        let mut page = OrderedPage::new(limit, behind);
        for id in self.auth.directory.account_ids() {
            if caller.require(Scope::ReadAccount(id)).is_ok()
                && let Some(entry) = self.auth.directory.account(id).filter(|entry| is_wanted(&entry.account))
            {
                page.offer(id, || entry);
            }
        }
        let Selected { total, page, is_more } = page.select();
        let next = page.last().filter(|_| is_more).map(|(last, _)| self.cursor(&question, last.as_str()));
        let accounts = page.into_iter().map(|(_, entry)| entry.account.clone()).collect();
        Ok(AccountPage { accounts, total, next })
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
        id: AccountId,
        policy: NamedPolicy,
        fill: impl Fn(Account) -> Result<Account, AdministrationError>,
        idempotency: Idempotency<'_, Account>,
    ) -> Result<Account, AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        self.write_directory(caller, || {
            if self.auth.directory.account(id).is_some() {
                return Err(AdministrationError::Taken("id"));
            }
            account_id_violation(id, &*self.auth.directory).map_or(Ok(()), Err)?;
            let blank = policy.copied_into(new_account(id, self.auth.directory.highest_number()));
            let account = Account { id, ..fill(blank)? };
            self.check_account(&account, None)?;
            let details = AuditDetails::made(&account).in_account(id);
            let written = AuditedWrite::one(Change::PutAccount(account.clone().into()), details);
            Ok((Some(written.remembered_under(self, caller, &idempotency, &account)), account))
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
                self.check_account(&after, Some(&before))?;
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
            check_deleted_account(id)?;
            let details = AuditDetails::deleted(&account).in_account(id);
            Ok((Some(AuditedWrite::one(Change::DeleteAccount(id), details)), ()))
        })
        .await
    }

    fn present_account(&self, id: AccountId) -> Result<Account, AdministrationError> {
        let entry = self.auth.directory.account(id).ok_or(AdministrationError::NotFound("account"))?;
        Ok(entry.account.clone())
    }

    fn check_account(&self, account: &Account, before: Option<&Account>) -> Result<(), AdministrationError> {
        let found = account_violations(account, before, &*self.auth.directory);
        Ok(found.into_iter().next().map_or(Ok(()), Err)?)
    }
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
        second_factor: SecondFactorPolicy::Optional,
        features: [].into(),
        services: Vec::new(),
        password_policy: PasswordPolicy::default(),
        lockout_policy: LockoutPolicy::default(),
        agent_lockout_policy: LockoutPolicy::default(),
        session_policy: SessionPolicy::default(),
        livevox_session_policy: SessionPolicy::livevox(),
        look: Look::default(),
    }
}
