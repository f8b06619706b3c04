//! Failed logins per user. One counter per user, however the name was spelt and whatever the dialect.
//!
//! The verdict falls after the password was hashed and under one lock, so a thousand guesses at once are judged
//! one after the other and none slips past the count. Counts live in memory; that a user is locked is stored. How long a
//! lock has held goes by the clock that nobody sets, as long as the process lives.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use vestibule_model::{LockoutPolicy, Millis, Monotonic, User, UserId};

/// What a password that was right or wrong means, given the failures before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Right, and not locked.
    Accepted,
    /// Right, but the user is locked. Told to whoever proved the password.
    Locked,
    /// Wrong; or right, but so many failures came after the lock that whoever asks is guessing.
    Rejected,
    /// Wrong, and this failure locked the user: to be stored.
    RejectedAndLocked,
}

/// A point in time, on the clock that somebody may set and on the one that nobody sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) time: Millis,
    pub(super) monotonic: Monotonic,
}

/// The counters of all users.
#[derive(Default)]
pub(super) struct Lockouts {
    counters: Mutex<HashMap<UserId, Counter>>,
    /// How many locks there were since the start.
    locks: AtomicU64,
}

#[derive(Clone, Copy, Default)]
struct Counter {
    failures: u32,
    /// Since when.
    locked: Option<Monotonic>,
    /// A stored lock that has ended, whatever the time of day says later.
    ended: Option<Millis>,
}

impl Counter {
    /// With the lock that the user has in the store, unless there is one already or that has ended.
    fn with_stored_lock(self, user: &User, policy: &LockoutPolicy, now: Moment) -> Self {
        let locked = self.locked.or_else(|| {
            let stored = user.locked_at.filter(|at| self.ended != Some(*at))?;
            locked_since(stored, policy, now)
        });
        Self { locked, ..self }
    }

    fn is_locked(&self, policy: &LockoutPolicy, now: Monotonic) -> bool {
        self.locked.is_some_and(|since| policy.is_locked_after(now.since(since)))
    }
}

impl Lockouts {
    /// Whether a right password would not be accepted now.
    pub(super) fn is_locked(&self, user: &User, policy: &LockoutPolicy, now: Moment) -> bool {
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = counters.get(&user.id).copied().unwrap_or_default();
        counter.with_stored_lock(user, policy, now).is_locked(policy, now.monotonic)
    }

    /// Judges an attempt on `user` whose password was right or wrong.
    pub(super) fn judge(&self, user: &User, policy: &LockoutPolicy, right: bool, now: Moment) -> Verdict {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = counters.get(&user.id).copied().unwrap_or_default();
        let mut counter = counter.with_stored_lock(user, policy, now);
        let locked = counter.is_locked(policy, now.monotonic);
        if !locked && counter.locked.is_some() {
            counter = Counter { ended: user.locked_at, ..Counter::default() };
        }
        let verdict = if locked {
            Self::judge_locked(&mut counter, policy, right)
        } else {
            Self::judge_open(&mut counter, policy, right, now.monotonic)
        };
        if verdict == Verdict::RejectedAndLocked {
            self.locks.fetch_add(1, Ordering::Relaxed);
        }
        match verdict {
            Verdict::Accepted => counters.remove(&user.id),
            _ => counters.insert(user.id, counter),
        };
        verdict
    }

    fn judge_open(counter: &mut Counter, policy: &LockoutPolicy, right: bool, now: Monotonic) -> Verdict {
        if right {
            return Verdict::Accepted;
        }
        counter.failures = counter.failures.saturating_add(1);
        if policy.failures == 0 || counter.failures < policy.failures {
            return Verdict::Rejected;
        }
        *counter = Counter { locked: Some(now), ..Counter::default() };
        Verdict::RejectedAndLocked
    }

    /// While locked the count goes on: after as many failures again as had locked, even the right password is
    /// answered like a wrong one, so that the lock itself is no oracle.
    fn judge_locked(counter: &mut Counter, policy: &LockoutPolicy, right: bool) -> Verdict {
        if right && counter.failures < policy.failures.max(1) {
            return Verdict::Locked;
        }
        counter.failures = counter.failures.saturating_add(1);
        Verdict::Rejected
    }

    /// How many locks there were since the start.
    pub(super) fn locks(&self) -> u64 {
        self.locks.load(Ordering::Relaxed)
    }

    /// Whether failures of a user are counted.
    pub(super) fn has_failures(&self, user: UserId) -> bool {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&user)
    }

    /// Forgets the failures of a user whom an administrator unlocked.
    pub(super) fn forget(&self, user: UserId) {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner).remove(&user);
    }
}

/// Since when a lock holds that was stored before this process began, or by another; None: it has ended.
fn locked_since(stored: Millis, policy: &LockoutPolicy, now: Moment) -> Option<Monotonic> {
    policy.is_locked(Some(stored), now.time).then(|| now.monotonic.minus(now.time.since(stored)))
}
