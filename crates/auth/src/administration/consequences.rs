//! What else goes when something is deleted, disabled or given other secrets: for whoever is asked whether it is meant.
//!
//! Says what is so now. What ends is decided when it is done, by the rules of ends.

use std::collections::HashMap;

use vestibule_model::{Account, AccountId, ApplicationId, ConnectionId, User, UserId};
use vestibule_store::{FederatedLogins, StoreError};

use super::live_sessions::SessionFilter;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::{AccountEntry, AccountUser, UserEntry};
use crate::eligibility::may_go_on;

/// What is to be deleted, disabled or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affected {
    /// An account with all that it has.
    Account(AccountId),
    /// A user.
    User(AccountUser),
    /// The API key, OAuth client or application token of this id.
    Application(AccountId, ApplicationId),
    /// A connection.
    Connection(AccountId, ConnectionId),
}

/// What rests on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    /// Live sessions, which end.
    pub sessions: usize,
    /// Users: of an account all, of an application the bots that are tied to it, of a connection those whom it knows.
    pub users: usize,
    /// API keys, OAuth clients and application tokens.
    pub applications: usize,
    /// Connections.
    pub connections: usize,
}

impl Affected {
    const fn account(self) -> AccountId {
        match self {
            Self::Account(account) | Self::Application(account, _) | Self::Connection(account, _) => account,
            Self::User(user) => user.account,
        }
    }
}

impl Administration<'_> {
    /// What rests on something of an account.
    pub async fn consequences(
        &self,
        caller: &Caller,
        affected: Affected,
    ) -> Result<Consequences, AdministrationError> {
        let account = affected.account();
        caller.require(Scope::ReadAccount(account))?;
        let entry = self.account_entry(account)?;
        let of_account = SessionFilter { account: Some(account), ..SessionFilter::default() };
        let nothing = Consequences::default();
        match affected {
            Affected::Account(_) => Ok(Consequences {
                sessions: self.count_live_sessions(caller, &of_account).await?,
                users: entry.count_users(|_| true),
                applications: entry.api_keys().len()
                    + entry.oauth_clients().len()
                    + entry.application_tokens().len(),
                connections: entry.connections().len(),
            }),
            Affected::User(AccountUser { user, .. }) => {
                self.present_user(account, user)?;
                let of_user = SessionFilter { user: Some(user), ..of_account };
                Ok(Consequences { sessions: self.count_live_sessions(caller, &of_user).await?, ..nothing })
            }
            Affected::Application(_, id) => {
                let users = entry.count_users(is_tied_to(&entry, id)?);
                let with_it = SessionFilter { application: Some(id), ..of_account };
                let sessions = self.count_live_sessions(caller, &with_it).await?;
                Ok(Consequences { sessions, users, ..nothing })
            }
            Affected::Connection(_, id) => {
                entry.connection(id).ok_or(AdministrationError::NotFound("connection"))?;
                let logins = FederatedLogins { connection: id, subject: None, session_index: None };
                let sessions = self.auth.ends.sessions_of_logins(logins).await?.len();
                let is_known = |user: &User| user.identities.iter().any(|known| known.connection == id);
                Ok(Consequences { sessions, users: entry.count_users(is_known), ..nothing })
            }
        }
    }
}

impl Administration<'_> {
    /// How many live sessions would end if an account became this one: those that its rules would let go on no more.
    pub async fn sessions_ended_by_change(
        &self,
        caller: &Caller,
        after: &Account,
    ) -> Result<usize, AdministrationError> {
        caller.require(Scope::ReadAccount(after.id))?;
        let entry = self.account_entry(after.id)?;
        let facts = entry.facts_as(after.clone(), self.auth.keys.sealer());
        let facts = facts.map_err(|error| StoreError::Unavailable(error.into()))?;
        let of_account = SessionFilter { account: Some(after.id), ..SessionFilter::default() };
        let (mut users, mut ended) = (HashMap::<UserId, UserEntry>::new(), 0);
        self.visit_live_sessions(caller, &of_account, |live| {
            let session = live.session();
            let user = users.entry(session.user);
            let user = user.or_insert_with(|| UserEntry::new(&facts, User::clone(&live.holder)));
            let may_stay = may_go_on(user, (&session).into(), session.address, caller.now);
            ended += usize::from(!may_stay);
        })
        .await?;
        Ok(ended)
    }
}

/// Whether a user is tied to an application of this id.
fn is_tied_to(
    entry: &AccountEntry,
    id: ApplicationId,
) -> Result<impl Fn(&User) -> bool, AdministrationError> {
    if entry.applications_of_id(id).is_empty() {
        return Err(AdministrationError::NotFound("application"));
    }
    let keys = entry.api_keys().into_iter().filter(|key| key.id == id).map(|key| key.app_key.clone());
    let clients = entry.oauth_clients().into_iter().filter(|client| client.id == id);
    let public: Vec<String> = keys.chain(clients.map(|client| client.client_id.clone())).collect();
    Ok(move |user: &User| user.allowed_app_key.as_ref().is_some_and(|key| public.contains(key)))
}
