//! Ending sessions: out of memory at once, then out of the store, whatever the store says.

use std::sync::Arc;

use tracing::Instrument;
use vestibule_model::{EndReason, Session};
use vestibule_store::{Change, StoreError};

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
        let (live, _) = self.presented(presented).ok_or(LogOutError::NoSession)?;
        let session = live.session();
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
        tracing::info!(session = ?session.id, user = %session.user, ?reason, "session ended");
        let ended = self.store.commit(vec![Change::EndSession(session.id)]).await;
        if ended.is_err() {
            self.retry.push(Change::EndSession(session.id));
        }
        ended
    }
}
