//! An attempt to log in: admitted, proved, judged, settled. The same for every kind of password attempt, so that none
//! escapes the limits.

use std::sync::Arc;

use vestibule_model::{AccountId, AuditAction, AuditRecord, Millis, Refusal, SignOn, User};
use vestibule_store::Change;
use zeroize::Zeroizing;

use crate::administration;
use crate::audit::{self, Attempt};
use crate::detach_on_drop::DetachOnDrop;
use crate::directory::{AccountEntry, AccountUser, UserEntry};
use crate::eligibility::IneligibleReason;
use crate::log_in::{LogIn, LogInError, LoginScope, RETRY_AFTER, UserCredentials};
use crate::login_guard::{Compared, Rehash, TurnedAway, Verdict};
use crate::service::Auth;

/// Whether an attempt failed in a way that counts against the address it came from.
pub(crate) trait Failed {
    fn is_bad_credentials(&self) -> bool;
}

impl Failed for LogInError {
    fn is_bad_credentials(&self) -> bool {
        matches!(self, Self::BadCredentials | Self::NotVouchedFor(_))
    }
}

/// Somebody who proved who they are.
#[derive(Clone)]
pub struct ProvedUser {
    /// The account.
    pub entry: Arc<AccountEntry>,
    /// The user.
    pub user: Arc<UserEntry>,
}

impl ProvedUser {
    /// Whether they have a password that counts in the account.
    pub fn has_password(&self) -> bool {
        self.entry.account.sign_on == SignOn::Password && self.user.password.is_some()
    }
}

impl Auth {
    /// Turns away who is blocked, or has failed too often from their address; charges the address until it is known
    /// how the attempt ends.
    pub(crate) fn admit(&self, attempt: Attempt, user_name: &str) -> Result<(), LogInError> {
        let admitted = self.login_guard.admit(attempt.at, user_name);
        admitted.map_err(|why| self.turned_away(attempt, why))
    }

    /// Counts that an attempt was turned away before it was looked at, and gives the error that is told.
    pub(crate) fn turned_away(&self, attempt: Attempt, why: TurnedAway) -> LogInError {
        match why {
            TurnedAway::Blocked => {
                self.audit.note_refusal(attempt, None, Refusal::Blocked);
                LogInError::Blocked
            }
            TurnedAway::TooManyFailures { wait } => {
                self.audit.note_refusal(attempt, None, Refusal::TooManyFailures);
                LogInError::TooMany { retry_after: wait.max(RETRY_AFTER) }
            }
        }
    }

    /// The user whose password this is. One hash, whoever it is; failures count for the user's lock-out.
    pub(crate) async fn prove(
        self: &Arc<Self>,
        attempt: Attempt,
        credentials: UserCredentials,
    ) -> Result<ProvedUser, LogInError> {
        let at = attempt.at;
        let known = self
            .account(at)
            .and_then(|entry| entry.user_named(credentials.population, &credentials.user_name));
        let compared = self.compare(attempt, known.as_deref(), credentials.password).await?;

        // Looked up once more: account and user may have changed while the password was hashed.
        let bad = |user, why| self.audit.bad_credentials(attempt, user, why);
        let entry = self.account(at).ok_or_else(|| bad(None, Refusal::UnknownAccount))?;
        let before = known.ok_or_else(|| bad(None, Refusal::UnknownUser))?;
        let user = entry.user(before.id).ok_or_else(|| bad(None, Refusal::UnknownUser))?;
        let shown = match compared.right {
            true if user.second_factor.is_some() => Shown::RightSoFar,
            true => Shown::Right,
            false => Shown::WrongPassword,
        };
        self.judge(attempt, &entry, &user, shown)?;
        if user.credential_version != before.credential_version {
            return Err(bad(Some(user.id), Refusal::Stale));
        }
        if let Some(rehash) = compared.rehash {
            self.replace_hash(&entry, &user, rehash, at.now);
        }
        Ok(ProvedUser { entry, user })
    }

    /// Hashes a password that proves nothing, as long as one that might.
    pub(crate) async fn hash_in_vain(
        &self,
        attempt: Attempt,
        password: Zeroizing<Vec<u8>>,
    ) -> Result<(), LogInError> {
        self.compare(attempt, None, password).await.map(drop)
    }

    async fn compare(
        &self,
        attempt: Attempt,
        user: Option<&UserEntry>,
        password: Zeroizing<Vec<u8>>,
    ) -> Result<Compared, LogInError> {
        let compared = self.login_guard.compare(user, password, attempt.at.now).await;
        compared.map_err(|_| self.audit.overloaded(attempt, user.map(|user| user.id)))
    }

    /// Counts the outcome for the user's lock-out.
    pub(crate) fn judge(
        self: &Arc<Self>,
        attempt: Attempt,
        entry: &Arc<AccountEntry>,
        user: &User,
        shown: Shown,
    ) -> Result<(), LogInError> {
        let at = attempt.at;
        let policy = entry.account.lockout_policy_of(user.population);
        let verdict = match shown {
            Shown::RightSoFar => self.login_guard.judge_so_far(user, policy, at.now),
            shown => self.login_guard.judge(user, policy, shown == Shown::Right, at.now),
        };
        match verdict {
            Verdict::Accepted => {
                if user.locked_at.is_some() {
                    // The lock has ended; no later policy shall revive it.
                    self.set_lock(entry, user, None, at);
                }
                Ok(())
            }
            Verdict::Locked => Err(self.audit.refused(attempt, user.id, IneligibleReason::Locked)),
            Verdict::Rejected => Err(self.audit.bad_credentials(attempt, Some(user.id), shown.why())),
            Verdict::RejectedAndLocked => {
                tracing::warn!(account = %entry.account.id, user = %user.id, "user locked after failed logins");
                self.set_lock(entry, user, Some(at.now), at);
                Err(self.audit.bad_credentials(attempt, Some(user.id), shown.why()))
            }
        }
    }

    /// Locks or unlocks in memory at once, and in the store without being waited for: the answer to the failure that
    /// locks takes as long as that to any other.
    fn set_lock(self: &Arc<Self>, entry: &AccountEntry, user: &User, locked_at: Option<Millis>, at: LogIn) {
        entry.update_user(user.id, |user| user.locked_at = locked_at);
        let action = if locked_at.is_some() { AuditAction::UserLocked } else { AuditAction::UserUnlocked };
        let record = AuditRecord {
            address: at.address,
            dialect: Some(at.dialect),
            ..audit::by_the_service(user, at.now, action)
        };
        let user = AccountUser { account: user.account, user: user.id };
        self.deferred.set_lock(user, locked_at, record);
    }

    fn replace_hash(
        self: &Arc<Self>,
        entry: &AccountEntry,
        user: &User,
        Rehash { old, new }: Rehash,
        now: Millis,
    ) {
        entry.update_user(user.id, |user| {
            if let Some(password) = user.password.as_mut().filter(|password| password.hash == old) {
                password.hash.clone_from(&new);
            }
        });
        let record = audit::by_the_service(user, now, AuditAction::PasswordRehashed);
        let replace = Change::ReplacePasswordHash { user: user.id, old, new };
        self.deferred.commit(vec![replace, Change::Audit(record.into())]);
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
        E: Failed + Send + 'static,
    {
        let auth = Arc::clone(self);
        DetachOnDrop::new(async move {
            let outcome = attempt.await;
            let failed = outcome.as_ref().is_err_and(Failed::is_bad_credentials);
            if !failed {
                auth.login_guard.give_back(at);
            }
            outcome
        })
        .await
    }

    /// The account that the caller named, if there is one in that scope.
    pub(crate) fn account(&self, at: LogIn) -> Option<Arc<AccountEntry>> {
        match at.scope {
            LoginScope::Public | LoginScope::Unsolicited | LoginScope::Logout => {
                at.account.and_then(|id| self.public_account(id))
            }
            LoginScope::Administration => at.account.and_then(|id| self.directory.account(id)),
        }
    }

    /// The account of this id, as those who do not administer may know it: that of the administrators does not exist.
    pub fn public_account(&self, id: AccountId) -> Option<Arc<AccountEntry>> {
        if id == administration::administrators_account() { None } else { self.directory.account(id) }
    }
}

/// What somebody has shown of what they have to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All of it.
    Right,
    /// The password, and a second factor is still to come.
    RightSoFar,
    /// A wrong password.
    WrongPassword,
    /// A wrong code of the second factor.
    WrongCode,
    /// A code of the second factor that was shown before.
    UsedCode,
}

impl Shown {
    /// Why an attempt is rejected that shows it: what is right is rejected only while the user is locked.
    const fn why(self) -> Refusal {
        match self {
            Self::Right | Self::RightSoFar => Refusal::Locked,
            Self::WrongPassword => Refusal::WrongPassword,
            Self::WrongCode => Refusal::WrongOneTimeCode,
            Self::UsedCode => Refusal::AlreadyUsed,
        }
    }
}
