//! A user as sessions see them: with what follows from the account, at one moment.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use vestibule_crypto::Argon2Params;
use vestibule_model::{AccountId, Millis, User, UserId};

use super::costs::Cost;
use super::facts::AccountFacts;
use super::grants::Grants;
use crate::administration::administrators_account;
use crate::eligibility;
use crate::live::Holder;

/// A user in an account. Never changes: a change puts another entry in its place.
///
/// In the order in which a check reads it, so that it touches few cache lines.
#[repr(C)]
pub struct UserEntry {
    replaced: AtomicBool,
    /// Whether the user is one of the administrators' account: their sessions open that and nothing else.
    pub(crate) is_administrator: bool,
    /// When sessions that were opened by password end, whatever their own limits.
    pub(crate) password_sessions_end: Millis,
    grants: Arc<Grants>,
    account: Arc<AccountFacts>,
    user: User,
    /// At which cost the password is hashed; None: there is none that can be verified.
    cost: Option<Argon2Params>,
    /// Keeps that cost known as long as this entry is the user's present one, sessions may hold it for longer.
    holds_cost: Mutex<Option<Arc<Cost>>>,
}

impl UserEntry {
    pub(crate) fn new(account: &Arc<AccountFacts>, mut user: User) -> Self {
        // For as long as the process runs, with tens of thousands of others.
        for list in [&mut user.profiles, &mut user.skills, &mut user.manager_of] {
            list.shrink_to_fit();
        }
        user.identities.shrink_to_fit();
        let cost = user.password.as_ref().and_then(|password| account.costs.of(&password.hash));
        Self {
            replaced: AtomicBool::new(false),
            is_administrator: account.account.id == administrators_account(),
            password_sessions_end: eligibility::password_sessions_end(account, &user),
            grants: account.grants(&user),
            account: Arc::clone(account),
            cost: cost.as_ref().map(|cost| cost.params()),
            holds_cost: Mutex::new(cost),
            user,
        }
    }

    /// The same, as it is shared.
    pub(super) const fn shared_account(&self) -> &Arc<AccountFacts> {
        &self.account
    }

    /// What is true of the account besides its users.
    pub fn account(&self) -> &AccountFacts {
        &self.account
    }

    /// What the user's profiles give.
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// The hash of the password with its cost; None: there is no password that can be verified.
    pub(crate) fn hash(&self) -> Option<(&str, Argon2Params)> {
        let password = self.user.password.as_ref()?;
        self.cost.map(|cost| (password.hash.as_str(), cost))
    }

    /// Whether another entry has taken its place, or the account has changed, or the user is gone: what this says may not be
    /// true any more.
    pub(crate) fn is_replaced(&self) -> bool {
        self.replaced.load(Ordering::Acquire) || self.account.is_replaced()
    }

    /// To be called when the entry that takes its place can be found.
    pub(super) fn replace(&self) {
        self.replaced.store(true, Ordering::Release);
        drop(self.holds_cost.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Deref for UserEntry {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

impl Holder for UserEntry {
    fn user(&self) -> UserId {
        self.user.id
    }

    fn account(&self) -> AccountId {
        self.user.account
    }

    fn credential_version(&self) -> i64 {
        self.user.credential_version
    }
}
