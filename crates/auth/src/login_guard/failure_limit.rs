//! Failed logins per address: a bucket that fills by one with each failure and empties at a steady rate.
//!
//! Kept as one point in time per address (the generic cell rate algorithm): how far it lies ahead of now is
//! how full the bucket is.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use vestibule_model::Monotonic;

use crate::settings::FailureLimit;

/// Beyond this many addresses those whose bucket is empty are forgotten, and again each time that as many have come.
const TIDY_ABOVE: usize = 10_000;

/// The buckets of all addresses.
pub(super) struct FailuresByAddress(Failures<IpAddr>);

/// The buckets of whatever it is that fails.
pub(super) struct Failures<K> {
    limit: FailureLimit,
    buckets: Mutex<Buckets<K>>,
}

struct Buckets<K> {
    empty_at: HashMap<K, Monotonic>,
    tidy_above: usize,
}

impl FailuresByAddress {
    pub(super) fn new(limit: FailureLimit) -> Self {
        Self(Failures::new(limit))
    }

    /// See [`Failures::charge`].
    pub(super) fn charge(&self, address: IpAddr, now: Monotonic) -> Result<(), Duration> {
        self.0.charge(bucket(address), now)
    }

    /// See [`Failures::give_back`].
    pub(super) fn give_back(&self, address: IpAddr) {
        self.0.give_back(bucket(address));
    }
}

impl<K: Copy + Eq + Hash> Failures<K> {
    pub(super) fn new(limit: FailureLimit) -> Self {
        let buckets = Buckets { empty_at: HashMap::new(), tidy_above: TIDY_ABOVE };
        Self { limit, buckets: Mutex::new(buckets) }
    }

    /// Charges an attempt as if it had failed, before anything is known of it: attempts at once are limited like
    /// attempts in turn. An error is how long it has to wait instead.
    pub(super) fn charge(&self, key: K, now: Monotonic) -> Result<(), Duration> {
        let Some(per_failure) = self.per_failure() else { return Ok(()) };
        let full = per_failure * self.limit.burst;
        let mut buckets = self.lock();
        buckets.tidy(now);
        let empty_at = buckets.empty_at.entry(key).or_insert(now);
        let level = empty_at.since(now);
        let wait = (level + per_failure).saturating_sub(full);
        if !wait.is_zero() {
            return Err(wait);
        }
        *empty_at = now.plus(level + per_failure);
        Ok(())
    }

    /// Gives back what [`Self::charge`] took: the attempt did not fail.
    pub(super) fn give_back(&self, key: K) {
        let Some(per_failure) = self.per_failure() else { return };
        if let Some(empty_at) = self.lock().empty_at.get_mut(&key) {
            *empty_at = empty_at.minus(per_failure);
        }
    }

    /// How long one failure takes to be forgiven; None: there is no limit.
    fn per_failure(&self) -> Option<Duration> {
        Duration::from_mins(1).checked_div(self.limit.per_minute)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Buckets<K>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Forgets empty buckets when there are many; costs each newcomer the same, however many there are.
    fn tidy(&mut self, now: Monotonic) {
        if self.empty_at.len() >= self.tidy_above {
            self.empty_at.retain(|_, at| *at > now);
            self.tidy_above = (self.empty_at.len() * 2).max(TIDY_ABOVE);
        }
    }
}

/// One customer of a provider has a whole IPv6 /64: its addresses share a bucket.
pub(crate) fn bucket(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEGUN: Monotonic = Monotonic::after_beginning(Duration::from_hours(1));
    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn failures(burst: u32) -> FailuresByAddress {
        FailuresByAddress::new(FailureLimit { per_minute: 60, burst })
    }

    #[test]
    fn an_address_waits_once_its_burst_is_spent() {
        let failures = failures(3);
        let now = BEGUN;
        for _ in 0..3 {
            assert_eq!(failures.charge(ADDRESS, now), Ok(()));
        }
        assert_eq!(failures.charge(ADDRESS, now), Err(Duration::from_secs(1)));
        assert_eq!(failures.charge(ADDRESS, now.plus(Duration::from_secs(1))), Ok(()));
    }

    #[test]
    fn what_is_given_back_costs_nothing() {
        let failures = failures(1);
        for _ in 0..10 {
            assert_eq!(failures.charge(ADDRESS, BEGUN), Ok(()));
            failures.give_back(ADDRESS);
        }
    }

    #[test]
    fn a_failure_does_not_cost_the_neighbour() {
        let failures = failures(1);
        assert_eq!(failures.charge(ADDRESS, BEGUN), Ok(()));
        assert_eq!(failures.charge("127.0.0.2".parse().unwrap(), BEGUN), Ok(()));
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_a_bucket() {
        let failures = failures(1);
        assert_eq!(failures.charge("2001:db8::1".parse().unwrap(), BEGUN), Ok(()));
        assert!(failures.charge("2001:db8::2".parse().unwrap(), BEGUN).is_err());
    }

    #[test]
    fn no_limit_never_waits() {
        let failures = FailuresByAddress::new(FailureLimit { per_minute: 0, burst: 0 });
        assert_eq!(failures.charge(ADDRESS, BEGUN), Ok(()));
    }

    #[test]
    fn l7_more_addresses_than_are_kept_make_none_of_them_forgotten_that_failed_lately() {
        let failures = FailuresByAddress::new(FailureLimit { per_minute: 1, burst: 1 });
        assert_eq!(failures.charge(ADDRESS, BEGUN), Ok(()));
        for other in 0..u32::try_from(TIDY_ABOVE).unwrap() {
            let other = std::net::Ipv4Addr::from(0x0a00_0000 + other);
            assert_eq!(failures.charge(other.into(), BEGUN), Ok(()));
        }
        assert!(failures.charge(ADDRESS, BEGUN).is_err());
    }

    #[test]
    fn addresses_that_are_not_forgiven_are_looked_through_again_only_when_they_have_doubled() {
        let failures = FailuresByAddress::new(FailureLimit { per_minute: 1, burst: 1 });
        for address in 0..=u32::try_from(TIDY_ABOVE).unwrap() {
            assert_eq!(failures.charge(std::net::Ipv4Addr::from(address).into(), BEGUN), Ok(()));
            let expected = if address < 10_000 { TIDY_ABOVE } else { 2 * TIDY_ABOVE };
            assert_eq!(failures.0.lock().tidy_above, expected, "{address}");
        }
        assert_eq!(failures.0.lock().tidy_above, 2 * TIDY_ABOVE);
    }

    #[test]
    fn addresses_whose_failures_are_forgiven_take_no_memory_for_ever() {
        let failures = failures(1);
        let mut now = BEGUN;
        for address in 0..40_000_u32 {
            now = now.plus(Duration::from_secs(1));
            assert_eq!(failures.charge(std::net::Ipv4Addr::from(address).into(), now), Ok(()));
        }
        assert!(failures.0.lock().empty_at.len() <= TIDY_ABOVE);
    }

    proptest! {
        #[test]
        fn whoever_waits_as_long_as_told_may_try(count in 0_u32..50, burst in 1_u32..20) {
            let failures = failures(burst);
            let waits = (0..count).map(|_| failures.charge(ADDRESS, BEGUN));
            let wait = waits.last().and_then(Result::err).unwrap_or_default();
            if !wait.is_zero() {
                prop_assert_eq!(failures.charge(ADDRESS, BEGUN.plus(wait)), Ok(()));
            }
        }
    }
}
