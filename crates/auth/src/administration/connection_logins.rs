//! By which connections a user has come in, as the audit tells it.

use std::net::IpAddr;

use vestibule_model::{AccountId, AuditAction, ConnectionId, Millis, SessionReference, UserId};
use vestibule_store::AuditQuery;

use super::{Administration, AdministrationError, Caller, Scope};
use crate::audit::AuditTrail;
use crate::directory::AccountUser;

/// How many of a user's newest logins are looked at.
const LOGINS: usize = 30;

/// How many pages of the audit are looked through for them, some 20 ms each.
const PAGES: usize = 3;

/// How many of an account's newest logins are looked at, and in how many pages: beside those of a connection there may be many
/// others.
const LOGINS_OF_ACCOUNT: usize = 500;
const PAGES_OF_ACCOUNT: usize = 2;

/// The most users who are told of a connection.
const USERS: usize = 20;

/// Who came in by a connection, when they did last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameIn {
    /// Who.
    pub user: UserId,
    /// Their login name then.
    pub name: String,
    /// Whether there is such a user yet.
    pub is_there: bool,
    /// When.
    pub at: Millis,
    /// From where.
    pub address: Option<IpAddr>,
    /// The session that was opened.
    pub session: Option<SessionReference>,
}

impl Administration<'_> {
    /// The users who opened sessions by a connection, each with the last time, the newest first: at most twenty, of the newest five
    /// hundred logins of the account.
    pub async fn last_logins_by(
        &self,
        caller: &Caller,
        account: AccountId,
        connection: ConnectionId,
    ) -> Result<Vec<CameIn>, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        let entry = self.account_entry(account)?;
        let logins = AuditQuery {
            account: Some(account),
            action: Some(AuditAction::LoggedIn),
            limit: LOGINS_OF_ACCOUNT,
            ..AuditQuery::default()
        };
        let mut last: Vec<CameIn> = Vec::new();
        for login in self.auth.entries(logins, LOGINS_OF_ACCOUNT, PAGES_OF_ACCOUNT).await? {
            let record = login.record;
            let is_by_it = AuditTrail::connection_of(&record) == Some(connection);
            let Some(user) = record.user.filter(|_| is_by_it) else { continue };
            if last.len() < USERS && last.iter().all(|known| known.user != user) {
                last.push(CameIn {
                    user,
                    name: record.user_name.unwrap_or_default(),
                    is_there: entry.user(user).is_some(),
                    at: record.at,
                    address: record.address,
                    session: record.session,
                });
            }
        }
        Ok(last)
    }

    /// The connections by which a user opened a session, each with when it was last, the newest first: of the newest thirty
    /// logins that the audit still has. Where the account has no connection nothing is looked for.
    pub async fn last_logins_by_connection(
        &self,
        caller: &Caller,
        of: AccountUser,
    ) -> Result<Vec<(ConnectionId, Millis)>, AdministrationError> {
        caller.require(Scope::ReadAccount(of.account))?;
        self.present_user(of.account, of.user)?;
        if self.account_entry(of.account)?.connections().is_empty() {
            return Ok(Vec::new());
        }
        let logins = AuditQuery {
            account: Some(of.account),
            user: Some(of.user),
            action: Some(AuditAction::LoggedIn),
            limit: LOGINS,
            ..AuditQuery::default()
        };
        let mut last: Vec<(ConnectionId, Millis)> = Vec::new();
        for login in self.auth.entries(logins, LOGINS, PAGES).await? {
            let by = AuditTrail::connection_of(&login.record);
            if let Some(by) = by.filter(|by| last.iter().all(|(known, _)| known != by)) {
                last.push((by, login.record.at));
            }
        }
        Ok(last)
    }
}
