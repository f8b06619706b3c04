//! Filling the live-session table from the store while requests are answered.
//!
//! Until it is complete a miss is no answer: the session that a request shows is read from the store by its id first
//! ([`Auth::recall`]). What has to know all sessions of a user, as a login must, waits for the table; so does a LiveVox
//! id, by which the store finds nothing.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use vestibule_model::{Session, SessionId};
use vestibule_store::StoreError;

use crate::audit::why_not_current;
use crate::authorize::Credential;
use crate::service::Auth;

/// How many sessions are read from the store at once.
const PAGE: usize = 2_000;

/// How long to wait before the store is asked again after it failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The store does not tell, and the table does not know yet. Whether there is such a session is unknown.
#[derive(Debug, thiserror::Error)]
#[error("the session cannot be read from the store yet")]
pub struct RecallError(#[source] StoreError);

impl RecallError {
    pub(crate) fn into_source(self) -> StoreError {
        self.0
    }
}

fn note_failure(error: &StoreError) {
    let cause = error.source().map(tracing::field::display);
    tracing::error!(%error, cause, "the sessions cannot be read from the store; it is tried again");
}

impl Auth {
    /// Fills the table, however often the store fails meanwhile. To be called once.
    pub async fn load(&self) {
        let mut after = None;
        loop {
            match self.load_page(after).await {
                Ok(Some(last)) => after = Some(last),
                Ok(None) => break,
                Err(error) => {
                    note_failure(&error);
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        self.live.complete();
        self.loaded.send_replace(true);
        tracing::info!(sessions = self.session_count(), "the table of live sessions is complete");
    }

    /// Whether the table is complete.
    pub fn is_loaded(&self) -> bool {
        self.live.is_complete()
    }

    /// Returns when the table is complete.
    pub async fn loaded(&self) {
        if !self.is_loaded() {
            // The sender lives as long as this.
            let _ = self.loaded.subscribe().wait_for(|loaded| *loaded).await;
        }
    }

    /// Reads the session that this shows from the store, as long as the table may not have it. A credential that is not
    /// genuine costs nothing.
    pub async fn recall(&self, credential: Credential<'_>) -> Result<(), RecallError> {
        if self.is_loaded() {
            return Ok(());
        }
        let ids: Vec<SessionId> = match credential {
            Credential::Bearer(bearer) => self.tokens.read_bearer(bearer).into_iter().collect(),
            Credential::Cookies(cookies) => {
                cookies.iter().filter_map(|cookie| self.tokens.read_cookie(cookie)).collect()
            }
            Credential::LivevoxId(_) => {
                self.loaded().await;
                return Ok(());
            }
        };
        self.recall_all(ids).await
    }

    async fn recall_all(&self, ids: Vec<SessionId>) -> Result<(), RecallError> {
        let now = self.clock.now();
        for id in ids {
            if self.live.with(id, now, |_| ()).is_none()
                && let Some(session) = self.store.session(id).await.map_err(RecallError)?
            {
                self.keep_stored(session);
            }
        }
        Ok(())
    }

    /// Reads the page behind a session; answers the last of it, unless there are no more.
    async fn load_page(&self, after: Option<SessionId>) -> Result<Option<SessionId>, StoreError> {
        let page = self.store.sessions(after, PAGE).await?;
        let last = page.last().map(|session| session.id).filter(|_| page.len() == PAGE);
        for session in page {
            self.keep_stored(session);
        }
        Ok(last)
    }

    /// Puts a session of the store into the table. A stored `last_used` may lag behind the true one, so each session gets
    /// that lag on top: none ends early because of a crash.
    fn keep_stored(&self, mut session: Session) {
        session.last_used = session.last_used.plus(self.intervals.lag(session.idle));
        // One that has expired is removed like any other, in its time.
        let user = self.user_of(&session).filter(|user| user.enabled);
        let current = user.is_some_and(|user| {
            self.live.insert_stored(&session, Arc::clone(&user));
            // Whoever changed the user in the meantime has looked for sessions to end, and not seen this one.
            !user.is_replaced() || self.is_current(&session)
        });
        if !current {
            self.live.remove(session.id);
            let account = self.directory.account(session.account);
            let reason = why_not_current(&session, None, account.as_deref(), self.clock.now());
            self.retry.push(self.end_and_tell(&session, &reason.into()).to_vec());
        }
    }
}
