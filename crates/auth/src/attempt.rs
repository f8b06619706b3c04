//! An attempt to log in: admitted, proved, judged, settled. The same for every kind of password attempt, so that none
//! escapes the limits.

use std::sync::Arc;

use tracing::Instrument;
use vestibule_model::{Millis, User, UserId};
use vestibule_store::{Change, StoreError};

use crate::directory::{AccountEntry, UserEntry};
use crate::lockout::Verdict;
use crate::log_in::{LogIn, LogInError, RETRY_AFTER, UserCredentials};
use crate::service::Auth;
use crate::standing::Standing;

/// Whether an attempt failed in a way that counts against the address it came from.
pub(crate) trait Failed {
    fn is_bad_credentials(&self) -> bool;
}

impl Failed for LogInError {
    fn is_bad_credentials(&self) -> bool {
        matches!(self, Self::BadCredentials)
    }
}

impl Auth {
    /// Turns away who is blocked, or has failed too often from their address; charges the address until it is known
    /// how the attempt ends.
    pub(crate) fn admit(&self, at: LogIn, user_name: &str) -> Result<(), LogInError> {
        if self.block_list.blocks(at.account, user_name) {
            return Err(LogInError::Blocked);
        }
        let charged = at.address.map_or(Ok(()), |address| self.failures.charge(address, at.now));
        charged.map_err(|wait| LogInError::TooMany { retry_after: wait.max(RETRY_AFTER) })
    }

    /// The user whose password this is. One hash, whoever it is; failures count for the user's lock-out.
    pub(crate) async fn prove(
        self: &Arc<Self>,
        at: LogIn,
        credentials: UserCredentials,
    ) -> Result<(Arc<AccountEntry>, Arc<UserEntry>), LogInError> {
        let known = self
            .account(at)
            .and_then(|entry| entry.user_named(credentials.population, &credentials.user_name));
        let stored = known.as_ref().and_then(|user| user.password.as_ref());
        let hash = stored.map_or_else(|| self.decoy_hash.clone(), |password| password.hash.clone());
        let has_password = stored.is_some();

        let verified = self
            .hash_pool
            .verify(hash.clone(), credentials.password, self.new_salt(), at.now)
            .await
            .map_err(|_| LogInError::overloaded())?;
        let right = verified.right && has_password;

        // Looked up once more: account and user may have changed while the password was hashed.
        let before = known.ok_or(LogInError::BadCredentials)?;
        let entry = self.account(at).ok_or(LogInError::BadCredentials)?;
        let user = entry.user(before.id).ok_or(LogInError::BadCredentials)?;
        self.judge(at, &entry, &user, right)?;
        if user.credential_version != before.credential_version {
            return Err(LogInError::BadCredentials);
        }
        if let Some(new) = verified.rehashed {
            self.replace_hash(&entry, user.id, hash, new);
        }
        Ok((entry, user))
    }

    /// Counts the outcome for the user's lock-out.
    fn judge(
        self: &Arc<Self>,
        at: LogIn,
        entry: &Arc<AccountEntry>,
        user: &User,
        right: bool,
    ) -> Result<(), LogInError> {
        let policy = entry.account.lockout_policy_of(user.population);
        match self.lockouts.judge(user, policy, right, at.now) {
            Verdict::Accepted => {
                if user.locked_at.is_some() {
                    self.set_lock(entry, user.id, None); // The lock has ended; no later policy shall revive it.
                }
                Ok(())
            }
            Verdict::Locked => Err(LogInError::Refused(Standing::Locked)),
            Verdict::Rejected => Err(LogInError::BadCredentials),
            Verdict::RejectedAndLocked => {
                tracing::warn!(account = %entry.account.id, user = %user.id, "user locked after failed logins");
                self.set_lock(entry, user.id, Some(at.now));
                Err(LogInError::BadCredentials)
            }
        }
    }

    /// Locks or unlocks in memory at once, and in the store without being waited for: the answer to the failure that
    /// locks takes as long as that to any other.
    fn set_lock(self: &Arc<Self>, entry: &AccountEntry, user: UserId, locked_at: Option<Millis>) {
        entry.update_user(user, |user| user.locked_at = locked_at);
        self.commit_later(Change::SetLock { user, locked_at });
    }

    fn replace_hash(self: &Arc<Self>, entry: &AccountEntry, user: UserId, old: String, new: String) {
        entry.update_user(user, |user| {
            if let Some(password) = user.password.as_mut().filter(|password| password.hash == old) {
                password.hash.clone_from(&new);
            }
        });
        self.commit_later(Change::ReplacePasswordHash { user, old, new });
    }

    /// Carries an admitted attempt to its end, also when the caller goes away: what was begun is counted, and what was
    /// committed is in the table. Gives the address back what it was charged, unless the attempt failed.
    pub(crate) async fn settle<T, E>(
        self: &Arc<Self>,
        at: LogIn,
        attempt: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failed + From<LogInError> + Send + 'static,
    {
        let auth = Arc::clone(self);
        let whole = async move {
            let outcome = attempt.await;
            let failed = outcome.as_ref().is_err_and(Failed::is_bad_credentials);
            if let Some(address) = at.address.filter(|_| !failed) {
                auth.failures.give_back(address);
            }
            outcome
        };
        let ended = tokio::spawn(whole.in_current_span()).await;
        ended.unwrap_or_else(|error| Err(LogInError::Store(StoreError::Unavailable(Box::new(error))).into()))
    }

    /// The account that the caller named, if there is one.
    pub(crate) fn account(&self, at: LogIn) -> Option<Arc<AccountEntry>> {
        at.account.and_then(|id| self.directory.account(id))
    }
}
