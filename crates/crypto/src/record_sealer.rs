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
    use crate::testing::{fixed_master_key, from_hex, master_key};

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

    /// Computed with independent implementations of HKDF and HMAC. They must never change: an upgrade has to find what the
    /// version before it wrote.
    #[test]
    fn seals_stay_what_they_are() {
        let of = |sealer: RecordSealer| sealer.seal(b"a record that stays");
        let journal = of(RecordSealer::of_end_journal(&fixed_master_key()));
        assert_eq!(
            journal.as_slice(),
            from_hex("ccbf304f72d45648a2b63e9230f7d39efe1a20056245aeb56c586c675ad7acac")
        );
        let witness = of(RecordSealer::of_witness(&fixed_master_key()));
        assert_eq!(
            witness.as_slice(),
            from_hex("1113e4a0a86d6c575a23dc86970807b97b026045a9bf74c6a71a9d7ba65b87ad")
        );
    }
}
