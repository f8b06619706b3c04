//! Ending sessions: out of memory at once, then out of the store, whatever the store says (`ends`).

use std::net::IpAddr;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use vestibule_model::{Actor, Application, EndReason, Means, Session, UserId};
use vestibule_store::{Change, EndedSessions, StoreError};

use crate::audit::{self, End};
use crate::background::BATCH;
use crate::detach_on_drop::DetachOnDrop;
use crate::ends::Ending;
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
        let ending = Ending::of(EndedSessions::One(session.id));
        if self.live.remove(session.id).is_none() {
            // Somebody else was faster, and tells of it. This answers when that is durable.
            let changes = vec![Change::EndSession(session.id)];
            return self.store_end(changes, slice::from_ref(session), (end, &ending)).await;
        }
        self.end_removed(slice::from_ref(session), &ending, |_| end.clone()).await
    }

    /// Ends all sessions of a user; answers how many there were. They are refused before this answers, and stay refused
    /// even when the store fails. Costs what the user has.
    pub async fn end_all_of_user(&self, user: UserId, end: impl Into<End>) -> Result<usize, StoreError> {
        self.end_all_of_user_as(user, &end.into(), &Ending::of(EndedSessions::OfUser(user))).await
    }

    /// The same as part of a larger end.
    pub(crate) async fn end_all_of_user_as(
        &self,
        user: UserId,
        end: &End,
        ending: &Ending,
    ) -> Result<usize, StoreError> {
        self.loaded().await;
        let ended = {
            let _turn = self.user_locks.of(user).lock().await;
            self.live.remove_of_user(user)
        };
        self.end_removed(&ended, ending, |_| end.clone()).await.map(|()| ended.len())
    }

    /// Ends all sessions that were opened with an application; otherwise as [`Auth::end_all_of_user`].
    pub async fn end_all_of_application(
        &self,
        application: Application,
        end: impl Into<End>,
    ) -> Result<usize, StoreError> {
        self.loaded().await;
        let sessions = self.live.of_application(application, self.clock.now());
        let ended: Vec<Session> =
            sessions.into_iter().filter_map(|session| self.live.remove(session.id)).collect();
        let (end, ending) = (end.into(), Ending::of(EndedSessions::OfApplication(application)));
        self.end_removed(&ended, &ending, |_| end.clone()).await.map(|()| ended.len())
    }

    /// Takes sessions that have left the table out of the store and tells of it, in small batches; what the store does not
    /// take the journal keeps, as the end that this is part of.
    pub(crate) async fn end_removed(
        &self,
        sessions: &[Session],
        ending: &Ending,
        end: impl Fn(&Session) -> End,
    ) -> Result<(), StoreError> {
        let mut stored = Ok(());
        for batch in sessions.chunks(BATCH) {
            let tell = |session: &Session| {
                let end = end(session);
                tracing::debug!(session = ?session.id, user = %session.user, reason = %end.reason, "session ended");
                self.end_and_tell(session, &end)
            };
            let changes: Vec<Change> = batch.iter().flat_map(tell).collect();
            let Some(first) = batch.first() else { continue };
            if let Err(error) = self.store_end(changes, batch, (&end(first), ending)).await {
                stored = Err(error);
            }
        }
        stored
    }
}
