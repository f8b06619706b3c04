//! What is counted.

use std::sync::atomic::Ordering;

use vestibule_model::TrafficOutcome;

use crate::login_guard::HashPoolGauges;
use crate::traffic::{RouteKind, Traffic};

/// How often something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FigureCounts {
    /// Logins of users and applications.
    pub logins: u64,
    /// Logins that were refused.
    pub logins_refused: u64,
    /// Requests that gateways asked about and that were let through.
    pub checks: u64,
    /// Those that were not.
    pub checks_refused: u64,
    /// Passwords that were hashed.
    pub hashes: u64,
    /// For how long the hash threads worked, in microseconds, added up.
    pub hash_busy_micros: u64,
    /// Logins that the hash threads had no time for.
    pub hashes_turned_away: u64,
}

impl FigureCounts {
    /// Since the start of the process.
    pub(super) fn of(traffic: &Traffic, hashing: &HashPoolGauges) -> Self {
        let (logins, logins_refused) = let_through(traffic, RouteKind::Login);
        let (checks, checks_refused) = let_through(traffic, RouteKind::Check);
        Self {
            logins,
            logins_refused,
            checks,
            checks_refused,
            hashes: hashing.done.load(Ordering::Relaxed),
            hash_busy_micros: hashing.busy_micros.load(Ordering::Relaxed),
            hashes_turned_away: hashing.turned_away.load(Ordering::Relaxed),
        }
    }

    /// What was counted since an earlier time.
    pub(super) fn since(self, earlier: Self) -> Self {
        self.each(earlier, u64::saturating_sub)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    fn each(self, other: Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            logins: of(self.logins, other.logins),
            logins_refused: of(self.logins_refused, other.logins_refused),
            checks: of(self.checks, other.checks),
            checks_refused: of(self.checks_refused, other.checks_refused),
            hashes: of(self.hashes, other.hashes),
            hash_busy_micros: of(self.hash_busy_micros, other.hash_busy_micros),
            hashes_turned_away: of(self.hashes_turned_away, other.hashes_turned_away),
        }
    }
}

/// How many requests of a kind were let through, and how many were not.
fn let_through(traffic: &Traffic, kind: RouteKind) -> (u64, u64) {
    let all: u64 = TrafficOutcome::ALL.into_iter().map(|outcome| traffic.counted(kind, outcome)).sum();
    let allowed = traffic.counted(kind, TrafficOutcome::Allowed);
    (allowed, all.saturating_sub(allowed))
}
