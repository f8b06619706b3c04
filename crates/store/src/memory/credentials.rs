//! What users prove themselves by.

use vestibule_model::{AccountId, Millis, PasswordCredential, SecondFactor, User, UserId};

use super::directory::Directory;
use crate::StoreError;

impl Directory {
    /// Answers the user's account.
    pub(super) fn set_password(
        &mut self,
        user: UserId,
        password: PasswordCredential,
        credential_version: i64,
    ) -> Result<AccountId, StoreError> {
        let is_next = |user: &&mut User| user.credential_version.checked_add(1) == Some(credential_version);
        let user = self.users.get_mut(&user).filter(is_next).ok_or(StoreError::StaleCredentials)?;
        user.password = Some(password);
        user.must_change_password = false;
        user.credential_version = credential_version;
        Ok(user.account)
    }

    /// Answers the user's account when the hash was replaced.
    pub(super) fn replace_password_hash(
        &mut self,
        user: UserId,
        old: &str,
        new: String,
    ) -> Option<AccountId> {
        let user = self.users.get_mut(&user)?;
        let password = user.password.as_mut().filter(|password| password.hash == old)?;
        password.hash = new;
        Some(user.account)
    }

    /// Answers the user's account.
    pub(super) fn set_second_factor(
        &mut self,
        user: UserId,
        before: Option<&SecondFactor>,
        after: Option<Box<SecondFactor>>,
    ) -> Result<AccountId, StoreError> {
        let is_as_thought = |user: &&mut User| user.second_factor.as_deref() == before;
        let user = self.users.get_mut(&user).filter(is_as_thought).ok_or(StoreError::StaleCredentials)?;
        user.second_factor = after;
        Ok(user.account)
    }

    /// Answers the user's account when that changed anything.
    pub(super) fn set_lock(&mut self, user: UserId, locked_at: Option<Millis>) -> Option<AccountId> {
        let user = self.users.get_mut(&user).filter(|user| user.locked_at != locked_at)?;
        user.locked_at = locked_at;
        Some(user.account)
    }
}
