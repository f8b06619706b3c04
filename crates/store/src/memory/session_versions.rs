//! Versions of sessions: of a user's, of an account's, of all.

use std::collections::BTreeMap;

use vestibule_model::{AccountId, UserId};

use crate::{SessionsDecision, SessionsVersion, StoreError, VersionScope};

#[derive(Clone, Debug, Default)]
pub(super) struct SessionVersions(BTreeMap<VersionScope, i64>);

impl SessionVersions {
    pub(super) fn of(&self, account: AccountId, user: UserId) -> SessionsVersion {
        let of = |scope| self.0.get(&scope).copied().unwrap_or_default();
        SessionsVersion {
            user: of(VersionScope::User(user)),
            account: of(VersionScope::Account(account)),
            installation: of(VersionScope::Installation),
        }
    }

    pub(super) fn decide(&mut self, decision: &SessionsDecision) -> Result<(), StoreError> {
        if self.of(decision.account, decision.user) != decision.version {
            return Err(StoreError::SessionsMoved);
        }
        self.advance(VersionScope::User(decision.user));
        Ok(())
    }

    pub(super) fn advance(&mut self, scope: VersionScope) {
        *self.0.entry(scope).or_default() += 1;
    }

    pub(super) fn forget(&mut self, user: UserId) {
        self.0.remove(&VersionScope::User(user));
    }
}
