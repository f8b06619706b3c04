//! What the console of a server under test is told by the program around it.

use vestibule_console::{CertificateFact, OperatorFacts};
use vestibule_model::Millis;

/// A server that nobody has made a backup of, without certificates.
pub struct TestFacts;

impl OperatorFacts for TestFacts {
    fn certificates(&self) -> Vec<CertificateFact> {
        Vec::new()
    }

    fn last_backup(&self) -> Option<Millis> {
        None
    }

    fn database_bytes(&self) -> Option<u64> {
        Some(4_200_000)
    }

    fn is_development(&self) -> bool {
        false
    }
}
