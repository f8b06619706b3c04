//! Keyed hashes of secrets that are long and random, and comparison in constant time.
//!
//! Not for passwords: those are short and need a slow hash.

use subtle::ConstantTimeEq;
use vestibule_model::SecretDigest;

use crate::MasterKey;
use crate::keys::Purpose;
use crate::mac::MacKey;

/// Hashes client secrets and application tokens for storage: HMAC-SHA256 under a key of its own, so that a
/// stolen database cannot even be searched for a known secret.
#[derive(Clone)]
pub struct SecretHasher(MacKey);

impl SecretHasher {
    /// The hasher of an installation.
    pub fn derive(master: &MasterKey) -> Self {
        Self(MacKey::new(&master.derive(Purpose::SecretDigest)))
    }

    /// What to store, or to look up, for a secret.
    pub fn digest(&self, secret: &[u8]) -> SecretDigest {
        SecretDigest(self.0.tag(secret))
    }

    /// Whether `secret` is the one that `digest` was made of. Takes the same time for every wrong secret of
    /// the same length.
    pub fn matches(&self, secret: &[u8], digest: &SecretDigest) -> bool {
        constant_time_eq(&self.digest(secret).0, &digest.0)
    }
}

/// Whether the two are equal, in a time that depends on their lengths but not on their contents.
///
/// Different lengths answer at once: the length of a secret is taken to be known. Where it is not, compare
/// digests instead.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{fixed_master_key, from_hex, master_key};

    #[test]
    fn a_secret_matches_its_digest() {
        let hasher = SecretHasher::derive(&master_key(1));
        assert!(hasher.matches(b"secret", &hasher.digest(b"secret")));
    }

    #[test]
    fn another_secret_does_not_match() {
        let hasher = SecretHasher::derive(&master_key(1));
        assert!(!hasher.matches(b"Secret", &hasher.digest(b"secret")));
    }

    #[test]
    fn a_digest_under_another_master_key_does_not_match() {
        let digest = SecretHasher::derive(&master_key(1)).digest(b"secret");
        assert!(!SecretHasher::derive(&master_key(2)).matches(b"secret", &digest));
    }

    /// Computed with independent implementations of HKDF and HMAC. It must never change: tokens and client secrets are
    /// found and compared by it.
    #[test]
    fn a_digest_stays_what_it_is() {
        let digest = SecretHasher::derive(&fixed_master_key()).digest(b"a secret that stays");
        let known = from_hex("73c87ab0409f500c9d9b85b0b7e2bc0aca4ad715c651a5985ac1d0c5f83dca16");
        assert_eq!(digest.0.as_slice(), known);
    }

    proptest! {
        #[test]
        fn constant_time_equality_is_equality(left in any::<Vec<u8>>(), right in any::<Vec<u8>>()) {
            prop_assert_eq!(constant_time_eq(&left, &right), left == right);
            prop_assert!(constant_time_eq(&left, &left));
        }
    }
}
