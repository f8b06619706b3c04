//! Opening a session for somebody who may: what becomes of the sessions before it, and making it durable.

use std::net::IpAddr;
use std::sync::Arc;

use tracing::Instrument;
use vestibule_model::{
    Application, Concurrency, Dialect, EndReason, Millis, Opening, Session, SessionId, SessionPolicy, User,
    WhenFull,
};
use vestibule_store::{Change, StoreError};

use crate::directory::AccountEntry;
use crate::service::Auth;
use crate::standing::Standing;

/// What is known of a session before it is opened.
pub(crate) struct Opened {
    pub(crate) entry: Arc<AccountEntry>,
    pub(crate) user: Arc<User>,
    pub(crate) application: Application,
    pub(crate) opening: Opening,
    pub(crate) dialect: Dialect,
    pub(crate) address: Option<IpAddr>,
    pub(crate) now: Millis,
}

/// Why a session was not opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    Refused(Standing),
    /// The user's credentials changed in the same moment.
    Stale,
    Store(StoreError),
}

impl Auth {
    /// Opens a session, durably. Logins of one user take turns, so that the policy on how many sessions a user
    /// may have holds however many come at once.
    ///
    /// Runs to its end also when the caller goes away: what was committed is in the table.
    pub(crate) async fn open(self: &Arc<Self>, opened: Opened) -> Result<Session, OpenError> {
        let auth = Arc::clone(self);
        let task = tokio::spawn(async move { auth.open_in_turn(opened).await }.in_current_span());
        task.await.unwrap_or_else(|ended| Err(OpenError::Store(StoreError::Unavailable(Box::new(ended)))))
    }

    async fn open_in_turn(&self, opened: Opened) -> Result<Session, OpenError> {
        let _turn = self.turns.of(opened.user.id).lock().await;
        let policy = &opened.entry.account.session_policy;
        let live = self.live.of_user(opened.user.id, opened.now);
        let ended = make_room(policy, live).map_err(OpenError::Refused)?;
        let session = self.new_session(&opened);

        let mut changes: Vec<Change> = ended.iter().map(|id| Change::EndSession(*id)).collect();
        changes.push(Change::OpenSession(Box::new(session.clone())));
        self.store.commit(changes).await.map_err(|error| match error {
            StoreError::StaleCredentials => OpenError::Stale,
            other => OpenError::Store(other),
        })?;

        let replaced = ended.len();
        for id in ended {
            self.live.remove(id);
            tracing::debug!(session = ?id, reason = ?EndReason::Replaced, "session ended");
        }
        self.live.insert(session.clone());
        tracing::info!(
            account = %session.account, user = %session.user, session = ?session.id, opening = ?session.opening, replaced,
            "session opened"
        );
        // Whoever changed the user since has updated the directory and then looked for sessions to end; if that
        // was before this session stood in the table, the directory tells here.
        if !self.is_current(&session) {
            self.end(&session, EndReason::CredentialsChanged).await.map_err(OpenError::Store)?;
            return Err(OpenError::Stale);
        }
        Ok(session)
    }

    fn new_session(&self, opened: &Opened) -> Session {
        let policy = &opened.entry.account.session_policy;
        Session {
            id: self.tokens.mint_session_id(&*self.rng),
            account: opened.entry.account.id,
            user: opened.user.id,
            application: opened.application,
            opening: opened.opening,
            dialect: opened.dialect,
            address: opened.address,
            created: opened.now,
            last_used: opened.now,
            idle: policy.idle(),
            absolute_end: policy.absolute_end(opened.now),
            credential_version: opened.user.credential_version,
        }
    }
}

/// Which of the live sessions have to end so that one more may be opened.
fn make_room(policy: &SessionPolicy, mut live: Vec<Session>) -> Result<Vec<SessionId>, Standing> {
    let keep = match policy.concurrency {
        Concurrency::One => 0,
        Concurrency::Many { limit: 0, .. } => return Ok(Vec::new()),
        Concurrency::Many { limit, when_full } => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            if when_full == WhenFull::Refuse && live.len() >= limit {
                return Err(Standing::TooManySessions);
            }
            limit.saturating_sub(1)
        }
    };
    live.sort_by_key(|session| std::cmp::Reverse(session.last_used));
    Ok(live.into_iter().skip(keep).map(|session| session.id).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vestibule_model::UserId;

    use super::*;

    fn sessions(last_used: &[i64]) -> Vec<Session> {
        let session = |(number, at): (u8, &i64)| Session {
            id: SessionId([number; 16]),
            account: "a".parse().unwrap(),
            user: UserId(1),
            application: Application::None,
            opening: Opening::Password,
            dialect: Dialect::LivePerson,
            address: None,
            created: Millis::EPOCH,
            last_used: Millis::from_unix(*at),
            idle: Duration::from_secs(1),
            absolute_end: None,
            credential_version: 1,
        };
        (0..).zip(last_used).map(session).collect()
    }

    fn policy(concurrency: Concurrency) -> SessionPolicy {
        SessionPolicy { concurrency, ..SessionPolicy::default() }
    }

    #[test]
    fn one_session_per_user_ends_every_other() {
        let ended = make_room(&policy(Concurrency::One), sessions(&[1, 2]));
        assert_eq!(ended.map(|ids| ids.len()), Ok(2));
    }

    #[test]
    fn sessions_without_limit_stand_beside_each_other() {
        let many = Concurrency::Many { limit: 0, when_full: WhenFull::Refuse };
        assert_eq!(make_room(&policy(many), sessions(&[1, 2, 3])), Ok(Vec::new()));
    }

    #[test]
    fn at_the_limit_the_session_used_longest_ago_ends() {
        let many = Concurrency::Many { limit: 3, when_full: WhenFull::EndOldest };
        assert_eq!(make_room(&policy(many), sessions(&[5, 1, 9])), Ok(vec![SessionId([1; 16])]));
    }

    #[test]
    fn at_the_limit_a_login_is_refused_where_policy_says_so() {
        let many = Concurrency::Many { limit: 2, when_full: WhenFull::Refuse };
        assert_eq!(make_room(&policy(many), sessions(&[1, 2])), Err(Standing::TooManySessions));
    }
}
