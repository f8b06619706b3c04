//! Keyed hashes of secrets that are long and random, and comparison in constant time.
//!
//! Not for passwords: those are short and need a slow hash.

use subtle::ConstantTimeEq;
use vestibule_model::SecretDigest;

use crate::KeyRing;
use crate::ring::Keys;

/// Hashes client secrets and application tokens for storage: HMAC-SHA256 under a key of its own, so that a
/// stolen database cannot even be searched for a known secret.
#[derive(Clone)]
pub struct SecretHasher(KeyRing);

impl SecretHasher {
    /// The hasher of an installation.
    pub fn derive(keys: impl Into<KeyRing>) -> Self {
        Self(keys.into())
    }

    /// What to store for a secret: its digest under the active generation.
    pub fn digest(&self, secret: &[u8]) -> SecretDigest {
        digest(self.0.active_keys(), secret)
    }

    /// What to look up for a secret, in this order: its digest under each generation that is accepted, that of [`Self::digest`] last.
    /// Whoever makes one anew meanwhile takes it from an earlier place to the last, so one look after the other finds it. As many
    /// whatever the secret is.
    pub fn digests(&self, secret: &[u8]) -> Vec<SecretDigest> {
        let mut digests: Vec<SecretDigest> = self.0.all_accepted().map(|keys| digest(keys, secret)).collect();
        digests.reverse();
        digests
    }

    /// Whether `secret` is the one that `expected` was made of. Takes the same time for every wrong secret of
    /// the same length; nothing matches a digest of a generation that is not accepted.
    pub fn matches(&self, secret: &[u8], expected: &SecretDigest) -> bool {
        let keys = self.0.accepted(expected.generation.number());
        let made = digest(keys.unwrap_or_else(|| self.0.active_keys()), secret);
        constant_time_eq(&made.tag, &expected.tag) & keys.is_some()
    }

    /// Whether a digest is under an earlier generation than the active one, and should be made anew at the next use. One under a
    /// later generation was made by a process that knows of a rotation which this one does not know yet.
    pub fn is_outdated(&self, digest: &SecretDigest) -> bool {
        digest.generation < self.0.active()
    }
}

fn digest(keys: &Keys, secret: &[u8]) -> SecretDigest {
    SecretDigest { tag: keys.secret_digest.tag(secret), generation: keys.generation }
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

    use vestibule_model::KeyState;

    use super::*;
    use crate::testing::{fixed_master_key, from_hex, generation, master_key, master_keys, record};

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

    #[test]
    fn a_digest_outlives_a_rotation_and_ends_with_its_generation() {
        let ring = KeyRing::new(&master_keys(&[1, 2]));
        let hasher = SecretHasher::derive(&ring);
        ring.follow(&[record(1, KeyState::Active)]).unwrap();
        let first = hasher.digest(b"secret");
        ring.follow(&[record(1, KeyState::Readable), record(2, KeyState::Active)]).unwrap();
        let second = hasher.digest(b"secret");
        assert_ne!(first.tag, second.tag);
        assert_eq!(hasher.digests(b"secret"), [first, second]);
        assert!(hasher.matches(b"secret", &first) && hasher.matches(b"secret", &second));
        assert!(!hasher.matches(b"Secret", &first));
        assert!(hasher.is_outdated(&first) && !hasher.is_outdated(&second));
        // A process that has not followed the rotation yet.
        ring.follow(&[record(1, KeyState::Active)]).unwrap();
        assert!(!hasher.is_outdated(&first) && !hasher.is_outdated(&second));
        ring.follow(&[record(1, KeyState::Retired), record(2, KeyState::Active)]).unwrap();
        assert_eq!(hasher.digests(b"secret"), [second]);
        assert!(!hasher.matches(b"secret", &first));
    }

    /// Where the generation is not there the active key is used for the work alone.
    #[test]
    fn a_digest_of_a_generation_that_is_not_there_matches_nothing() {
        let hasher = SecretHasher::derive(&master_key(1));
        let digest = SecretDigest { generation: generation(2), ..hasher.digest(b"secret") };
        assert!(!hasher.matches(b"secret", &digest));
    }

    /// Computed with independent implementations of HKDF and HMAC. It must never change: tokens and client secrets are
    /// found and compared by it.
    #[test]
    fn a_digest_stays_what_it_is() {
        let digest = SecretHasher::derive(&fixed_master_key()).digest(b"a secret that stays");
        let known = from_hex("73c87ab0409f500c9d9b85b0b7e2bc0aca4ad715c651a5985ac1d0c5f83dca16");
        assert_eq!((digest.tag.as_slice(), digest.generation.number()), (&known[..], 1));
    }

    proptest! {
        #[test]
        fn constant_time_equality_is_equality(left in any::<Vec<u8>>(), right in any::<Vec<u8>>()) {
            prop_assert_eq!(constant_time_eq(&left, &right), left == right);
            prop_assert!(constant_time_eq(&left, &left));
        }
    }
}
