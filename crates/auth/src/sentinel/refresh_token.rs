//! Refresh tokens: the session goes on, and its holder is given the bearer again (RFC 6749 §6).
//!
//! Those that rotate count once. A client that proved itself and repeats its last request, because the answer was lost, is given
//! the same answer; any other second use means that somebody else has the token, and ends the session (RFC 9700 §4.14.2).

use std::sync::Arc;
use std::time::Duration;

use vestibule_model::{GrantType, Millis, Refusal, Session, SessionId, TrafficOutcome};
use vestibule_store::{Change, RefreshTokenUse, StoreError};

use super::client::{OauthCredentials, ProvedClient};
use super::error::TokenError;
use crate::authorize::Live;
use crate::log_in::LogIn;
use crate::service::Auth;
use crate::traffic::{Caller, Route};

/// How long a client may repeat the request that rotated its token.
const REPEATED_WITHIN: Duration = Duration::from_secs(10);

/// How often it is tried again to rotate beside others who use the same token.
const ATTEMPTS: usize = 3;

/// What a client is given again.
pub struct RefreshedToken {
    /// The session: its bearer is the token.
    pub session: Session,
    /// What gives it the next time.
    pub refresh_token: String,
}

/// What a refresh token comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// It counts, and goes on counting.
    Keep,
    /// It counts, for the last time.
    Rotate,
    /// It was used just now, and the answer is the same.
    Repeat,
    /// It counted once, and somebody shows it again.
    Reused,
    /// It never counted.
    Wrong,
}

/// Which token is shown, and what is known of it.
struct Shown {
    /// After how many uses it counts.
    uses: u32,
    last: Option<RefreshTokenUse>,
    rotates: bool,
    /// Whether the client proved itself by a secret.
    is_proved: bool,
    now: Millis,
}

impl Shown {
    fn judge(&self) -> Use {
        let count = self.last.map_or(0, |last| last.count);
        if self.uses == count {
            return if self.rotates { Use::Rotate } else { Use::Keep };
        }
        if self.uses > count {
            return Use::Wrong;
        }
        let is_last = self.uses.checked_add(1) == Some(count);
        let is_fresh = self.last.is_some_and(|last| self.now < last.at.plus(REPEATED_WITHIN));
        if is_last && is_fresh && self.is_proved { Use::Repeat } else { Use::Reused }
    }
}

impl Auth {
    /// Slides the session that a refresh token names, and gives its bearer again.
    pub async fn refresh_token(
        self: &Arc<Self>,
        at: LogIn,
        credentials: OauthCredentials,
        token: String,
    ) -> Result<RefreshedToken, TokenError> {
        let client = self.admit_client(at, Route::TOKEN, &credentials)?;
        let auth = Arc::clone(self);
        let whole = async move {
            client.expect(&auth, GrantType::RefreshToken)?;
            auth.refresh_by_token(at, &client, &token).await
        };
        self.settle(at, whole).await
    }

    async fn refresh_by_token(
        &self,
        at: LogIn,
        client: &ProvedClient,
        token: &str,
    ) -> Result<RefreshedToken, TokenError> {
        let wrong = || client.invalid_grant(self, Refusal::NoSession);
        let (id, uses) = self.keys.tokens().read_refresh_token(token).ok_or_else(wrong)?;
        self.recall_session(id).await?;
        if !self.is_of_client(id, client, at) {
            return Err(wrong());
        }
        let may = |live: &mut Live<'_>| self.directory.may_go_on(live, at.address, at.now);
        if self.live.with(id, at.now, may) != Some(true) {
            return Err(client.invalid_grant(self, Refusal::MayNotStay));
        }
        let uses = self.use_token(at, client, (id, uses)).await?;
        let slide = |live: &mut Live<'_>| {
            live.touch(at.now);
            (live.entry.session(), Caller::live(live))
        };
        let (session, caller) = self.live.with(id, at.now, slide).ok_or_else(wrong)?;
        self.count_own(Route::TOKEN, caller, TrafficOutcome::Allowed, at.address, at.now);
        Ok(RefreshedToken { session, refresh_token: self.keys.tokens().refresh_token(id, uses) })
    }

    /// Uses a token; answers after how many uses the next one counts.
    async fn use_token(
        &self,
        at: LogIn,
        client: &ProvedClient,
        (id, uses): (SessionId, u32),
    ) -> Result<u32, TokenError> {
        let metadata = &client.client.metadata;
        for _ in 0..ATTEMPTS {
            let last = self.store.refresh_token_use(id).await.map_err(TokenError::Store)?;
            let (rotates, is_proved) = (metadata.rotates(), !metadata.public);
            let next = uses.saturating_add(1);
            match (Shown { uses, last, rotates, is_proved, now: at.now }).judge() {
                Use::Keep => return Ok(uses),
                Use::Repeat => return Ok(next),
                Use::Reused => return Err(self.end_reused(id, client, at).await),
                Use::Wrong => return Err(client.invalid_grant(self, Refusal::NoSession)),
                Use::Rotate => {
                    let next = RefreshTokenUse { count: next, at: at.now };
                    let noted = self.store.commit(vec![Change::RotateRefreshToken { session: id, next }]);
                    match noted.await {
                        Ok(_) => return Ok(next.count),
                        // Somebody else was faster: it is looked at again.
                        Err(StoreError::AlreadyConsumed) => {}
                        Err(error) => return Err(TokenError::Store(error)),
                    }
                }
            }
        }
        Err(client.invalid_grant(self, Refusal::Stale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(uses: u32, count: u32, rotates: bool, is_proved: bool, after: u64) -> Use {
        let at = Millis::from_unix(1_000);
        let last = Some(RefreshTokenUse { count, at }).filter(|_| count > 0);
        let now = at.plus(Duration::from_millis(after));
        Shown { uses, last, rotates, is_proved, now }.judge()
    }

    #[test]
    fn a_token_that_rotates_counts_once() {
        assert_eq!(judged(0, 0, true, true, 0), Use::Rotate);
        assert_eq!(judged(3, 3, true, false, 99_999), Use::Rotate);
        assert_eq!(judged(0, 2, true, true, 0), Use::Reused);
        assert_eq!(judged(1, 2, true, false, 0), Use::Reused);
    }

    #[test]
    fn a_client_that_proved_itself_may_repeat_its_last_request_for_ten_seconds() {
        let judged = |after| judged(1, 2, true, true, after);
        assert_eq!([0, 9_999, 10_000].map(judged), [Use::Repeat, Use::Repeat, Use::Reused]);
    }

    #[test]
    fn a_token_that_does_not_rotate_counts_until_one_that_did_came_after_it() {
        assert_eq!(judged(0, 0, false, true, 0), Use::Keep);
        assert_eq!(judged(2, 2, false, true, 0), Use::Keep);
        assert_eq!(judged(0, 2, false, true, 0), Use::Reused);
    }

    #[test]
    fn a_token_of_uses_that_there_were_not_is_wrong() {
        assert_eq!(judged(1, 0, true, true, 0), Use::Wrong);
        assert_eq!(judged(u32::MAX, 2, true, true, 0), Use::Wrong);
    }
}
