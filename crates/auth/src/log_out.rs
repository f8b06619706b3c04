//! Ending sessions: out of memory at once, then out of the store, whatever the store says (`ends`).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vestibule_model::{AccountId, Actor, Application, EndReason, Means, Session, UserId};
use vestibule_store::{Change, EndedSessions, StoreError};

use crate::audit::{self, End};
use crate::detach_on_drop::DetachOnDrop;
use crate::log_in::RETRY_AFTER;
use crate::refresh::Presented;
use crate::service::Auth;

/// Why a logout was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum LogOutError {
    /// No live session of this account belongs to what was shown.
    #[error("no such session")]
    NoSession,
    /// The session is refused from now on, but neither store nor journal could make that durable yet; it is tried again.
    #[error("the end of the session could not be stored yet")]
    Store(#[source] StoreError),
}

impl LogOutError {
    /// How long to wait before the same is worth asking again; None: it would be refused again, or it is a fault of ours.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Store(error) => error.is_temporary().then_some(RETRY_AFTER),
            Self::NoSession => None,
        }
    }
}

impl Auth {
    /// Ends the session that was shown. Its cookie, csrf and bearer stop working before this answers, and stay
    /// refused even when the store fails, also after a restart: what the store does not take the journal has.
    pub async fn log_out(self: &Arc<Self>, presented: Presented<'_>) -> Result<(), LogOutError> {
        let shown = self.presented(presented, |live| live.entry.session());
        let (session, _) = shown.ok_or(LogOutError::NoSession)?;
        let end = self.by_holder(&session, presented.address);
        self.end_detached(session, end).await.map_err(LogOutError::Store)
    }

    /// The end of a session that whoever holds it asks for.
    pub(crate) fn by_holder(&self, session: &Session, address: Option<IpAddr>) -> End {
        let user = self.user_of(session);
        End {
            actor: user.map_or(Actor::Unknown, |user| audit::actor(&user)),
            means: Means::Session,
            address,
            dialect: Some(session.dialect),
            ..EndReason::LoggedOut.into()
        }
    }

    /// [`Auth::end`], which runs to its end also when the caller goes away.
    pub(crate) async fn end_detached(self: &Arc<Self>, session: Session, end: End) -> Result<(), StoreError> {
        let auth = Arc::clone(self);
        DetachOnDrop::new(async move { auth.end(&session, &end).await }).await
    }

    /// Takes a session out of the table, then out of the store; what the store does not take the journal keeps.
    pub(crate) async fn end(&self, session: &Session, end: &End) -> Result<(), StoreError> {
        let mut changes = vec![Change::EndSession(session.id)];
        // If it has left, somebody else was faster, and tells of it. This answers when that is durable.
        if self.live.remove(session.id).is_some() {
            tracing::debug!(session = ?session.id, user = %session.user, reason = %end.reason, "session ended");
            changes = self.audit.end_and_tell(session, end).to_vec();
        }
        self.store_end(changes, session, end).await
    }

    /// Ends all sessions of a user; answers how many there were. They are refused before this answers, and stay refused
    /// even when the store fails. Costs what the user has.
    pub async fn end_all_of_user(
        &self,
        (account, user): (AccountId, UserId),
        end: impl Into<End>,
    ) -> Result<usize, StoreError> {
        self.end_selected((EndedSessions::OfUser(user), Some(account)), end.into()).await
    }

    /// Ends all sessions that were opened with an application of an account; otherwise as [`Auth::end_all_of_user`], but costs a
    /// look at each of the account's.
    pub async fn end_all_of_application(
        &self,
        (account, application): (AccountId, Application),
        end: impl Into<End>,
    ) -> Result<usize, StoreError> {
        self.end_selected((EndedSessions::OfApplication(application), Some(account)), end.into()).await
    }
}
