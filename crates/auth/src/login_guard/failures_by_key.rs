//! Failed logins per API key or OAuth client, whoever sends them: guesses from many addresses are guesses at one secret.
//!
//! Nothing here locks. Who knows an `app_key`, which is no secret, can fill the key's bucket; while it is full only those
//! are turned away who have failed at this key themselves. So its bot gets in from where it got in before, and from any
//! address that sent nothing wrong; and whoever guesses has a guess for each address and [`FAILED`], whatever they have.
//!
//! Keys that do not exist are counted like others, so that nothing tells them apart. Kept in memory alone.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use vestibule_model::{AccountId, Monotonic};

use super::failure_limit::{Failures, bucket};
use crate::settings::FailureLimit;

/// How long an address that failed at a key is known as one, at least; twice as long at most.
const FAILED: Duration = Duration::from_mins(15);

/// How long an address that logged in with a key is known as one, at least; twice as long at most.
const SUCCEEDED: Duration = Duration::from_hours(24);

/// Of how many addresses that is known before the oldest are forgotten sooner: some megabytes.
const MOST: usize = 100_000;

/// The failures of all keys.
pub(super) struct FailuresByKey {
    enabled: bool,
    buckets: Failures<u64>,
    hashing: RandomState,
    addresses: Mutex<Addresses>,
}

struct Addresses {
    failed: Recent,
    succeeded: Recent,
}

/// What an attempt was charged, to be given back when it turns out to be right.
#[must_use]
pub(crate) struct Charged {
    key: u64,
    /// The key at this address.
    here: u64,
    /// Whether the key's bucket was charged.
    bucket: bool,
}

impl FailuresByKey {
    /// A limit for each key that is as wide as that for each address.
    pub(super) fn new(limit: FailureLimit) -> Self {
        let addresses = Addresses { failed: Recent::new(FAILED), succeeded: Recent::new(SUCCEEDED) };
        Self {
            enabled: limit.per_minute > 0,
            buckets: Failures::new(limit),
            hashing: RandomState::new(),
            addresses: Mutex::new(addresses),
        }
    }

    /// Charges an attempt as if it had failed, before the values are looked at. An error is how long to wait instead.
    pub(super) fn charge(
        &self,
        account: Option<AccountId>,
        app_key: &str,
        address: Option<IpAddr>,
        now: Monotonic,
    ) -> Result<Charged, Duration> {
        let key = self.hashing.hash_one((account, app_key));
        let here = self.hashing.hash_one((key, address.map(bucket)));
        let mut charged = Charged { key, here, bucket: false };
        if !self.enabled {
            return Ok(charged);
        }
        let mut addresses = self.addresses();
        if addresses.succeeded.contains(here, now) {
            return Ok(charged);
        }
        match self.buckets.charge(key, now) {
            Ok(()) => charged.bucket = true,
            Err(wait) if addresses.failed.contains(here, now) => return Err(wait),
            Err(_) => {}
        }
        addresses.failed.insert(here, now);
        Ok(charged)
    }

    /// The attempt was right: gives back what it was charged, and remembers from where it came.
    pub(super) fn give_back(&self, charged: &Charged, now: Monotonic) {
        if !self.enabled {
            return;
        }
        if charged.bucket {
            self.buckets.give_back(charged.key);
        }
        let mut addresses = self.addresses();
        addresses.failed.remove(charged.here);
        addresses.succeeded.insert(charged.here, now);
    }

    fn addresses(&self) -> std::sync::MutexGuard<'_, Addresses> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came lately, in two halves, of which the older is dropped when the newer is full or old.
struct Recent {
    newer: HashSet<u64>,
    older: HashSet<u64>,
    begun: Monotonic,
    span: Duration,
}

impl Recent {
    fn new(span: Duration) -> Self {
        Self {
            newer: HashSet::new(),
            older: HashSet::new(),
            begun: Monotonic::after_beginning(Duration::ZERO),
            span,
        }
    }

    fn contains(&mut self, what: u64, now: Monotonic) -> bool {
        self.turn(now);
        self.newer.contains(&what) || self.older.contains(&what)
    }

    fn insert(&mut self, what: u64, now: Monotonic) {
        self.turn(now);
        self.newer.insert(what);
    }

    fn remove(&mut self, what: u64) {
        self.newer.remove(&what);
        self.older.remove(&what);
    }

    fn turn(&mut self, now: Monotonic) {
        let age = now.since(self.begun);
        if age < self.span && self.newer.len() < MOST {
            return;
        }
        self.older = std::mem::take(&mut self.newer);
        if age >= self.span * 2 {
            self.older.clear();
        }
        self.begun = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "key";
    const NOW: Monotonic = Monotonic::after_beginning(Duration::ZERO);

    fn failures(burst: u32) -> FailuresByKey {
        FailuresByKey::new(FailureLimit { per_minute: 60, burst })
    }

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    /// Whether an attempt that turns out to be wrong was looked at.
    fn fails(failures: &FailuresByKey, number: u32, now: Monotonic) -> bool {
        failures.charge(None, KEY, Some(address(number)), now).is_ok()
    }

    fn succeeds(failures: &FailuresByKey, number: u32, now: Monotonic) -> bool {
        let charged = failures.charge(None, KEY, Some(address(number)), now);
        charged.map(|charged| failures.give_back(&charged, now)).is_ok()
    }

    #[test]
    fn l3_failures_of_many_addresses_fill_one_bucket() {
        let failures = failures(3);
        assert!((0..3).all(|number| fails(&failures, number, NOW)));
        assert!(!fails(&failures, 0, NOW));
    }

    #[test]
    fn l3_an_address_has_one_guess_at_a_key_whose_bucket_is_full() {
        let failures = failures(1);
        assert!(fails(&failures, 0, NOW));
        assert!(fails(&failures, 1, NOW));
        assert!(!fails(&failures, 1, NOW));
    }

    #[test]
    fn l4_a_full_bucket_keeps_nobody_out_who_is_right() {
        let failures = failures(1);
        assert!((0..1_000).all(|number| fails(&failures, number, NOW)));
        assert!(succeeds(&failures, 5_000, NOW));
    }

    #[test]
    fn l4_an_address_from_which_somebody_logged_in_is_not_asked_to_wait() {
        let failures = failures(1);
        assert!(succeeds(&failures, 0, NOW));
        assert!(fails(&failures, 1, NOW));
        assert!((0..100).all(|_| fails(&failures, 0, NOW)));
        assert!(succeeds(&failures, 0, NOW));
    }

    #[test]
    fn right_attempts_cost_a_key_nothing() {
        let failures = failures(1);
        assert!((0..100).all(|number| succeeds(&failures, number, NOW)));
        assert!(fails(&failures, 1_000, NOW));
        assert!(failures.charge(None, KEY, Some(address(1_000)), NOW).is_err());
    }

    #[test]
    fn another_key_is_not_touched() {
        let failures = failures(1);
        assert!(fails(&failures, 0, NOW));
        assert!(failures.charge(None, "other", Some(address(0)), NOW).is_ok());
        assert!(failures.charge(None, "other", Some(address(0)), NOW).is_err());
    }

    #[test]
    fn whoever_waits_as_long_as_told_may_try() {
        let failures = failures(1);
        assert!(fails(&failures, 0, NOW));
        let wait = failures.charge(None, KEY, Some(address(0)), NOW).map(drop).unwrap_err();
        assert!(fails(&failures, 0, NOW.plus(wait)));
    }

    #[test]
    fn an_address_is_forgotten_after_twice_the_span() {
        let mut recent = Recent::new(FAILED);
        recent.insert(1, NOW);
        assert!(recent.contains(1, NOW.plus(FAILED)));
        assert!(!recent.contains(1, NOW.plus(FAILED * 2)));
    }

    #[test]
    fn an_address_that_was_right_is_none_that_failed_also_when_others_have_displaced_it() {
        let failures = failures(1);
        assert!(succeeds(&failures, 0, NOW));
        (0..=2 * MOST as u64).for_each(|number| failures.addresses().succeeded.insert(number, NOW));
        assert!(fails(&failures, 1, NOW));
        assert!(fails(&failures, 0, NOW));
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_memory() {
        let mut recent = Recent::new(FAILED);
        (0..10 * MOST as u64).for_each(|number| recent.insert(number, NOW));
        assert!(recent.newer.len() + recent.older.len() <= 2 * MOST);
        assert!(recent.contains(10 * MOST as u64 - 1, NOW));
    }
}
