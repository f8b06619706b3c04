//! Ending sessions: out of memory at once, then out of the store, whatever the store says.

use std::sync::Arc;

use tracing::Instrument;
use vestibule_model::{Application, EndReason, Session, SessionId, UserId};
use vestibule_store::{Change, StoreError};

use crate::background::BATCH;
use crate::refresh::Presented;
use crate::service::Auth;

/// Why a logout was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum LogOutError {
    /// No live session of this account belongs to what was shown.
    #[error("no such session")]
    NoSession,
    /// The session is refused from now on, but that could not be made durable yet; it is tried again.
    #[error("the end of the session could not be stored yet")]
    Store(#[source] StoreError),
}

impl Auth {
    /// Ends the session that was shown. Its cookie, csrf and bearer stop working before this answers, and stay
    /// refused even when the store fails.
    pub async fn log_out(self: &Arc<Self>, presented: Presented<'_>) -> Result<(), LogOutError> {
        let shown = self.presented(presented, |live| live.entry.session());
        let (session, _) = shown.ok_or(LogOutError::NoSession)?;
        self.end_detached(session, EndReason::LoggedOut).await.map_err(LogOutError::Store)
    }

    /// [`Auth::end`], which runs to its end also when the caller goes away.
    pub(crate) async fn end_detached(
        self: &Arc<Self>,
        session: Session,
        reason: EndReason,
    ) -> Result<(), StoreError> {
        let auth = Arc::clone(self);
        let ended = async move { auth.end(&session, reason).await };
        let task = tokio::spawn(ended.in_current_span());
        task.await.unwrap_or_else(|ended| Err(StoreError::Unavailable(Box::new(ended))))
    }

    /// Takes a session out of the table, then out of the store; what the store does not take is tried again.
    pub(crate) async fn end(&self, session: &Session, reason: EndReason) -> Result<(), StoreError> {
        self.live.remove(session.id);
        tracing::debug!(session = ?session.id, user = %session.user, ?reason, "session ended");
        let ended = self.store.commit(vec![Change::EndSession(session.id)]).await;
        if ended.is_err() {
            self.retry.push(Change::EndSession(session.id));
        }
        ended
    }

    /// Ends all sessions of a user; answers how many there were. They are refused before this answers, and stay refused
    /// even when the store fails. Costs what the user has.
    pub async fn end_all_of_user(&self, user: UserId, reason: EndReason) -> Result<usize, StoreError> {
        self.loaded().await;
        let ended = {
            let _turn = self.turns.of(user).lock().await;
            self.live.remove_of_user(user)
        };
        self.end_removed(ended, reason).await
    }

    /// Ends all sessions that were opened with an application; otherwise as [`Auth::end_all_of_user`].
    pub async fn end_all_of_application(
        &self,
        application: Application,
        reason: EndReason,
    ) -> Result<usize, StoreError> {
        self.loaded().await;
        let sessions = self.live.of_application(application, self.clock.now());
        let ended = sessions.into_iter().filter_map(|session| self.live.remove(session.id)).collect();
        self.end_removed(ended, reason).await
    }

    async fn end_removed(&self, ended: Vec<Session>, reason: EndReason) -> Result<usize, StoreError> {
        for session in &ended {
            tracing::debug!(session = ?session.id, user = %session.user, ?reason, "session ended");
        }
        let ids: Vec<SessionId> = ended.iter().map(|session| session.id).collect();
        self.end_in_store(&ids).await.map(|()| ids.len())
    }

    /// Takes sessions that have left the table out of the store, in small batches; what it does not take is tried again.
    pub(crate) async fn end_in_store(&self, ids: &[SessionId]) -> Result<(), StoreError> {
        let mut stored = Ok(());
        for batch in ids.chunks(BATCH) {
            let ends: Vec<Change> = batch.iter().map(|id| Change::EndSession(*id)).collect();
            if let Err(error) = self.store.commit(ends.clone()).await {
                self.retry.extend(ends);
                stored = Err(error);
            }
        }
        stored
    }
}
