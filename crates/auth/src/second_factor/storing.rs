//! Storing what somebody makes of their second factor, if they are still who was looked at when they showed what it takes.

use std::sync::Arc;

use tracing::Instrument as _;
use vestibule_model::{AuditAction, AuditRecord, Means, Millis, SecondFactor, User, difference};
use vestibule_store::{Change, DirectoryScope, Part, StoreError};

use super::EnrolmentError;
use crate::attempt::ProvedUser;
use crate::audit;
use crate::eligibility;
use crate::log_in::LogIn;
use crate::service::Auth;

/// How often it is looked whether what was changed in the same moment matters.
const ATTEMPTS: usize = 5;

impl Auth {
    /// In one commit with what is used up by it, carried to its end also when the caller goes away.
    pub(super) async fn set_second_factor(
        self: &Arc<Self>,
        holder: &ProvedUser,
        at: LogIn,
        after: Option<SecondFactor>,
        mut changes: Vec<Change>,
        by: (AuditAction, Means),
    ) -> Result<(), EnrolmentError> {
        let (auth, holder, after) = (Arc::clone(self), holder.clone(), after.map(Box::new));
        let (user, before) = (holder.user.id, holder.user.second_factor.clone());
        changes.push(Change::SetSecondFactor { user, before: before.clone(), after: after.clone() });
        changes.push(Change::Audit(told(&holder.user, after.clone(), at, by).into()));
        let whole = async move {
            auth.commit_unless_changed(&holder, at.now, changes).await?;
            if let Some(present) = auth.directory.account(holder.entry.account.id) {
                present.update_user(user, |present| {
                    // Somebody may have changed it since.
                    if present.second_factor == before {
                        present.second_factor = after;
                    }
                });
            }
            Ok(())
        };
        let ended = tokio::spawn(whole.in_current_span()).await;
        ended.unwrap_or_else(|ended| Err(EnrolmentError::Store(StoreError::Unavailable(Box::new(ended)))))
    }

    /// Commits what was decided on a user. What was changed since they were looked at is found by the store, whichever process
    /// changed it; it is refused if it matters ([`Auth::is_as_seen`]).
    async fn commit_unless_changed(
        &self,
        holder: &ProvedUser,
        now: Millis,
        changes: Vec<Change>,
    ) -> Result<(), EnrolmentError> {
        let scopes = || {
            let account = DirectoryScope::part(holder.entry.account.id, Part::Account);
            vec![DirectoryScope::User(holder.user.id), account]
        };
        for _ in 0..ATTEMPTS {
            // Before it is looked, so that nothing is missed in between.
            let expected = Change::ExpectUnchanged { since: self.follower.sequence(), scopes: scopes() };
            if !self.is_as_seen(holder, now) {
                return Err(EnrolmentError::Changed);
            }
            let all = std::iter::once(expected).chain(changes.iter().cloned()).collect();
            match self.store.commit(all).await {
                Err(StoreError::DirectoryMoved) => self.follow_only().await?,
                stored => return Ok(stored.map(drop)?),
            }
        }
        Err(EnrolmentError::Store(StoreError::DirectoryMoved))
    }

    /// Whether nothing was changed since somebody was looked at that what they do about their second factor rests on: password
    /// and second factor are the same, the account asks for one as it did, and nobody has disabled or locked them.
    pub(crate) fn is_as_seen(&self, holder: &ProvedUser, now: Millis) -> bool {
        let Some(entry) = self.directory.account(holder.entry.account.id) else { return false };
        let Some(user) = entry.user(holder.user.id) else { return false };
        let is_locked = user.locked_at != holder.user.locked_at && self.login_guard.is_locked(&user, now);
        user.credential_version == holder.user.credential_version
            && user.second_factor == holder.user.second_factor
            && entry.account.second_factor == holder.entry.account.second_factor
            && eligibility::enabled(&entry, &user).is_ok()
            && !is_locked
    }

    /// Whether the user has the credentials still that they were looked at with.
    pub(super) fn has_same_credentials(&self, holder: &ProvedUser) -> bool {
        let entry = self.directory.account(holder.entry.account.id);
        let user = entry.and_then(|entry| entry.user(holder.user.id));
        user.is_some_and(|user| user.credential_version == holder.user.credential_version)
    }
}

/// What the audit says of a second factor that its user changed.
fn told(
    user: &User,
    after: Option<Box<SecondFactor>>,
    at: LogIn,
    (action, means): (AuditAction, Means),
) -> AuditRecord {
    let after = User { second_factor: after, ..user.clone() };
    let (was, is) = difference(Some(user), Some(&after));
    AuditRecord {
        account: Some(user.account),
        user: Some(user.id),
        dialect: Some(at.dialect),
        address: at.address,
        before: was,
        after: is,
        ..AuditRecord::new(at.now, action, audit::actor(user), means)
    }
}
