//! Seals on what lies beside the database: the journal of ends, the witness of the audit's head.

use vestibule_model::RecordSeal;

use crate::KeyRing;
use crate::digest::constant_time_eq;
use crate::mac::MacKey;
use crate::ring::Keys;

/// Seals records with HMAC-SHA256, and knows seals under every generation that is accepted: what lies beside the database is
/// older than a rotation for a while. A retired one seals nothing any more: it may be retired because others have it. Each kind of record has a key of its own, so that none can pass for another.
#[derive(Clone)]
pub struct RecordSealer {
    ring: KeyRing,
    key: fn(&Keys) -> &MacKey,
}

impl RecordSealer {
    /// For the journal of ends.
    pub fn of_end_journal(keys: impl Into<KeyRing>) -> Self {
        Self { ring: keys.into(), key: |keys| &keys.end_journal }
    }

    /// For the witness of the audit's head.
    pub fn of_witness(keys: impl Into<KeyRing>) -> Self {
        Self { ring: keys.into(), key: |keys| &keys.witness }
    }
}

impl RecordSeal for RecordSealer {
    fn seal(&self, record: &[u8]) -> [u8; 32] {
        (self.key)(self.ring.active_keys()).tag(record)
    }

    fn is_sealed(&self, record: &[u8], seal: &[u8; 32]) -> bool {
        self.ring.all_accepted().any(|keys| constant_time_eq(&(self.key)(keys).tag(record), seal))
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::KeyState;

    use super::*;
    use crate::testing::{fixed_master_key, from_hex, master_key, master_keys, record};

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
    fn seals_of_every_generation_that_is_there_hold() {
        let of = |numbers: &[u8]| RecordSealer::of_witness(&master_keys(numbers));
        let seal = of(&[1]).seal(b"record");
        assert!(of(&[1, 2]).is_sealed(b"record", &seal));
        assert!(!of(&[2]).is_sealed(b"record", &seal));
        assert_ne!(of(&[1, 2]).seal(b"record"), seal);
    }

    #[test]
    fn a_seal_of_a_retired_generation_does_not_hold() {
        let keys = KeyRing::new(&master_keys(&[1, 2]));
        let sealer = RecordSealer::of_end_journal(&keys);
        keys.follow(&[record(1, KeyState::Active)]).unwrap();
        let seal = sealer.seal(b"record");
        keys.follow(&[record(1, KeyState::Readable), record(2, KeyState::Active)]).unwrap();
        assert!(sealer.is_sealed(b"record", &seal));
        keys.follow(&[record(1, KeyState::Retired), record(2, KeyState::Active)]).unwrap();
        assert!(!sealer.is_sealed(b"record", &seal));
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
