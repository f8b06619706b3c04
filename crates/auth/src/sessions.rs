//! The sessions that somebody may see: their own, or the account's, by their rank.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{EndReason, Means, Millis, Rank, Session};

use crate::audit::{self, End};
use crate::authorize::Authorized;
use crate::directory::UserEntry;
use crate::log_out::LogOutError;
use crate::service::Auth;

/// A session as it is listed.
pub struct Listed {
    /// The session, as it is told at the time of asking.
    pub session: Session,
    /// Its user.
    pub user: Arc<UserEntry>,
    /// When it ends if it is not used again.
    pub expires_at: Millis,
}

/// Why a session is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionAccessError {
    /// There is none of this name, as far as the caller may know.
    #[error("no such session")]
    NoSession,
    /// The caller's rank allows no look at the sessions of others, whether or not this is one.
    #[error("the caller may see only sessions of their own")]
    NotAllowed,
}

impl Auth {
    /// A session of the table as it is told at `now`. Not to be called while a session is locked.
    pub(crate) fn listed(&self, session: Session, user: Arc<UserEntry>, now: Millis) -> Listed {
        let expires_at = self.live.expires_at(&session, now);
        Listed { session: session.as_of(now), user, expires_at }
    }

    /// The sessions that the caller may see, oldest first: system administrators and super users see the account's,
    /// but no super user those of a system administrator; others see their own (contract livevox §6).
    pub fn sessions_seen_by(&self, caller: &Authorized, now: Millis) -> Vec<Listed> {
        let account = self.directory.account(caller.session.account);
        // Each as it is found: what follows from the account's profiles may have changed since its entry was made.
        let users = account.map_or_else(Vec::new, |account| {
            account.users().into_iter().filter_map(|user| account.user(user.id)).collect()
        });
        let mut listed: Vec<Listed> = users
            .into_iter()
            .filter(|user| sees(caller, user))
            .flat_map(|user| {
                let sessions = self.live.of_user(user.id, now);
                sessions.into_iter().map(move |session| self.listed(session, Arc::clone(&user), now))
            })
            .filter(|listed| self.directory.is_current(&listed.session, now))
            .collect();
        listed.sort_by_key(|listed| (listed.session.created, listed.session.id));
        listed
    }

    /// One of those sessions, by its reference, or the caller's own by its LiveVox id.
    pub fn session_seen_by(
        &self,
        caller: &Authorized,
        name: [u8; 16],
        now: Millis,
    ) -> Result<Listed, SessionAccessError> {
        let found = self.session_named(caller, name, now);
        match found.filter(|listed| sees(caller, &listed.user)) {
            Some(listed) => Ok(listed),
            None if caller.rank() >= Rank::SuperUser => Err(SessionAccessError::NoSession),
            None => Err(SessionAccessError::NotAllowed),
        }
    }

    /// The account's session of this name, whoever may see it.
    fn session_named(&self, caller: &Authorized, name: [u8; 16], now: Millis) -> Option<Listed> {
        let named = self.with_reference(name, now, |live| live.entry.session());
        let own = || Some(caller.session.clone()).filter(|own| self.keys.tokens().livevox(own.id) == name);
        let session = named.or_else(own).filter(|session| session.account == caller.session.account)?;
        let user = self.directory.user_of(&session).filter(|_| self.directory.is_current(&session, now))?;
        Some(self.listed(session, user, now))
    }

    /// Ends a session that the caller was shown: their own, or that of somebody they outrank.
    pub async fn end_listed(
        self: &Arc<Self>,
        caller: &Authorized,
        listed: Listed,
        address: Option<IpAddr>,
    ) -> Result<(), LogOutError> {
        let reason = match &listed.session {
            session if session.id == caller.session.id => EndReason::LoggedOut,
            session if session.user == caller.session.user => EndReason::EndedByOwner,
            _ => EndReason::EndedByAdministrator,
        };
        let end = End {
            actor: audit::actor(&caller.user),
            means: Means::Session,
            address,
            dialect: Some(caller.session.dialect),
            ..reason.into()
        };
        self.ends.end_detached(listed.session, end).await.map_err(LogOutError::Store)
    }
}

fn sees(caller: &Authorized, user: &UserEntry) -> bool {
    if user.id == caller.user.id {
        return true;
    }
    match caller.rank() {
        Rank::SysAdmin => true,
        Rank::SuperUser => user.grants().rank != Rank::SysAdmin,
        Rank::ItUser | Rank::Manager | Rank::Agent => false,
    }
}
