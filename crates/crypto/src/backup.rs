//! The key under which backups are sealed: whoever has a backup, but not the master key, cannot make another one of it.

use vestibule_model::Generation;

use crate::KeyRing;
use crate::digest::constant_time_eq;
use crate::mac::RunningMac;

/// Tags backups with HMAC-SHA256 under a key of its own in each generation of the master key. The generation stands in what
/// the tag is made over.
#[derive(Clone)]
pub struct BackupKey(KeyRing);

/// The tag of a backup that is read in pieces.
pub struct BackupMac(RunningMac);

impl BackupKey {
    /// The keys of an installation's backups.
    pub fn derive(keys: impl Into<KeyRing>) -> Self {
        Self(keys.into())
    }

    /// The beginning of a backup under a generation, retired ones too; None: it is not at hand.
    pub fn begin(&self, generation: Generation) -> Option<BackupMac> {
        Some(BackupMac(self.0.keys(generation.number())?.backup.begin()))
    }
}

impl BackupMac {
    /// The next bytes; how many at once makes no difference.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.add(bytes);
    }

    /// The tag of all of it.
    pub fn finish(self) -> [u8; 32] {
        self.0.finish()
    }

    /// Whether this is the tag of all of it. Takes the same time for every wrong one.
    pub fn is(self, tag: &[u8; 32]) -> bool {
        constant_time_eq(&self.finish(), tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterKey;
    use crate::testing::{fixed_master_key, from_hex, generation, master_key, master_keys};

    fn tag(master: &MasterKey, pieces: &[&[u8]]) -> [u8; 32] {
        let mut mac = BackupKey::derive(master).begin(Generation::FIRST).unwrap();
        for piece in pieces {
            mac.add(piece);
        }
        mac.finish()
    }

    #[test]
    fn where_pieces_begin_makes_no_difference() {
        let whole = tag(&master_key(1), &[b"a backup"]);
        assert_eq!(tag(&master_key(1), &[b"a ", b"", b"backup"]), whole);
        assert_ne!(tag(&master_key(1), &[b"a backup "]), whole);
    }

    #[test]
    fn a_tag_holds_for_its_backup_under_its_key_alone() {
        let made = tag(&master_key(1), &[b"a backup"]);
        let holds = |master: &MasterKey, bytes: &[u8]| {
            let mut mac = BackupKey::derive(master).begin(Generation::FIRST).unwrap();
            mac.add(bytes);
            mac.is(&made)
        };
        assert!(holds(&master_key(1), b"a backup"));
        assert!(!holds(&master_key(1), b"A backup") && !holds(&master_key(2), b"a backup"));
    }

    #[test]
    fn each_generation_has_its_own_tags_and_a_missing_one_has_none() {
        let keys = BackupKey::derive(&master_keys(&[1, 2]));
        let tag_under = |number| keys.begin(generation(number)).map(BackupMac::finish);
        assert_eq!(tag_under(1), Some(tag(&master_key(1), &[])));
        assert_ne!(tag_under(1), tag_under(2));
        assert_eq!(tag_under(3), None);
    }

    /// Computed with independent implementations of HKDF and HMAC. It must never change, or no backup could be restored.
    #[test]
    fn a_tag_stays_what_it_is() {
        assert_eq!(
            tag(&fixed_master_key(), &[b"a backup that stays"]).as_slice(),
            from_hex("d1d043e82e0f618e6ec618f4ee0cdc457e0e60e507cad38b7e7c5bd749cd2664")
        );
    }
}
