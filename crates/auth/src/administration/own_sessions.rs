//! The caller's own sessions, of whatever role they are: those of the console and of the API alike.

use vestibule_model::{EndReason, SessionReference};

use super::{Administration, AdministrationError, Caller};
use crate::authorize::{Authorized, CredentialKind};
use crate::log_out::LogOutError;
use crate::sessions::Listed;

impl Administration<'_> {
    /// The caller's sessions: the one in which they ask, then the newest of the others; a thousand at most.
    pub fn own_sessions(&self, caller: &Caller) -> Result<Vec<Listed>, AdministrationError> {
        Ok(self.auth.own_sessions(&self.authorized(caller)?, caller.now))
    }

    /// Ends one of the caller's sessions. One that has ended has ended.
    pub async fn end_own_session(
        &self,
        caller: &Caller,
        reference: SessionReference,
    ) -> Result<(), AdministrationError> {
        let own = self.auth.own_session(&self.authorized(caller)?, reference.0, caller.now);
        let Some(own) = own else { return Ok(()) };
        let reason =
            if caller.is_in(own.session.id) { EndReason::LoggedOut } else { EndReason::EndedByOwner };
        Ok(self.auth.ends.end_detached(own.session, caller.end_for(reason)).await?)
    }

    /// Ends every session of the caller but the one in which they ask; answers how many there were.
    pub async fn end_own_others(&self, caller: &Caller) -> Result<usize, AdministrationError> {
        let ended = self.auth.end_own_others(&self.authorized(caller)?, caller.address).await;
        ended.map_err(|error| match error {
            LogOutError::Store(error) => AdministrationError::Store(error),
            LogOutError::NoSession => AdministrationError::NotFound("session"),
        })
    }

    fn authorized(&self, caller: &Caller) -> Result<Authorized, AdministrationError> {
        caller.expect_second_factor()?;
        let holder = self.holder(caller)?;
        let session = caller.session().cloned().ok_or(AdministrationError::NotProved)?;
        Ok(Authorized { session, user: holder.user, shown_by: CredentialKind::Cookie })
    }
}
