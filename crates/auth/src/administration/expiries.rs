//! Secrets that stop working by themselves, as administrators see them coming.

use std::time::Duration;

use vestibule_model::{AccountId, AdministrationTokenId, Application, Millis};

use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::AccountEntry;

/// A secret that stops working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Whose it is.
    pub of: ExpiringSecret,
    /// Its name, or that of the application.
    pub name: String,
    /// When.
    pub at: Millis,
}

/// Whose secret stops working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiringSecret {
    /// That of a token of administration.
    AdministrationToken(AdministrationTokenId),
    /// The one that an application had before it was renewed.
    Superseded(AccountId, Application),
}

impl Administration<'_> {
    /// Those of the installation that work now and stop within a time, the next first.
    pub async fn expiries(
        &self,
        caller: &Caller,
        within: Duration,
    ) -> Result<Vec<Expiry>, AdministrationError> {
        caller.require(Scope::ReadInstallation)?;
        let (now, last) = (caller.now, caller.now.plus(within));
        let tokens = self.auth.store.administration_tokens().await?.into_iter();
        let tokens = tokens.filter(|token| token.is_valid(now)).map(|token| Expiry {
            of: ExpiringSecret::AdministrationToken(token.id),
            name: token.name,
            at: token.expires,
        });
        let accounts = self.auth.directory.account_ids().into_iter();
        let superseded = accounts.filter_map(|account| self.auth.directory.account(account));
        let superseded = superseded.flat_map(|entry| superseded_in(&entry));
        let is_near = |expiry: &Expiry| now < expiry.at && expiry.at <= last;
        let mut expiries: Vec<_> = tokens.chain(superseded).filter(is_near).collect();
        expiries.sort_by_key(|expiry| expiry.at);
        Ok(expiries)
    }
}

fn superseded_in(entry: &AccountEntry) -> Vec<Expiry> {
    let account = entry.account.id;
    let expiry = |application, name: &str, until: Option<Millis>| {
        let of = ExpiringSecret::Superseded(account, application);
        until.map(|at| Expiry { of, name: name.to_owned(), at })
    };
    let keys = entry.api_keys().into_iter().filter_map(|key| {
        let until = key.superseded.as_ref().map(|before| before.until);
        expiry(Application::ApiKey(key.id), &key.name, until)
    });
    let clients = entry.oauth_clients().into_iter().filter_map(|client| {
        let until = client.superseded.as_ref().map(|before| before.until);
        expiry(Application::OauthClient(client.id), &client.name, until)
    });
    let tokens = entry.application_tokens().into_iter().filter_map(|token| {
        let until = token.superseded.as_ref().map(|before| before.until);
        expiry(Application::Token(token.id), &token.name, until)
    });
    keys.chain(clients).chain(tokens).collect()
}
