//! Application tokens: made, and listed with what is counted for them. What is left of them goes the way of all [`AccountResource`]s.

use std::collections::HashMap;

use vestibule_model::{AccountId, ApplicationId, ApplicationToken, SecretVersion};
use zeroize::Zeroizing;

use super::account_resources::{AccountResource, AccountResourcePage, check};
use super::applications::WithSecrets;
use super::audited_write::{AuditDetails, AuditedWrite};
use super::named::PageRequest;
use super::values::ApplicationValue;
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::directory::AccountEntry;
use crate::rules::check_token_holder;

/// An application token with its text.
pub type TokenWithText = WithSecrets<ApplicationToken, 1>;

impl Administration<'_> {
    /// Makes an application token, with the given text or a new one. `fill` is given one without a name.
    pub async fn make_application_token(
        &self,
        caller: &Caller,
        account: AccountId,
        given: Option<Zeroizing<String>>,
        fill: impl Fn(ApplicationToken) -> Result<ApplicationToken, AdministrationError>,
        idempotency: Idempotency<'_, TokenWithText>,
    ) -> Result<TokenWithText, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        if given.is_some() {
            // Whether another account has it tells that it is good there.
            caller.require(Scope::WriteInstallation)?;
        }
        let text = ApplicationValue::ApplicationToken.or_new(given, &*self.auth.rng)?;
        let blank = ApplicationToken {
            id: self.new_application_id(),
            name: String::new(),
            token: self.auth.keys.secrets().digest(text.as_bytes()),
            secret_version: SecretVersion::default(),
            superseded: None,
            enabled: true,
            last_used: None,
            requests: 0,
        };
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let mut token = fill(blank.clone())?;
            check(&mut token, None, &entry)?;
            self.expect_new(token.id, &text)?;
            let details = AuditDetails::made(&token).in_account(account);
            let written = AuditedWrite::one(token.clone().put(account), details);
            let made = WithSecrets { application: token, secrets: [text.clone()] };
            Ok((Some(written.remembered_under(self, caller, &idempotency, &made)), made))
        })
        .await
    }

    /// The application tokens of an account, with what was counted for them up to some seconds ago.
    pub async fn application_tokens(
        &self,
        caller: &Caller,
        account: AccountId,
        page: PageRequest<'_>,
    ) -> Result<AccountResourcePage<ApplicationToken>, AdministrationError> {
        let mut page = self.account_resources::<ApplicationToken>(caller, account, page)?;
        let counted = self.auth.store.application_tokens(account).await?.into_iter();
        let counted: HashMap<ApplicationId, ApplicationToken> =
            counted.map(|token| (token.id, token)).collect();
        for token in &mut page.resources {
            if let Some(ApplicationToken { last_used, requests, .. }) = counted.get(&token.id) {
                (token.last_used, token.requests) = (*last_used, *requests);
            }
        }
        Ok(page)
    }

    /// One of them.
    pub async fn application_token_of_id(
        &self,
        caller: &Caller,
        account: AccountId,
        id: i64,
    ) -> Result<ApplicationToken, AdministrationError> {
        let page =
            self.application_tokens(caller, account, PageRequest { limit: usize::MAX, cursor: None }).await?;
        let found = page.resources.into_iter().find(|token| token.id.0 == id);
        found.ok_or(AdministrationError::NotFound(ApplicationToken::KIND))
    }

    /// A token finds its account: no other account may have it.
    fn expect_new(&self, id: ApplicationId, text: &str) -> Result<(), AdministrationError> {
        let digests = self.auth.keys.secrets().digests(text.as_bytes());
        let accounts = self.auth.directory.account_ids().into_iter();
        let entries = accounts.filter_map(|account| self.auth.directory.account(account));
        let holder = |entry: &AccountEntry| {
            digests.iter().find_map(|digest| entry.application_token(digest).map(|token| token.id))
        };
        let holder = entries.into_iter().find_map(|entry| holder(&entry));
        Ok(check_token_holder(id, holder)?)
    }
}
