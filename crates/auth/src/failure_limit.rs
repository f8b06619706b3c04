//! Failed logins per address: a bucket that fills by one with each failure and empties at a steady rate.
//!
//! Kept as one point in time per address (the generic cell rate algorithm): how far it lies ahead of now is
//! how full the bucket is.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use vestibule_model::Millis;

use crate::settings::FailureLimit;

/// Beyond this many addresses those whose bucket is empty are forgotten.
const TIDY_ABOVE: usize = 10_000;

/// The buckets of all addresses.
pub(crate) struct FailuresByAddress {
    limit: FailureLimit,
    empty_at: Mutex<HashMap<IpAddr, Millis>>,
}

impl FailuresByAddress {
    pub(crate) fn new(limit: FailureLimit) -> Self {
        Self { limit, empty_at: Mutex::default() }
    }

    /// How long the address has to wait before it may try again; None: it may now.
    pub(crate) fn wait(&self, address: IpAddr, now: Millis) -> Option<Duration> {
        let per_failure = self.per_failure()?;
        let empty_at = *self.lock().get(&bucket(address))?;
        let level = empty_at.since(now);
        let full = per_failure * self.limit.burst;
        let wait = (level + per_failure).saturating_sub(full);
        (!wait.is_zero()).then_some(wait)
    }

    /// Adds a failure of this address.
    pub(crate) fn record(&self, address: IpAddr, now: Millis) {
        let Some(per_failure) = self.per_failure() else { return };
        let mut empty_at = self.lock();
        if empty_at.len() > TIDY_ABOVE {
            empty_at.retain(|_, at| *at > now);
        }
        let at = empty_at.entry(bucket(address)).or_insert(now);
        *at = (*at).max(now).plus(per_failure);
    }

    /// How long one failure takes to be forgiven; None: there is no limit.
    fn per_failure(&self) -> Option<Duration> {
        Duration::from_mins(1).checked_div(self.limit.per_minute)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, Millis>> {
        self.empty_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One customer of a provider has a whole IPv6 /64: its addresses share a bucket.
fn bucket(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn failures(burst: u32) -> FailuresByAddress {
        FailuresByAddress::new(FailureLimit { per_minute: 60, burst })
    }

    #[test]
    fn an_address_waits_once_its_burst_is_spent() {
        let failures = failures(3);
        let now = Millis::EPOCH;
        for _ in 0..3 {
            assert_eq!(failures.wait(ADDRESS, now), None);
            failures.record(ADDRESS, now);
        }
        assert_eq!(failures.wait(ADDRESS, now), Some(Duration::from_secs(1)));
        assert_eq!(failures.wait(ADDRESS, now.plus(Duration::from_secs(1))), None);
    }

    #[test]
    fn a_failure_does_not_cost_the_neighbour() {
        let failures = failures(1);
        failures.record(ADDRESS, Millis::EPOCH);
        assert_eq!(failures.wait("127.0.0.2".parse().unwrap(), Millis::EPOCH), None);
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_a_bucket() {
        let failures = failures(1);
        failures.record("2001:db8::1".parse().unwrap(), Millis::EPOCH);
        assert!(failures.wait("2001:db8::2".parse().unwrap(), Millis::EPOCH).is_some());
    }

    #[test]
    fn no_limit_never_waits() {
        let failures = FailuresByAddress::new(FailureLimit { per_minute: 0, burst: 0 });
        failures.record(ADDRESS, Millis::EPOCH);
        assert_eq!(failures.wait(ADDRESS, Millis::EPOCH), None);
    }

    proptest! {
        #[test]
        fn whoever_waits_as_long_as_told_may_try(count in 0_u32..50, burst in 1_u32..20) {
            let failures = failures(burst);
            (0..count).for_each(|_| failures.record(ADDRESS, Millis::EPOCH));
            let wait = failures.wait(ADDRESS, Millis::EPOCH).unwrap_or_default();
            prop_assert_eq!(failures.wait(ADDRESS, Millis::EPOCH.plus(wait)), None);
        }
    }
}
