//! What API keys, OAuth clients and application tokens have in common: ids, rules, the bots that log in with them.

use std::collections::HashMap;

use ipnet::IpNet;
use vestibule_model::{
    Account, AccountId, ApiKey, Application, ApplicationId, ApplicationToken, Millis, OauthClient, Privilege,
    SecretDigest, SecretVersion,
};
use vestibule_store::Change;
use zeroize::Zeroizing;

use super::account_resources::AccountResource;
use super::names::{check_name, check_text, has_free_name};
use super::random::ten_digits;
use super::{AdministrationError, Caller, Scope};
use crate::directory::AccountEntry;
use crate::service::Auth;

/// How many OAuth clients an account may have: as many as API keys.
const MOST_CLIENTS: usize = ApiKey::MAX_PER_ACCOUNT;

/// How many networks an application may be used from.
const MOST_ADDRESSES: usize = 1_000;

/// An application that was made, or has other secrets now, with those secrets: they are nowhere else in clear.
pub struct WithSecrets<P, const N: usize> {
    /// The application.
    pub application: P,
    /// Its secrets.
    pub secrets: [Zeroizing<String>; N],
}

/// An API key as new ones are: enabled, good for nothing, from anywhere, its secrets still to be sealed.
pub fn new_api_key(id: ApplicationId, app_key: String, access_token: String) -> ApiKey {
    ApiKey {
        id,
        app_key,
        sealed_secret: Vec::new(),
        access_token,
        sealed_access_token_secret: Vec::new(),
        secret_version: SecretVersion::default(),
        superseded: None,
        name: String::new(),
        developer: String::new(),
        description: String::new(),
        enabled: true,
        privileges: Vec::new(),
        addresses: Vec::new(),
    }
}

/// An OAuth client as new ones are: enabled, good for nothing, from anywhere.
pub fn new_oauth_client(id: ApplicationId, client_id: String, secret: SecretDigest) -> OauthClient {
    OauthClient {
        id,
        client_id,
        secret,
        secret_version: SecretVersion::default(),
        superseded: None,
        name: String::new(),
        enabled: true,
        privileges: Vec::new(),
        addresses: Vec::new(),
    }
}

impl Auth {
    /// An id that no application in the directory has. One that was deleted may have had it: then the store refuses.
    pub(super) fn new_application_id(&self) -> ApplicationId {
        loop {
            let id = ApplicationId(ten_digits(&*self.rng));
            let accounts = self.directory.account_ids().into_iter();
            let mut entries = accounts.filter_map(|account| self.directory.account(account));
            if entries.all(|entry| entry.applications_of_id(id).is_empty()) {
                return id;
            }
        }
    }
}

impl Auth {
    /// When a session was last opened with each API key and OAuth client of an account; what never opened one is left out.
    pub async fn last_uses(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<HashMap<Application, Millis>, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        Ok(self.store.last_uses(account).await?.into_iter().collect())
    }
}

/// What bots are tied to is one thing: no key and no client of the account has it.
pub(super) fn expect_free(
    account: &AccountEntry,
    field: &'static str,
    public_id: &str,
) -> Result<(), AdministrationError> {
    let is_taken = account.api_key(public_id).is_some() || account.oauth_client(public_id).is_some();
    if is_taken { Err(AdministrationError::Taken(field)) } else { Ok(()) }
}

/// Disabled ones count as well.
pub(super) fn expect_room<P: AccountResource>(
    account: &AccountEntry,
    most: usize,
) -> Result<(), AdministrationError> {
    if P::all(account).len() < most {
        return Ok(());
    }
    let reason = format!("an account has at most {most} {}s: delete one that is not needed", P::KIND);
    Err(AdministrationError::Conflict(reason))
}

fn check_uses(privileges: &mut Vec<Privilege>, addresses: &[IpNet]) -> Result<(), AdministrationError> {
    privileges.sort_unstable();
    privileges.dedup();
    if addresses.len() > MOST_ADDRESSES {
        return Err(AdministrationError::invalid("addresses", format!("{MOST_ADDRESSES} at most")));
    }
    Ok(())
}

impl AccountResource for ApiKey {
    const KIND: &'static str = "API key";

    fn id(&self) -> i64 {
        self.id.0
    }

    fn all(account: &AccountEntry) -> Vec<&Self> {
        account.api_keys()
    }

    fn check(&mut self, account: &AccountEntry, before: Option<&Self>) -> Result<(), AdministrationError> {
        check_name("name", &self.name)?;
        check_text("developer", &self.developer)?;
        check_text("description", &self.description)?;
        check_uses(&mut self.privileges, &self.addresses)?;
        if !has_free_name(self, before, Self::all(account)) {
            return Err(AdministrationError::Taken("name"));
        }
        if before.is_none() {
            expect_room::<Self>(account, Self::MAX_PER_ACCOUNT)?;
            expect_free(account, "app_key", &self.app_key)?;
        }
        Ok(())
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutApiKey(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteApiKey(account, self.id)
    }
}

impl AccountResource for OauthClient {
    const KIND: &'static str = "OAuth client";

    fn id(&self) -> i64 {
        self.id.0
    }

    fn all(account: &AccountEntry) -> Vec<&Self> {
        account.oauth_clients()
    }

    fn check(&mut self, account: &AccountEntry, before: Option<&Self>) -> Result<(), AdministrationError> {
        check_name("name", &self.name)?;
        check_uses(&mut self.privileges, &self.addresses)?;
        if before.is_none() {
            expect_room::<Self>(account, MOST_CLIENTS)?;
            expect_free(account, "client_id", &self.client_id)?;
        }
        Ok(())
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutOauthClient(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteOauthClient(account, self.id)
    }
}

impl AccountResource for ApplicationToken {
    const KIND: &'static str = "application token";

    fn id(&self) -> i64 {
        self.id.0
    }

    fn all(account: &AccountEntry) -> Vec<&Self> {
        account.application_tokens()
    }

    fn check(&mut self, account: &AccountEntry, before: Option<&Self>) -> Result<(), AdministrationError> {
        check_name("name", &self.name)?;
        let mut others = Self::all(account).into_iter().filter(|other| other.id != self.id);
        if others.any(|other| other.name == self.name) {
            return Err(AdministrationError::Taken("name"));
        }
        if before.is_none() {
            expect_room::<Self>(account, Account::MAX_APPLICATION_TOKENS)?;
        }
        Ok(())
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutApplicationToken(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteApplicationToken(account, self.id)
    }
}
