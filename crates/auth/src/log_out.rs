//! Ending sessions: out of memory at once, then out of the store, whatever the store says (`ends`).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vestibule_model::{AccountId, Actor, Application, EndReason, Means, Millis, Session, TrafficOutcome};
use vestibule_store::{EndedSessions, StoreError};

use crate::audit::{self, End};
use crate::detach_on_drop::DetachOnDrop;
use crate::directory::AccountUser;
use crate::log_in::RETRY_AFTER;
use crate::refresh::Presented;
use crate::service::Auth;
use crate::traffic::{Caller, Route};

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
        let shown = self.presented(presented, |live| (live.entry.session(), Caller::live(live)));
        self.end_of_holder(shown.map(|(shown, _)| shown), presented.address, presented.now).await
    }

    /// Ends a session, counted as a logout, for whoever holds it; None: there is none. Runs to its end also when the caller goes away.
    pub(crate) async fn end_of_holder(
        self: &Arc<Self>,
        found: Option<(Session, Caller)>,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<(), LogOutError> {
        let Some((session, caller)) = found else {
            let outcome = TrafficOutcome::InvalidCredential;
            self.count_own(Route::LOGOUT, Caller::UNKNOWN, outcome, address, now);
            return Err(LogOutError::NoSession);
        };
        let end = self.by_holder(&session, address);
        let auth = Arc::clone(self);
        let whole = async move { auth.end_counted(&session, &end, caller, now).await };
        DetachOnDrop::new(whole).await.map_err(LogOutError::Store)
    }

    /// Ends a session, and counts that as a logout.
    pub(crate) async fn end_counted(
        &self,
        session: &Session,
        end: &End,
        caller: Caller,
        now: Millis,
    ) -> Result<(), StoreError> {
        let ended = self.ends.end(session, end).await;
        let outcome = if ended.is_ok() { TrafficOutcome::Allowed } else { TrafficOutcome::Unavailable };
        self.count_own(Route::LOGOUT, caller, outcome, end.address, now);
        ended
    }

    /// The end of a session that whoever holds it asks for.
    pub(crate) fn by_holder(&self, session: &Session, address: Option<IpAddr>) -> End {
        let user = self.directory.user_of(session);
        End {
            actor: user.map_or(Actor::Unknown, |user| audit::actor(&user)),
            means: Means::Session,
            address,
            dialect: Some(session.dialect),
            ..EndReason::LoggedOut.into()
        }
    }

    /// Ends what is selected, of an account or of all: refused in memory before this answers, and durable when it does. Answers how
    /// many there were.
    pub(crate) async fn end_selected(
        &self,
        sessions: EndedSessions,
        account: impl Into<Option<AccountId>>,
        end: End,
    ) -> Result<usize, StoreError> {
        self.loaded().await;
        self.ends.end_selected(sessions, account.into(), end, &Arc::default()).await
    }

    /// Ends all sessions of a user; answers how many there were. They are refused before this answers, and stay refused
    /// even when the store fails. Costs what the user has.
    pub async fn end_all_of_user(
        &self,
        AccountUser { account, user }: AccountUser,
        end: impl Into<End>,
    ) -> Result<usize, StoreError> {
        self.end_selected(EndedSessions::OfUser(user), account, end.into()).await
    }

    /// Ends all sessions that were opened with an application of an account; otherwise as [`Auth::end_all_of_user`], but costs a
    /// look at each of the account's.
    pub async fn end_all_of_application(
        &self,
        account: AccountId,
        application: Application,
        end: impl Into<End>,
    ) -> Result<usize, StoreError> {
        self.end_selected(EndedSessions::OfApplication(application), account, end.into()).await
    }
}
