//! The one way in which administrators change something: the changes and their entry in the audit, in one commit.

use vestibule_model::{AccountId, AuditAction, AuditRecord, AuditTarget, Audited, UserId, difference};
use vestibule_store::{Change, DirectoryScope, Sequence, StoreError};

use super::rests_on::rests_on;
use super::{Administration, AdministrationError, Caller};
use crate::ends::PendingEnds;

/// How often a change is decided anew because somebody else changed in between what it rests on.
const ATTEMPTS: usize = 5;

/// What the audit is told of a change. `before` and `after` are JSON objects without secrets.
pub(super) struct AuditDetails {
    action: AuditAction,
    account: Option<AccountId>,
    user: Option<UserId>,
    target: AuditTarget,
    before: Option<String>,
    after: Option<String>,
}

impl AuditDetails {
    /// Something is made.
    pub(super) fn made<T: Audited>(thing: &T) -> Self {
        Self::new(AuditAction::Created, None, Some(thing), thing.audit_target())
    }

    /// Something is changed.
    pub(super) fn changed<T: Audited>(before: &T, after: &T) -> Self {
        Self::new(AuditAction::Changed, Some(before), Some(after), after.audit_target())
    }

    /// Something is deleted.
    pub(super) fn deleted<T: Audited>(thing: &T) -> Self {
        Self::new(AuditAction::Deleted, Some(thing), None, thing.audit_target())
    }

    /// The account that it concerns.
    pub(super) fn in_account(self, account: impl Into<Option<AccountId>>) -> Self {
        Self { account: account.into(), ..self }
    }

    /// The user that it concerns.
    pub(super) fn about(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    /// The word that says more of what was done.
    pub(super) fn named(self, action: AuditAction) -> Self {
        Self { action, ..self }
    }

    fn new<T: Audited>(
        action: AuditAction,
        before: Option<&T>,
        after: Option<&T>,
        target: AuditTarget,
    ) -> Self {
        let (before, after) = difference(before, after);
        Self { action, account: None, user: None, target, before, after }
    }

    pub(super) fn record(self, caller: &Caller) -> AuditRecord {
        let Self { action, account, user, target, before, after } = self;
        AuditRecord { account, user, target: Some(target), before, after, ..caller.record(action) }
    }
}

/// What is to be committed, and what the audit is told of it.
#[derive(Default)]
pub(super) struct AuditedWrite {
    pub(super) changes: Vec<Change>,
    /// An entry for each.
    pub(super) details: Vec<AuditDetails>,
    /// What it rests on besides what its changes say ([`rests_on`]).
    scopes: Vec<DirectoryScope>,
}

impl AuditedWrite {
    pub(super) fn one(change: Change, details: AuditDetails) -> Self {
        Self::default().and(change, details)
    }

    /// The same, and then this.
    pub(super) fn and(mut self, change: Change, details: AuditDetails) -> Self {
        self.changes.push(change);
        self.details.push(details);
        self
    }

    /// The same, which also rests on this.
    pub(super) fn resting_on(mut self, scope: DirectoryScope) -> Self {
        self.scopes.push(scope);
        self
    }

    /// The changes with what they rest on, as the directory was at `since`.
    fn expecting(self, caller: &Caller, since: Sequence) -> Vec<Change> {
        let Self { mut changes, details, mut scopes } = self;
        scopes.extend(rests_on(&changes));
        // Whether the caller may do this was decided on who they are.
        scopes.extend(caller.session().map(|session| DirectoryScope::User(session.user)));
        changes.insert(0, Change::ExpectUnchanged { since, scopes });
        changes.extend(details.into_iter().map(|details| Change::Audit(Box::new(details.record(caller)))));
        changes
    }
}

impl Administration<'_> {
    /// Changes what is not part of the directory, and rests on nothing there: tokens of administrators.
    pub(super) async fn write(
        &self,
        caller: &Caller,
        written: AuditedWrite,
    ) -> Result<(), AdministrationError> {
        self.expect_eligible(caller).await?;
        let AuditedWrite { mut changes, details, .. } = written;
        changes.extend(details.into_iter().map(|details| Change::Audit(Box::new(details.record(caller)))));
        self.auth.store.commit(changes).await?;
        Ok(())
    }

    /// Changes what is not part of the directory, but was decided on it as it was at `since`: roles of administrators.
    pub(super) async fn write_since(
        &self,
        caller: &Caller,
        since: Sequence,
        written: AuditedWrite,
    ) -> Result<(), AdministrationError> {
        self.expect_eligible(caller).await?;
        self.auth.store.commit(written.expecting(caller, since)).await?;
        Ok(())
    }

    /// Changes the directory, and follows the change in memory: it holds when this answers. `decide` looks at the
    /// directory as it is and says what to change; it is asked again when somebody else changed something in between.
    /// None: there is nothing to change.
    pub(super) async fn write_directory<T>(
        &self,
        caller: &Caller,
        decide: impl Fn() -> Result<(Option<AuditedWrite>, T), AdministrationError>,
    ) -> Result<T, AdministrationError> {
        let (decided, pending) = self.write_locked(caller, decide).await?;
        // Nobody who changes something else waits for these.
        pending.end_all().await?;
        Ok(decided)
    }

    async fn write_locked<T>(
        &self,
        caller: &Caller,
        decide: impl Fn() -> Result<(Option<AuditedWrite>, T), AdministrationError>,
    ) -> Result<(T, PendingEnds<'_>), AdministrationError> {
        let turn = self.auth.follower.turn().await;
        let mut pending = self.auth.ends.pending();
        for _ in 0..ATTEMPTS {
            pending.append(self.auth.follow_in(&turn).await?);
            self.expect_eligible(caller).await?;
            let since = turn.sequence();
            let seen = self.auth.deferred.decided_by_now();
            let (written, decided) = decide()?;
            let Some(written) = written else { return Ok((decided, pending)) };
            let changes = written.expecting(caller, since);
            let decides_lock_of: Vec<UserId> = changes.iter().filter_map(user_whose_lock).collect();
            let (overruling, commit) =
                self.auth.deferred.overrule(decides_lock_of, seen, || self.auth.store.commit(changes));
            match commit.await {
                Ok(_) => {
                    overruling.stored();
                    pending.append(self.auth.follow_in(&turn).await?);
                    return Ok((decided, pending));
                }
                Err(StoreError::DirectoryMoved) => {}
                // Somebody else took the value in between: then the rule says so, in its own words.
                Err(StoreError::Constraint(what)) => {
                    pending.append(self.auth.follow_in(&turn).await?);
                    if turn.sequence() == since {
                        return Err(AdministrationError::Conflict(what));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(AdministrationError::Store(StoreError::DirectoryMoved))
    }
}

/// The user whom a change locks, unlocks, or leaves as they are in that.
fn user_whose_lock(change: &Change) -> Option<UserId> {
    match change {
        Change::SetLock { user, .. } | Change::SetSecondFactor { user, .. } => Some(*user),
        Change::PutUser(user) => Some(user.id),
        _ => None,
    }
}
