//! What a hash costs, and how much it may.

use std::fmt;

use super::PasswordError;

/// The most memory of a hash, in KiB: 256 MiB. Hashes that were imported with more are refused.
pub const MAX_MEMORY_KIB: u32 = 256 * 1024;

/// The most passes over the memory.
pub const MAX_ITERATIONS: u32 = 16;

/// The most lanes. They are computed one after another, so they cost no more threads.
pub const MAX_PARALLELISM: u32 = 4;

/// The most memory times passes, in KiB: 1 GiB filled once. Bounds the time of one hash to well below a second
/// on the machines this was measured on.
pub const MAX_WORK_KIB: u64 = 1024 * 1024;

/// The cost of an Argon2id hash. The default is the first choice of the OWASP Password Storage Cheat Sheet:
/// 19 MiB, two passes, one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Argon2Params {
    /// Memory in KiB; at least 8 for each lane (RFC 9106 §3.1).
    pub memory_kib: u32,
    /// Passes over the memory; at least 1.
    pub iterations: u32,
    /// Lanes; at least 1.
    pub parallelism: u32,
}

impl Default for Argon2Params {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, iterations: 2, parallelism: 1 }
    }
}

impl Argon2Params {
    /// The same, if within what Argon2 allows and below the ceilings; [`PasswordError::Cost`] if not.
    pub fn checked(self) -> Result<Self, PasswordError> {
        let within = (1..=MAX_PARALLELISM).contains(&self.parallelism)
            && (1..=MAX_ITERATIONS).contains(&self.iterations)
            && (8 * self.parallelism..=MAX_MEMORY_KIB).contains(&self.memory_kib)
            && u64::from(self.memory_kib) * u64::from(self.iterations) <= MAX_WORK_KIB;
        if within { Ok(self) } else { Err(PasswordError::Cost(self)) }
    }
}

impl fmt::Display for Argon2Params {
    /// As in a PHC string.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "m={},t={},p={}", self.memory_kib, self.iterations, self.parallelism)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn params(memory_kib: u32, iterations: u32, parallelism: u32) -> Argon2Params {
        Argon2Params { memory_kib, iterations, parallelism }
    }

    #[test]
    fn the_default_is_within_bounds() {
        assert!(Argon2Params::default().checked().is_ok());
    }

    #[test]
    fn the_largest_allowed_of_each_cost_is_within_bounds() {
        for largest in [params(MAX_MEMORY_KIB, 4, 1), params(65_536, MAX_ITERATIONS, 1), params(32, 1, 4)] {
            assert!(largest.checked().is_ok(), "{largest}");
        }
    }

    #[test]
    fn a_cost_out_of_bounds_is_refused() {
        let all = u32::MAX;
        let refused = [
            params(MAX_MEMORY_KIB + 1, 1, 1),
            params(19_456, MAX_ITERATIONS + 1, 1),
            params(19_456, 2, MAX_PARALLELISM + 1),
            params(MAX_MEMORY_KIB, 5, 1),
            params(7, 1, 1),
            params(31, 1, 4),
            params(8, 0, 1),
            params(8, 1, 0),
            params(all, all, all),
        ];
        for params in refused {
            assert!(params.checked().is_err(), "{params}");
        }
    }

    #[test]
    fn is_displayed_as_in_a_phc_string() {
        assert_eq!(Argon2Params::default().to_string(), "m=19456,t=2,p=1");
    }
}
