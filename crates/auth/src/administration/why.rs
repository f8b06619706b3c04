//! "Why was I logged out?", asked by an administrator: about a session that somebody pasted, or the newest of a user.
//!
//! Nobody learns of a session whose account they may not read: the answer is that of a session that never was. What was
//! pasted is not kept anywhere.

use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::AccountUser;
use crate::why::{Evidence, Life, WriteTime, life};

/// How many sessions of a user are told of: no more are worth reading.
const LIVES: usize = 10;

impl Administration<'_> {
    /// The life of the session that somebody pasted.
    pub async fn why_pasted(
        &self,
        caller: &Caller,
        pasted: &str,
        time: WriteTime<'_>,
    ) -> Result<Life, AdministrationError> {
        self.auth.loaded().await;
        let found = self.auth.pasted_session(pasted, caller.now).ok_or_else(|| {
            let reason = "this is no reference, bearer, cookie or LiveVox id of this installation";
            AdministrationError::invalid("session", reason)
        })?;
        let details = self.auth.why(found.reference, caller.now, time).await?;
        let may_read = |account| caller.require(Scope::ReadAccount(account)).is_ok();
        if details.account.is_some_and(may_read) {
            return Ok(details);
        }
        Ok(life(Evidence::nothing(found.shown), time))
    }

    /// The lives of the newest sessions of a user, the newest first: at most ten.
    pub async fn why_of_user(
        &self,
        caller: &Caller,
        of: AccountUser,
        time: WriteTime<'_>,
    ) -> Result<Vec<Life>, AdministrationError> {
        caller.require(Scope::ReadAccount(of.account))?;
        self.auth.loaded().await;
        Ok(self.auth.why_of_user(of, LIVES, caller.now, time).await?)
    }
}
