//! The key that chains the entries of the audit: whoever has only the database cannot make an entry that fits.

use vestibule_model::AuditMac;

use crate::MasterKey;
use crate::keys::Purpose;
use crate::mac::MacKey;

/// Tags entries of the audit with HMAC-SHA256 under a key of its own.
#[derive(Clone)]
pub struct AuditKey(MacKey);

impl AuditKey {
    /// The audit's key of an installation.
    pub fn derive(master: &MasterKey) -> Self {
        Self(MacKey::new(&master.derive(Purpose::Audit)))
    }
}

impl AuditMac for AuditKey {
    fn tag(&self, message: &[u8]) -> [u8; 32] {
        self.0.tag(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretHasher;
    use crate::testing::{fixed_master_key, from_hex, master_key};

    #[test]
    fn another_master_key_gives_another_tag() {
        let tag = |number| AuditKey::derive(&master_key(number)).tag(b"entry");
        assert_eq!(tag(1), tag(1));
        assert_ne!(tag(1), tag(2));
    }

    /// Computed with independent implementations of HKDF and HMAC. It must never change, or no audit would be sound.
    #[test]
    fn a_tag_stays_what_it_is() {
        let tag = AuditKey::derive(&fixed_master_key()).tag(b"an entry that stays");
        assert_eq!(
            tag.as_slice(),
            from_hex("1f643dae25a67aa00e8da4286868e30cdaf3f0171a56d2612063868a1ea868fe")
        );
    }

    #[test]
    fn a_tag_is_no_digest_of_a_secret() {
        let master = master_key(1);
        assert_ne!(
            AuditKey::derive(&master).tag(b"secret"),
            SecretHasher::derive(&master).digest(b"secret").0
        );
    }
}
