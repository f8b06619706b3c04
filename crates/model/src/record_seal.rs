//! Seals on records that lie outside the database.

/// Seals records and knows its own seals, under a key that lies beside none of them.
pub trait RecordSeal: Send + Sync + 'static {
    /// The seal of a record: nobody without the key can make it.
    fn seal(&self, record: &[u8]) -> [u8; 32];

    /// Whether this is the seal of the record, whichever of the keys that are still known made it.
    fn is_sealed(&self, record: &[u8], seal: &[u8; 32]) -> bool;
}
