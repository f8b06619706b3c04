//! Passwords and locks of users, as administrators set and lift them.

use vestibule_model::{AccountId, AuditAction, PasswordCredential, User, UserId};
use vestibule_store::Change;
use zeroize::Zeroizing;

use super::audited_write::{AuditDetails, AuditedWrite};
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::directory::AccountEntry;
use crate::directory::AccountUser;
use crate::password::{NewPassword, NewPasswordError};
use crate::rules::{Violation, check_password_of};
use crate::strength::OwnWords;

/// Whether a user has to choose another password at the next login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtNextLogin {
    /// They have to.
    MustChange,
    /// They may go on with this one.
    MayKeep,
}

impl Administration<'_> {
    /// Gives a user another password, and ends all of their sessions. A lock stays.
    pub async fn set_user_password(
        &self,
        caller: &Caller,
        AccountUser { account, user: id }: AccountUser,
        password: Zeroizing<String>,
        at_next_login: AtNextLogin,
        idempotency: Idempotency<'_, ()>,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let entry = self.account_entry(account)?;
        let user = self.present_user(account, id)?;
        check_password_of(user.kind)?;
        let own = OwnWords::of(&user, &entry.account);
        let (policy, before) = (&entry.account.password_policy, user.password.as_ref());
        let new = NewPassword { policy, own: &own, before, text: &password };
        let credential = self.auth.new_credential(new, caller.now).await.map_err(refused)?;
        self.write_directory(caller, || {
            let before = self.present_user(account, id)?;
            if before.password != user.password {
                return Err(AdministrationError::Changed);
            }
            let after = User {
                password: Some(credential.clone()),
                must_change_password: at_next_login == AtNextLogin::MustChange,
                credential_version: before.credential_version + 1,
                ..User::clone(&before)
            };
            let details = AuditDetails::changed::<User>(&before, &after).named(AuditAction::PasswordSet);
            let details = details.in_account(account).about(id);
            let written = AuditedWrite::one(Change::PutUser(after.into()), details);
            Ok((Some(written.remembered_under(self, caller, &idempotency, &())), ()))
        })
        .await
    }

    /// Lifts the lock of a user, and forgets failed logins so far: the audit has it if there was any of these.
    pub async fn unlock_user(
        &self,
        caller: &Caller,
        account: AccountId,
        id: UserId,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.write_directory(caller, || {
            let before = self.present_user(account, id)?;
            if before.locked_at.is_none() && !self.auth.login_guard.has_failures(id) {
                return Ok((None, ()));
            }
            let after = User { locked_at: None, ..User::clone(&before) };
            let details = AuditDetails::changed::<User>(&before, &after).named(AuditAction::UserUnlocked);
            let details = details.in_account(account).about(id);
            Ok((Some(AuditedWrite::one(Change::SetLock { user: id, locked_at: None }, details)), ()))
        })
        .await?;
        self.auth.login_guard.forget_failures(id);
        if let Some(entry) = self.auth.directory.account(account) {
            self.auth.deferred.lift_lock(&entry, id);
        }
        Ok(())
    }

    /// Takes a user's second factor away, whose device and recovery codes are lost: from then on the password is enough, or, where one
    /// is required, opens the setting up of another. Nobody's own: whoever found an administrator logged in is not to be rid of it
    /// without a code.
    pub async fn reset_second_factor(
        &self,
        caller: &Caller,
        account: AccountId,
        id: UserId,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        if caller.session().is_some_and(|session| session.user == id) {
            let reason = "one's own second factor is removed with the password and a code";
            return Err(AdministrationError::Conflict(reason.into()));
        }
        self.write_directory(caller, || {
            let before = self.present_user(account, id)?;
            if before.second_factor.is_none() {
                return Ok((None, ()));
            }
            let after = User { second_factor: None, ..User::clone(&before) };
            let details =
                AuditDetails::changed::<User>(&before, &after).named(AuditAction::SecondFactorRemoved);
            let details = details.in_account(account).about(id);
            let before = before.second_factor.clone();
            let set = Change::SetSecondFactor { user: id, before, after: None };
            Ok((Some(AuditedWrite::one(set, details)), ()))
        })
        .await?;
        self.auth.login_guard.code_was_right(id);
        Ok(())
    }

    pub(super) async fn first_password(
        &self,
        caller: &Caller,
        entry: &AccountEntry,
        user: &User,
        password: &str,
    ) -> Result<PasswordCredential, AdministrationError> {
        check_password_of(user.kind)?;
        let own = OwnWords::of(user, &entry.account);
        let policy = &entry.account.password_policy;
        let new = NewPassword { policy, own: &own, before: None, text: password };
        self.auth.new_credential(new, caller.now).await.map_err(refused)
    }
}

fn refused(error: NewPasswordError) -> AdministrationError {
    match error {
        NewPasswordError::Policy(violation) => Violation::from(violation).into(),
        NewPasswordError::Overloaded => AdministrationError::Overloaded,
    }
}
