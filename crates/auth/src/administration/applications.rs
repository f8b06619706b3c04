//! What API keys, OAuth clients and application tokens have in common: ids, rules, the bots that log in with them.

use std::collections::HashMap;

use vestibule_model::{
    AccountId, ApiKey, Application, ApplicationId, ApplicationToken, ClientMetadata, Millis, OauthClient,
    SecretDigest, SecretVersion,
};
use vestibule_store::{Change, PartRow};
use zeroize::Zeroizing;

use super::account_resources::AccountResource;
use super::random::ten_digits;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::AccountEntry;

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
        metadata: ClientMetadata::default(),
    }
}

impl Administration<'_> {
    /// An id that no application in the directory has. One that was deleted may have had it: then the store refuses.
    pub(super) fn new_application_id(&self) -> ApplicationId {
        loop {
            let id = ApplicationId(ten_digits(&*self.auth.rng));
            let accounts = self.auth.directory.account_ids().into_iter();
            let mut entries = accounts.filter_map(|account| self.auth.directory.account(account));
            if entries.all(|entry| entry.applications_of_id(id).is_empty()) {
                return id;
            }
        }
    }
}

impl Administration<'_> {
    /// When a session was last opened with each API key and OAuth client of an account; what never opened one is left out.
    pub async fn last_uses(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<HashMap<Application, Millis>, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        Ok(self.auth.store.last_uses(account).await?.into_iter().collect())
    }
}

impl AccountResource for ApiKey {
    const KIND: &'static str = "API key";

    fn id(&self) -> i64 {
        self.id.0
    }

    fn all(account: &AccountEntry) -> Vec<&Self> {
        account.api_keys()
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutApiKey(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteApiKey(account, self.id)
    }

    fn public_id(&self) -> Option<&str> {
        Some(&self.app_key)
    }

    fn rested_on(&self, after: &Self) -> Option<(Application, PartRow)> {
        let alike = Self {
            name: after.name.clone(),
            developer: after.developer.clone(),
            description: after.description.clone(),
            ..self.clone()
        };
        (alike != *after).then(|| (Application::ApiKey(self.id), PartRow::ApiKey(after.clone().into())))
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

    fn put(self, account: AccountId) -> Change {
        Change::PutOauthClient(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteOauthClient(account, self.id)
    }

    fn public_id(&self) -> Option<&str> {
        Some(&self.client_id)
    }

    fn rested_on(&self, after: &Self) -> Option<(Application, PartRow)> {
        let alike = Self { name: after.name.clone(), ..self.clone() };
        (alike != *after)
            .then(|| (Application::OauthClient(self.id), PartRow::OauthClient(after.clone().into())))
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

    fn put(self, account: AccountId) -> Change {
        Change::PutApplicationToken(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteApplicationToken(account, self.id)
    }

    fn rested_on(&self, after: &Self) -> Option<(Application, PartRow)> {
        let alike = Self {
            name: after.name.clone(),
            last_used: after.last_used,
            requests: after.requests,
            ..self.clone()
        };
        (alike != *after)
            .then(|| (Application::Token(self.id), PartRow::ApplicationToken(after.clone().into())))
    }
}
