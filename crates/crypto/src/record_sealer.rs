//! Seals on what lies beside the database: the journal of ends, the witness of the audit's head.

use vestibule_model::RecordSeal;

use crate::MasterKey;
use crate::digest::constant_time_eq;
use crate::keys::Purpose;
use crate::mac::MacKey;

/// Seals records with HMAC-SHA256. Each kind of record has a key of its own, so that none can pass for another.
#[derive(Clone)]
pub struct RecordSealer(MacKey);

impl RecordSealer {
    /// For the journal of ends.
    pub fn of_end_journal(master: &MasterKey) -> Self {
        Self(MacKey::new(&master.derive(Purpose::EndJournal)))
    }

    /// For the witness of the audit's head.
    pub fn of_witness(master: &MasterKey) -> Self {
        Self(MacKey::new(&master.derive(Purpose::Witness)))
    }
}

impl RecordSeal for RecordSealer {
    fn seal(&self, record: &[u8]) -> [u8; 32] {
        self.0.tag(record)
    }

    fn is_sealed(&self, record: &[u8], seal: &[u8; 32]) -> bool {
        constant_time_eq(&self.seal(record), seal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::master_key;

    #[test]
    fn a_seal_holds_for_its_record_alone() {
        let sealer = RecordSealer::of_end_journal(&master_key(1));
        let seal = sealer.seal(b"record");
        assert!(sealer.is_sealed(b"record", &seal));
        assert!(!sealer.is_sealed(b"another", &seal));
    }

    #[test]
    fn no_kind_of_record_passes_for_another() {
        let seal = RecordSealer::of_end_journal(&master_key(1)).seal(b"record");
        assert!(!RecordSealer::of_witness(&master_key(1)).is_sealed(b"record", &seal));
    }

    #[test]
    fn a_seal_under_another_master_key_does_not_hold() {
        let seal = RecordSealer::of_witness(&master_key(1)).seal(b"record");
        assert!(!RecordSealer::of_witness(&master_key(2)).is_sealed(b"record", &seal));
    }
}
