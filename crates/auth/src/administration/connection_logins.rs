//! By which connections a user has come in, as the audit tells it.

use vestibule_model::{AuditAction, ConnectionId, Millis};
use vestibule_store::AuditQuery;

use super::{Administration, AdministrationError, Caller, Scope};
use crate::audit::AuditTrail;
use crate::directory::AccountUser;

/// How many of a user's newest logins are looked at.
const LOGINS: usize = 100;

/// How many pages of the audit are looked through for them.
const PAGES: usize = 20;

impl Administration<'_> {
    /// The connections by which a user opened a session, each with when it was last, the newest first: of the newest hundred
    /// logins that the audit still has.
    pub async fn last_logins_by_connection(
        &self,
        caller: &Caller,
        of: AccountUser,
    ) -> Result<Vec<(ConnectionId, Millis)>, AdministrationError> {
        caller.require(Scope::ReadAccount(of.account))?;
        self.present_user(of.account, of.user)?;
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
