//! Changing a password: proved by the old one, checked against the policy, durable, and the end of every session.

use std::sync::Arc;

use vestibule_model::{EndReason, PasswordCredential, PasswordViolation, Session, User};
use vestibule_store::{Change, StoreError};
use zeroize::Zeroizing;

use crate::attempt::Failed;
use crate::directory::AccountFacts;
use crate::log_in::{LogIn, LogInError, UserCredentials};
use crate::password::{credential, earlier_hashes};
use crate::service::Auth;
use crate::standing;

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The old password does not prove the user, or the user may not log in for another reason than the password's
    /// age.
    #[error("the user was not proved")]
    LogIn(#[from] LogInError),
    /// The new password breaks the policy.
    #[error("the new password breaks the policy")]
    Policy(#[from] PasswordViolation),
}

impl Failed for ChangePasswordError {
    fn is_bad_credentials(&self) -> bool {
        matches!(self, Self::LogIn(error) if error.is_bad_credentials())
    }
}

impl Auth {
    /// Changes the password of whoever proves the old one, also when that has expired or must be changed, and ends all
    /// of their sessions, in every dialect.
    pub async fn change_password(
        self: &Arc<Self>,
        at: LogIn,
        credentials: UserCredentials,
        new: Zeroizing<String>,
    ) -> Result<(), ChangePasswordError> {
        self.admit(at, &credentials.user_name)?;
        let auth = Arc::clone(self);
        let attempt = async move {
            let (entry, user) = auth.prove(at, credentials).await?;
            standing::enabled(&entry, &user).map_err(LogInError::Refused)?;
            entry.account.password_policy.check(&new)?;
            let password = auth.new_credential(at, &entry, &user, &new).await?;
            auth.commit_password(at, &entry, &user, password).await.map_err(|error| match error {
                StoreError::StaleCredentials => LogInError::BadCredentials.into(),
                error => LogInError::Store(error).into(),
            })
        };
        self.settle(at, attempt).await
    }

    /// Hashes the new password, if it is none of the last.
    async fn new_credential(
        &self,
        at: LogIn,
        entry: &AccountFacts,
        user: &User,
        new: &str,
    ) -> Result<PasswordCredential, ChangePasswordError> {
        let policy = &entry.account.password_policy;
        let earlier = earlier_hashes(user.password.as_ref());
        let bytes = || Zeroizing::new(new.as_bytes().to_vec());
        for hash in earlier.iter().take(usize::from(policy.history)) {
            let verified = self.hash_pool.verify(hash.clone(), bytes(), self.new_salt(), at.now).await;
            if verified.map_err(|_| LogInError::overloaded())?.right {
                return Err(PasswordViolation::Reused(policy.history).into());
            }
        }
        let hash = self.hash_pool.hash(bytes(), self.new_salt(), at.now).await;
        Ok(credential(hash.map_err(|_| LogInError::overloaded())?, earlier, policy, at.now))
    }

    async fn commit_password(
        &self,
        at: LogIn,
        entry: &AccountFacts,
        user: &User,
        password: PasswordCredential,
    ) -> Result<(), StoreError> {
        self.loaded().await;
        let _turn = self.turns.of(user.id).lock().await;
        let credential_version = user.credential_version + 1;
        let sessions: Vec<Session> = self.live.of_user(user.id, at.now);
        let set =
            Change::SetPassword { user: user.id, password: Box::new(password.clone()), credential_version };
        let ends = sessions.iter().map(|session| Change::EndSession(session.id));
        self.store.commit(std::iter::once(set).chain(ends).collect()).await?;

        // The present entry: the account may have been read anew in the meantime.
        if let Some(present) = self.directory.account(entry.account.id) {
            present.update_user(user.id, |user| {
                user.password = Some(password);
                user.must_change_password = false;
                user.credential_version = user.credential_version.max(credential_version);
            });
        }
        for session in sessions {
            self.live.remove(session.id);
            tracing::info!(session = ?session.id, user = %user.id, reason = ?EndReason::CredentialsChanged, "session ended");
        }
        Ok(())
    }
}
