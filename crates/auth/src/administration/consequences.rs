//! What else goes when something is deleted, disabled or given other secrets: for whoever is asked whether it is meant.
//!
//! Says what is so now. What ends is decided when it is done, by the rules of ends. What a change would end is told in
//! `ended_by_change`.

use vestibule_model::{AccountId, ApplicationId, ConnectionId, User};
use vestibule_store::FederatedLogins;

use super::live_sessions::SessionFilter;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::{AccountEntry, AccountUser};

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
                let sessions = self.sessions_ended_without(caller, account, id).await?;
                Ok(Consequences { sessions, users, ..nothing })
            }
            Affected::Connection(_, id) => {
                entry.connection(id).ok_or(AdministrationError::NotFound("connection"))?;
                let sessions = self.count_opened_by(caller, &of_account, id).await?;
                let is_known = |user: &User| user.identities.iter().any(|known| known.connection == id);
                Ok(Consequences { sessions, users: entry.count_users(is_known), ..nothing })
            }
        }
    }

    /// How many live sessions a connection has opened: which they are the store knows, and whether they live the table.
    async fn count_opened_by(
        &self,
        caller: &Caller,
        of_account: &SessionFilter,
        connection: ConnectionId,
    ) -> Result<usize, AdministrationError> {
        let logins = FederatedLogins { connection, subject: None, session_index: None };
        let opened = self.auth.ends.numbers_of_logins(logins).await?;
        if opened.is_empty() {
            return Ok(0);
        }
        let mut count = 0;
        self.visit_live_sessions(caller, of_account, |live| {
            count += usize::from(opened.binary_search(&live.number()).is_ok());
        })
        .await?;
        Ok(count)
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
