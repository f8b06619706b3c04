//! The key that chains the entries of the audit: whoever has only the database cannot make an entry that fits.

use vestibule_model::{AuditMac, Generation, MasterKeyRecord};

use crate::KeyRing;

/// Tags entries of the audit with HMAC-SHA256 under a key of its own in each generation.
#[derive(Clone)]
pub struct AuditKey(KeyRing);

impl AuditKey {
    /// The audit's keys of an installation.
    pub fn derive(keys: impl Into<KeyRing>) -> Self {
        Self(keys.into())
    }
}

impl AuditMac for AuditKey {
    /// Retired generations too: what was written under them is still to be verified.
    fn tag(&self, generation: Generation, message: &[u8]) -> Option<[u8; 32]> {
        Some(self.0.keys(generation.number())?.audit.tag(message))
    }

    fn follow(&self, records: &[MasterKeyRecord]) {
        // Whoever opens a database has compared them.
        let _ = self.0.follow(records);
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::KeyState;

    use super::*;
    use crate::SecretHasher;
    use crate::testing::{fixed_master_key, from_hex, generation, master_key, master_keys, record};

    #[test]
    fn another_master_key_gives_another_tag() {
        let tag = |number| AuditKey::derive(&master_key(number)).tag(Generation::FIRST, b"entry").unwrap();
        assert_eq!(tag(1), tag(1));
        assert_ne!(tag(1), tag(2));
    }

    #[test]
    fn each_generation_has_its_own_tags_and_a_missing_one_has_none() {
        let key = AuditKey::derive(&master_keys(&[1, 2]));
        let tag = |number| key.tag(generation(number), b"entry");
        assert_eq!(tag(1), AuditKey::derive(&master_key(1)).tag(generation(1), b"entry"));
        assert_ne!(tag(1), tag(2));
        assert_eq!(tag(3), None);
    }

    #[test]
    fn what_a_database_says_is_followed_by_all_keys_of_the_installation() {
        let ring = KeyRing::new(&master_keys(&[1, 2]));
        AuditKey::derive(ring.clone()).follow(&[record(1, KeyState::Active)]);
        assert_eq!(ring.active(), Generation::FIRST);
    }

    /// Computed with independent implementations of HKDF and HMAC. It must never change, or no audit would be sound.
    #[test]
    fn a_tag_stays_what_it_is() {
        let tag =
            AuditKey::derive(&fixed_master_key()).tag(Generation::FIRST, b"an entry that stays").unwrap();
        assert_eq!(
            tag.as_slice(),
            from_hex("1f643dae25a67aa00e8da4286868e30cdaf3f0171a56d2612063868a1ea868fe")
        );
    }

    #[test]
    fn a_tag_is_no_digest_of_a_secret() {
        let master = master_key(1);
        assert_ne!(
            AuditKey::derive(&master).tag(Generation::FIRST, b"secret"),
            Some(SecretHasher::derive(&master).digest(b"secret").tag)
        );
    }
}
