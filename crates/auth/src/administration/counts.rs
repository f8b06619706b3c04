//! How much there is: counted in the directory, exactly.

use vestibule_model::{AccountId, ApiKey, ApplicationToken, Connection, Group, OauthClient, Profile, Skill};

use super::account_resources::AccountResource;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::AccountEntry;

/// How many things of each kind an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountCounts {
    /// Users.
    pub users: usize,
    /// Profiles.
    pub profiles: usize,
    /// Groups.
    pub groups: usize,
    /// Skills.
    pub skills: usize,
    /// API keys.
    pub api_keys: usize,
    /// OAuth clients.
    pub oauth_clients: usize,
    /// Application tokens.
    pub application_tokens: usize,
    /// Connections to identity providers.
    pub connections: usize,
}

impl Administration<'_> {
    /// How much an account has.
    pub fn account_counts(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<AccountCounts, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        let entry = self.account_entry(account)?;
        Ok(AccountCounts {
            users: entry.count_users(|_| true),
            profiles: count::<Profile>(&entry),
            groups: count::<Group>(&entry),
            skills: count::<Skill>(&entry),
            api_keys: count::<ApiKey>(&entry),
            oauth_clients: count::<OauthClient>(&entry),
            application_tokens: count::<ApplicationToken>(&entry),
            connections: count::<Connection>(&entry),
        })
    }
}

fn count<P: AccountResource>(account: &AccountEntry) -> usize {
    P::all(account).len()
}
