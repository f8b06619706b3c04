//! A user's own sessions, for whoever holds one of them: listed and ended, whatever dialect opened them. Nobody sees more
//! here than their own, whatever their rank.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;

use tracing::Instrument;
use vestibule_model::{EndReason, Means, Millis, Session};
use vestibule_store::{EndedSessions, StoreError};

use crate::audit::{self, End};
use crate::authorize::Authorized;
use crate::log_out::LogOutError;
use crate::service::Auth;
use crate::sessions::Listed;

/// How many sessions a list has at most.
const MOST: usize = 1_000;

impl Auth {
    /// The caller's sessions: the one that they hold, then the newest of the others; a thousand at most.
    pub fn own_sessions(&self, caller: &Authorized, now: Millis) -> Vec<Listed> {
        let mut own = self.live.of_user(caller.session.user, now);
        own.retain(|session| self.directory.is_current(session, now));
        let is_another = |session: &Session| session.id != caller.session.id;
        own.sort_unstable_by_key(|session| (is_another(session), Reverse(session.created), session.id));
        own.truncate(MOST);
        own.into_iter().map(|session| self.listed(session, Arc::clone(&caller.user), now)).collect()
    }

    /// One of the caller's sessions, by its reference.
    pub fn own_session(&self, caller: &Authorized, reference: [u8; 16], now: Millis) -> Option<Listed> {
        let session = self.with_reference(reference, now, |live| live.entry.session())?;
        let is_own = session.user == caller.session.user && self.directory.is_current(&session, now);
        is_own.then(|| self.listed(session, Arc::clone(&caller.user), now))
    }

    /// Ends every session of the caller but the one that they hold; answers how many there were. They are refused before
    /// this answers, and stay refused even when the store fails.
    pub async fn end_own_others(
        self: &Arc<Self>,
        caller: &Authorized,
        address: Option<IpAddr>,
    ) -> Result<usize, LogOutError> {
        let end = End {
            actor: audit::actor(&caller.user),
            means: Means::Session,
            address,
            dialect: Some(caller.session.dialect),
            ..EndReason::EndedByOwner.into()
        };
        let (auth, held) = (Arc::clone(self), caller.session.clone());
        // Runs to its end also when the caller goes away: what has left the table has to leave the store.
        let ended = async move { auth.end_others(&held, end).await };
        let ended = tokio::spawn(ended.in_current_span()).await;
        ended
            .unwrap_or_else(|ended| Err(StoreError::Unavailable(Box::new(ended))))
            .map_err(LogOutError::Store)
    }

    async fn end_others(&self, held: &Session, end: End) -> Result<usize, StoreError> {
        let others = EndedSessions::OfUserBut(held.user, held.id);
        self.end_selected(others, held.account, end).await
    }

    /// Those of the cookies that are genuine and that the csrf value belongs to, whether or not their sessions live.
    pub fn cookies_of<'a>(&self, cookies: &[&'a str], csrf: &str) -> Vec<&'a str> {
        let belongs = |cookie: &&&str| {
            self.keys.tokens().read_cookie(cookie).is_some_and(|id| self.keys.tokens().csrf_matches(id, csrf))
        };
        cookies.iter().filter(belongs).copied().collect()
    }
}
