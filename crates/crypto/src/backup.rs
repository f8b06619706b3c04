//! The key under which backups are sealed: whoever has a backup, but not the master key, cannot make another one of it.

use crate::MasterKey;
use crate::digest::constant_time_eq;
use crate::keys::Purpose;
use crate::mac::{MacKey, RunningMac};

/// Tags backups with HMAC-SHA256 under a key of its own.
#[derive(Clone)]
pub struct BackupKey(MacKey);

/// The tag of a backup that is read in pieces.
pub struct BackupMac(RunningMac);

impl BackupKey {
    /// The generation of the master key that the tags are made under. It stands in what they are made over.
    pub const GENERATION: u8 = 1;

    /// The key of an installation's backups.
    pub fn derive(master: &MasterKey) -> Self {
        Self(MacKey::new(&master.derive(Purpose::Backup)))
    }

    /// The beginning of a backup.
    pub fn begin(&self) -> BackupMac {
        BackupMac(self.0.begin())
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
    use crate::testing::{fixed_master_key, from_hex, master_key};

    fn tag(master: &MasterKey, pieces: &[&[u8]]) -> [u8; 32] {
        let mut mac = BackupKey::derive(master).begin();
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
            let mut mac = BackupKey::derive(master).begin();
            mac.add(bytes);
            mac.is(&made)
        };
        assert!(holds(&master_key(1), b"a backup"));
        assert!(!holds(&master_key(1), b"A backup") && !holds(&master_key(2), b"a backup"));
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
