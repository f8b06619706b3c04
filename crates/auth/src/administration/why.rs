//! "Why was I logged out?", asked by an administrator: about a session that somebody pasted, or the newest of a user.
//!
//! Nobody learns of a session whose account they may not read: the answer is that of a session that never was. What was
//! pasted is not kept anywhere.

use std::cmp::Reverse;

use vestibule_model::{Millis, SessionReference};

use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::AccountUser;
use crate::why::{Evidence, Life, life};

/// How many sessions of a user are told of: each costs a few looks at the audit.
const LIVES: usize = 10;

/// Writes a point in time for people.
pub type WriteTime<'a> = &'a (dyn Fn(Millis) -> String + Sync);

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
        let mut lives = Vec::new();
        for session in self.newest_sessions(of, caller.now).await? {
            lives.push(self.auth.why(session, caller.now, time).await?);
        }
        Ok(lives)
    }

    /// Those that the audit knows, then those that live although it knows them no more.
    async fn newest_sessions(
        &self,
        of: AccountUser,
        now: Millis,
    ) -> Result<Vec<SessionReference>, AdministrationError> {
        let mut newest = self.auth.sessions_of_user_in_audit(of, LIVES, now).await?;
        let mut living = self.auth.live.of_user(of.user, now);
        living.retain(|session| session.account == of.account);
        living.sort_unstable_by_key(|session| Reverse(session.created));
        for session in living.iter().map(|session| self.auth.audit.reference(session)) {
            if newest.len() < LIVES && !newest.contains(&session) {
                newest.push(session);
            }
        }
        Ok(newest)
    }
}
