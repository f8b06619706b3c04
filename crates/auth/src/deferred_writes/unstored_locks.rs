//! Locks of users that were decided here and that the store does not have yet.
//!
//! A lock holds in memory from the moment in which a login decides it, and is written without being waited for; what the
//! store does not take is tried again. Until it is stored, the user may be decided on anew. Which orders can happen, and why
//! each comes out right:
//!
//! - *Another login locks or unlocks.* Its decision has a higher number. A decision gets its number, is looked up, and begins
//!   its commit under one mutex ([`LockOrder`]), and commits take effect in the order in which they begin: one that is tried
//!   again either begins before the later decision, or finds that there is one and is left out.
//! - *An administrator unlocks.* From the beginning of their commit until it is known whether it is stored, what was decided
//!   before they looked is not tried ([`Overruling`]); then it is overruled, or waits as before. A decision that fell in between
//!   stays, because they did not know it; nothing of this makes anybody wait.
//! - *The user is read anew*, because something else about them has changed. What the store has refused, and what is to be
//!   tried again, is put over what was read. While it is being stored it is not: what was read may be from after it, and
//!   somebody may have unlocked since. If it is from before, the store's change is followed; if the store refuses, the decision
//!   is put into memory once more ([`UnstoredLocks::refused`]).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use vestibule_model::{Millis, User, UserId};

use crate::directory::AccountUser;

/// The latest decision for each user, as long as the store does not have it.
#[derive(Default)]
pub(super) struct UnstoredLocks(Mutex<State>);

#[derive(Default)]
struct State {
    /// How many decisions there were.
    decided: u64,
    latest: HashMap<UserId, Unstored>,
}

impl State {
    /// Whether the decision counts.
    fn set_refused(&mut self, decision: LockDecision, refused: bool) -> bool {
        let latest =
            self.latest.get_mut(&decision.user.user).filter(|latest| latest.number == decision.number);
        latest.map(|latest| latest.refused = refused).is_some()
    }
}

struct Unstored {
    number: u64,
    locked_at: Option<Millis>,
    /// The store has refused it, and is not being asked again now.
    refused: bool,
    /// An administrator's change is being stored that overrules it.
    being_overruled: bool,
}

/// A decision to lock or to unlock a user.
#[derive(Clone, Copy, Debug)]
pub(super) struct LockDecision {
    pub(super) user: AccountUser,
    number: u64,
}

/// What had been decided at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecidedBy(u64);

/// Held while a decision is made or looked up and its commit begins, and no longer.
pub(super) struct LockOrder<'a>(MutexGuard<'a, State>);

impl LockOrder<'_> {
    /// Decides: what was decided for this user before does not count any more.
    pub(super) fn decide(&mut self, user: AccountUser, locked_at: Option<Millis>) -> LockDecision {
        self.0.decided += 1;
        let number = self.0.decided;
        let unstored = Unstored { number, locked_at, refused: false, being_overruled: false };
        self.0.latest.insert(user.user, unstored);
        LockDecision { user, number }
    }

    /// Its commit begins once more.
    pub(super) fn tried_again(&mut self, decision: LockDecision) {
        self.0.set_refused(decision, false);
    }

    /// Whether nothing was decided for its user since.
    pub(super) fn counts(&self, decision: LockDecision) -> bool {
        self.0.latest.get(&decision.user.user).is_some_and(|latest| latest.number == decision.number)
    }

    /// Whether it may be overruled any moment: it is not to be stored now.
    pub(super) fn has_to_wait(&self, decision: LockDecision) -> bool {
        self.counts(decision)
            && self.0.latest.get(&decision.user.user).is_some_and(|latest| latest.being_overruled)
    }
}

/// A change of users by an administrator, who had looked at them at some moment, while it is being stored. Dropped, it has
/// overruled nothing.
pub(crate) struct Overruling<'a> {
    locks: &'a UnstoredLocks,
    users: Vec<UserId>,
    seen: DecidedBy,
}

impl Overruling<'_> {
    /// It is stored.
    pub(crate) fn stored(self) {
        let mut state = self.locks.state();
        for user in &self.users {
            if state.latest.get(user).is_some_and(|latest| latest.number <= self.seen.0) {
                state.latest.remove(user);
            }
        }
    }

    fn mark(&self, state: &mut State, being_overruled: bool) {
        for user in &self.users {
            if let Some(latest) = state.latest.get_mut(user).filter(|latest| latest.number <= self.seen.0) {
                latest.being_overruled = being_overruled;
            }
        }
    }
}

impl Drop for Overruling<'_> {
    fn drop(&mut self) {
        self.mark(&mut self.locks.state(), false);
    }
}

impl UnstoredLocks {
    /// For whoever is about to decide, or to store what was decided.
    pub(super) fn order(&self) -> LockOrder<'_> {
        LockOrder(self.state())
    }

    /// The store has it.
    pub(super) fn stored(&self, decision: LockDecision) {
        let mut order = self.order();
        if order.counts(decision) {
            order.0.latest.remove(&decision.user.user);
        }
    }

    /// The store does not take it: whether it counts, and so has to be put into memory.
    pub(super) fn refused(&self, decision: LockDecision) -> bool {
        self.state().set_refused(decision, true)
    }

    /// To be asked before an administrator looks at a user.
    pub(super) fn decided_by_now(&self) -> DecidedBy {
        DecidedBy(self.state().decided)
    }

    /// An administrator changes these users, whom they had looked at then: begins the commit.
    pub(super) fn overrule<R>(
        &self,
        users: Vec<UserId>,
        seen: DecidedBy,
        begin: impl FnOnce() -> R,
    ) -> (Overruling<'_>, R) {
        let overruling = Overruling { locks: self, users, seen };
        let mut state = self.state();
        overruling.mark(&mut state, true);
        (overruling, begin())
    }

    /// Puts what is decided over a user who was read from the store.
    pub(super) fn put_over(&self, user: &mut User) {
        if let Some(latest) = self.state().latest.get(&user.id).filter(|latest| latest.refused) {
            user.locked_at = latest.locked_at;
        }
    }

    /// The users for whom something was decided that the store refused.
    pub(super) fn refused_users(&self) -> Vec<UserId> {
        let state = self.state();
        state.latest.iter().filter(|(_, latest)| latest.refused).map(|(user, _)| *user).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: UserId = UserId(7);
    const THEN: Option<Millis> = Some(Millis::EPOCH);

    fn decide(locks: &UnstoredLocks, locked_at: Option<Millis>) -> LockDecision {
        let user = AccountUser { account: "a".parse().unwrap(), user: USER };
        locks.order().decide(user, locked_at)
    }

    #[test]
    fn the_latest_decision_counts_until_it_is_stored() {
        let locks = UnstoredLocks::default();
        let lock = decide(&locks, THEN);
        assert!(locks.order().counts(lock));
        let unlock = decide(&locks, None);
        assert!(!locks.order().counts(lock) && locks.order().counts(unlock));
        locks.stored(lock);
        assert!(locks.order().counts(unlock), "the end of an older one is none of the latest");
        locks.stored(unlock);
        assert!(!locks.order().counts(unlock));
    }

    #[test]
    fn what_the_store_refused_is_put_over_what_is_read_until_it_tried_again_again() {
        let locks = UnstoredLocks::default();
        let lock = decide(&locks, THEN);
        let read = |locks: &UnstoredLocks| {
            let mut user = crate::new_user(USER, "a".parse().unwrap(), uuid::Uuid::nil());
            locks.put_over(&mut user);
            user.locked_at
        };
        assert_eq!(read(&locks), None, "it may be stored already, and lifted");
        assert!(locks.refused(lock));
        assert_eq!(read(&locks), THEN);
        locks.order().tried_again(lock);
        assert_eq!(read(&locks), None);
        decide(&locks, None);
        assert!(!locks.refused(lock), "there is a later one");
    }

    #[test]
    fn an_administrator_overrules_what_they_could_see() {
        let locks = UnstoredLocks::default();
        let before = decide(&locks, THEN);
        let seen = locks.decided_by_now();
        locks.overrule(vec![UserId(8)], seen, || ()).0.stored();
        assert!(locks.order().counts(before), "of another user");
        locks.overrule(vec![USER], seen, || ()).0.stored();
        assert!(!locks.order().counts(before));
        let after = decide(&locks, THEN);
        locks.overrule(vec![USER], seen, || ()).0.stored();
        assert!(locks.order().counts(after));
    }

    #[test]
    fn what_may_be_overruled_any_moment_waits_and_counts_again_if_it_is_not() {
        let locks = UnstoredLocks::default();
        let lock = decide(&locks, THEN);
        let (overruling, ()) = locks.overrule(vec![USER], locks.decided_by_now(), || ());
        assert!(locks.order().has_to_wait(lock));
        drop(overruling);
        assert!(locks.order().counts(lock) && !locks.order().has_to_wait(lock));
        let (overruling, ()) = locks.overrule(vec![USER], locks.decided_by_now(), || ());
        let later = decide(&locks, THEN);
        assert!(!locks.order().has_to_wait(later), "they did not know it");
        overruling.stored();
        assert!(locks.order().counts(later) && !locks.order().counts(lock));
    }
}
